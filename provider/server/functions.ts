import { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { InvokeRequest } from "@pulumi/pulumi/proto/provider_pb";
import { decode, encode } from "../runtime/codec";
import { encodeProblems } from "./checks";
import { callContext } from "./core";
import type { Core } from "./core";

/** Serves Invoke: one of the provider's functions, by token. */
export async function invoke(core: Core, request: InvokeRequest, signal: AbortSignal): Promise<InvokeResponse> {
  const token = request.getTok();
  const run = Object.hasOwn(core.module.functions, token) ? core.module.functions[token] : undefined;
  if (run === undefined) throw new Error(`no function "${token}" in ${core.module.name} ${core.module.version}`);
  const { value, secrets } = decode(request.getArgs());
  const result = await run(callContext(core, signal), { args: value, secrets, preview: request.getPreview() });
  const response = new InvokeResponse();
  response.setReturn(encode(result.result, result.secrets));
  response.setFailuresList(encodeProblems(core, result.failures ?? []));
  return response;
}
