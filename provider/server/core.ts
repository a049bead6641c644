import type { CallContext, ResourceContext } from "../runtime/call-context";
import type { EngineLog } from "./engine-log";
import type { ResourceHandler } from "../runtime/handler";
import type { ProviderModule } from "../runtime/provider-module";
import type { Redactor } from "../runtime/redact";
import type { PropertyPath } from "../runtime/values";
import type { Calls } from "./calls";

/** Shared state of all methods of the service. */
export interface Core {
  readonly module: ProviderModule;
  readonly calls: Calls;
  readonly log: EngineLog;
  readonly redactor: Redactor;
  /** Time that a call may continue after its signal was aborted, before it is answered without its result. */
  readonly abandonMs: number;
}

export function createCallContext(core: Core, signal: AbortSignal, urn?: string): CallContext {
  return { signal, log: core.log.createResourceLog(urn), redact: (secret) => core.redactor.add(secret) };
}

/** Part that all requests about a resource share. */
interface ResourceRequest {
  getUrn(): string;
  getTimeout?(): number;
}

export function createResourceContext(
  core: Core,
  signal: AbortSignal,
  request: ResourceRequest,
  secrets: readonly PropertyPath[],
): ResourceContext {
  const timeoutSeconds = getTimeoutSeconds(request);
  return {
    ...createCallContext(core, signal, request.getUrn()),
    ...parseUrn(request.getUrn()),
    secrets,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** Returns customTimeouts in seconds; the engine sends 0 for "none". */
export function getTimeoutSeconds(request: Pick<ResourceRequest, "getTimeout">): number | undefined {
  const seconds = request.getTimeout?.() ?? 0;
  return seconds > 0 ? seconds : undefined;
}

export function getHandler(core: Core, request: ResourceRequest): ResourceHandler {
  const { type } = parseUrn(request.getUrn());
  return findHandler(core, type);
}

export function findHandler(core: Core, token: string): ResourceHandler {
  const found = core.module.handlers.find((handler) => handler.token === token);
  if (found !== undefined) return found;
  const known = core.module.handlers.map((handler) => handler.token).join(", ");
  throw new Error(
    `no resource type "${token}" in ${core.module.name} ${core.module.version}; it has ${known || "none"}`,
  );
}

/** Parses `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`; only the name may contain `::` itself. */
function parseUrn(urn: string): Pick<ResourceContext, "urn" | "stack" | "project" | "type" | "name"> {
  const [head = "", project = "", types = "", ...name] = urn.split("::");
  return {
    urn,
    stack: head.replace(/^urn:pulumi:/, ""),
    project,
    type: types.slice(types.lastIndexOf("$") + 1),
    name: name.join("::"),
  };
}
