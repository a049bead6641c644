import { ConfigureResponse } from "@pulumi/pulumi/proto/provider_pb";
import type {
  CheckRequest,
  CheckResponse,
  ConfigureRequest,
  DiffRequest,
  DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { decode } from "../runtime/property-codec";
import { encodeCheck } from "./check-and-diff";
import { createCallContext } from "./core";
import type { Core } from "./core";
import { encodeDiff } from "./diffs";

/** Checks the provider's own configuration. The engine unwraps its secrets for Check and Diff and keeps them for Configure. */
export async function checkConfig(core: Core, request: CheckRequest, signal: AbortSignal): Promise<CheckResponse> {
  const news = decode(request.getNews());
  const olds = request.hasOlds() ? decode(request.getOlds()).value : undefined;
  const ctx = createCallContext(core, signal, request.getUrn());
  const result = await core.module.checkConfig(ctx, { olds, news: news.value });
  core.redactor.addFrom(result.inputs, result.secrets ?? []);
  return encodeCheck(core, result, news);
}

export async function diffConfig(core: Core, request: DiffRequest, signal: AbortSignal): Promise<DiffResponse> {
  const result = await core.module.diffConfig(createCallContext(core, signal, request.getUrn()), {
    oldInputs: decode(request.getOldInputs()).value,
    oldOutputs: decode(request.getOlds()).value,
    news: decode(request.getNews()).value,
    ignoreChanges: request.getIgnorechangesList(),
  });
  return encodeDiff(result);
}

/** Reads `args`, not the older `variables`, which contain the same as strings. */
export async function configure(
  core: Core,
  request: ConfigureRequest,
  signal: AbortSignal,
): Promise<ConfigureResponse> {
  const { value, secrets } = decode(request.getArgs());
  core.redactor.addFrom(value, secrets);
  await core.module.configure(createCallContext(core, signal, request.getUrn()), { config: value, secrets });
  const response = new ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setAcceptresources(true);
  response.setAcceptoutputs(true);
  response.setSupportspreview(true);
  return response;
}
