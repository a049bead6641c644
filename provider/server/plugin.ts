import { status, type handleUnaryCall } from "@grpc/grpc-js";
import { PluginInfo, type PluginAttach } from "@pulumi/pulumi/proto/plugin_pb";
import {
  GetSchemaResponse,
  ProviderHandshakeResponse,
  type GetSchemaRequest,
  type ProviderHandshakeRequest,
  InvokeResponse,
  type InvokeRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { CallStopped } from "../runtime/failures";
import { type Core, createCallContext } from "./core";
import { decode, encode } from "../runtime/property-codec";
import { encodeProblems } from "./check-and-diff";

/** Answers the first call. A provider that answers it always supports preview; it generates no names, so no autonaming. */
export function handshake(core: Core, request: ProviderHandshakeRequest): Promise<ProviderHandshakeResponse> {
  if (request.getEngineAddress() !== "") core.log.connect(request.getEngineAddress());
  const response = new ProviderHandshakeResponse();
  response.setAcceptSecrets(true);
  response.setAcceptResources(true);
  response.setAcceptOutputs(true);
  return Promise.resolve(response);
}

/** Serves a plugin that was started by hand for debugging (PULUMI_DEBUG_PROVIDERS). */
export function attach(core: Core, request: PluginAttach): Promise<Empty> {
  core.log.connect(request.getAddress());
  return Promise.resolve(new Empty());
}

export function getPluginInfo(core: Core): Promise<PluginInfo> {
  const info = new PluginInfo();
  info.setVersion(core.module.version);
  return Promise.resolve(info);
}

export function getSchema(core: Core, request: GetSchemaRequest): Promise<GetSchemaResponse> {
  if (request.getVersion() !== 0) throw new Error(`schema version ${request.getVersion()} is not supported, only 0`);
  const response = new GetSchemaResponse();
  response.setSchema(core.module.schema());
  return Promise.resolve(response);
}

/**
 * Aborts running calls and ends their backends. The engine sends this at Ctrl-C, and also to every provider at the end of a
 * run; it waits 5 s for the answer. After that, each remaining call waits for its own end.
 */
export async function cancel(core: Core, boundMs: number): Promise<Empty> {
  core.calls.stopAll(new CallStopped("cancelled", "the run was cancelled"));
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, boundMs)));
  // If cancelling backends fails, the calls that do not end show it.
  const ended = Promise.all([core.module.cancel().catch(() => undefined), core.calls.waitUntilDrained()]);
  await Promise.race([ended, bound]);
  clearTimeout(timer);
  return new Empty();
}

/** Refuses a method that this provider does not have; the engine falls back or reports it. */
export function refuseMethod(reason: string): handleUnaryCall<unknown, never> {
  return (_call, callback) => callback({ code: status.UNIMPLEMENTED, details: reason });
}

/** Serves Invoke: one of the provider's functions, by token. */
export async function invoke(core: Core, request: InvokeRequest, signal: AbortSignal): Promise<InvokeResponse> {
  const token = request.getTok();
  const run = Object.hasOwn(core.module.functions, token) ? core.module.functions[token] : undefined;
  if (run === undefined) throw new Error(`no function "${token}" in ${core.module.name} ${core.module.version}`);
  const { value, secrets } = decode(request.getArgs());
  const result = await run(createCallContext(core, signal), { args: value, secrets, preview: request.getPreview() });
  const response = new InvokeResponse();
  response.setReturn(encode(result.result, result.secrets));
  response.setFailuresList(encodeProblems(core, result.failures ?? []));
  return response;
}
