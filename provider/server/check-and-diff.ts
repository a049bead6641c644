import type {
  CheckRequest as WireCheckRequest,
  DiffRequest as WireDiffRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { CheckFailure, CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { DiffResponse } from "@pulumi/pulumi/proto/provider_pb";
import { decode, encode } from "../runtime/property-codec";
import type { Decoded } from "../runtime/property-codec";
import type { CheckResult, Problem } from "../runtime/handler";
import { toWellFormed } from "../runtime/redact";
import { carrySecrets } from "./carry";
import { getHandler, createResourceContext } from "./core";
import type { Core } from "./core";
import { encodeDiff } from "./diffs";

/** Serves Check and Diff, which judge inputs and change nothing. */
export async function check(core: Core, request: WireCheckRequest, signal: AbortSignal): Promise<CheckResponse> {
  const news = decode(request.getNews());
  // The engine sends an empty map, not nothing, for a new resource.
  const sent = request.hasOlds() ? decode(request.getOlds()).value : {};
  const olds = Object.keys(sent).length > 0 ? sent : undefined;
  const ctx = createResourceContext(core, signal, request, news.secrets);
  const result = await getHandler(core, request).check(ctx, { olds, news: news.value });
  return encodeCheck(core, result, news);
}

export async function diff(core: Core, request: WireDiffRequest, signal: AbortSignal): Promise<DiffResponse> {
  const news = decode(request.getNews());
  const ctx = createResourceContext(core, signal, request, news.secrets);
  const result = await getHandler(core, request).diff(ctx, {
    id: request.getId(),
    oldInputs: decode(request.getOldInputs()).value,
    oldOutputs: decode(request.getOlds()).value,
    news: news.value,
    ignoreChanges: request.getIgnorechangesList(),
  });
  return encodeDiff(result);
}

export function encodeCheck(core: Core, result: CheckResult, news: Decoded): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(encode(result.inputs, carrySecrets(result.inputs, [news], result.secrets)));
  response.setFailuresList(encodeProblems(core, result.failures.map(movePathToReason)));
  return response;
}

/**
 * Moves the property's path into the reason. For a failure that names a property the engine prints the value as Go does,
 * `value {<nil>}` for a path such as window.lead: it looks among the inputs for a property of that whole name.
 */
function movePathToReason({ property, reason }: Problem): Problem {
  return { property: "", reason: property === "" ? reason : `${property}: ${reason}` };
}

export function encodeProblems(core: Core, problems: readonly Problem[]): CheckFailure[] {
  return problems.map(({ property, reason }) => {
    const failure = new CheckFailure();
    failure.setProperty(property);
    failure.setReason(toWellFormed(core.redactor.clean(reason)));
    return failure;
  });
}
