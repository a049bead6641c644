import { formatProblem, type Problem as CoreProblem } from "../../../core/problems/problem";
import type { FactsOf, InputsOf, ResourceType } from "../../../core/resources/resource-type";
import { findRemovedProblems } from "../../../core/problems/removed-inputs";
import { usePresentNames } from "../../../core/problems/renamed";
import { readWire } from "../../../core/declare/table/wire";
import type { CallContext, ResourceContext } from "../../runtime/call-context";
import { PartialFailure, Refusal, Unfinished } from "../../runtime/failures";
import type {
  CheckRequest,
  CheckResult,
  CreateResult,
  DiffKind,
  DiffRequest,
  ListItem,
  Problem,
  ReadRequest,
  ResourceHandler,
} from "../../runtime/handler";
import { toProperties, diffDeclared, toDiffResult, toFailures } from "./inputs";
import type { Runtime } from "../../runtime/runtime";
import type { TableQueue } from "../../runtime/table-queue";
import { containsUnknown, type PropertyMap, type PropertyValue, UNKNOWN, type Unknown } from "../../runtime/values";

/** Parsed inputs, or all problems with their shape. */
export type Parsed<V> = { readonly value: V } | { readonly problems: readonly CoreProblem[] };
type Parse<V> = (inputs: PropertyMap) => Parsed<V>;

type ReadonlyDeep<T> = T extends readonly (infer Item)[]
  ? readonly ReadonlyDeep<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T;

/** Facts of a resource; an optional one that it does not have is undefined. */
export type Facts<T extends ResourceType> = {
  readonly [K in keyof FactsOf<T>]-?: ReadonlyDeep<FactsOf<T>[K]>;
};

/** Facts that a preview knows. A missing required one is unknown. */
type FactsToBe<T extends ResourceType> = {
  readonly [K in keyof FactsOf<T>]?: ReadonlyDeep<FactsOf<T>[K]> | Unknown;
};

export type Detail = Readonly<Record<string, DiffKind>>;

/** Parts of a resource that differ between types. V is the meaning of its inputs. */
interface ResourceParts<T extends ResourceType, V> {
  /** Removes inputs that may be unknown while the others are judged. Default: all must be known. */
  withoutUnknowable?(inputs: PropertyMap): PropertyMap;
  /** Returns the id in state. */
  id(value: V, facts?: FactsToBe<T>): string;
  /** Returns the declared object, if its id does not name it: resources of a run with the same object are renamed, or doubled. */
  identify?(value: V): string;
  /** Returns the property that refuses a second declaration of the object, and the object's name. Default: not refused. */
  declaredOnce?(value: V): { readonly property: keyof InputsOf<T> & string; readonly subject: string };
  /** Inputs whose change is a change of intent. Default: all. */
  readonly declared?: readonly (keyof InputsOf<T> & string)[];
  /** Returns problems beyond the shape, and the inputs with Check's additions. */
  check?(ctx: ResourceContext, value: V, request: CheckRequest): Promise<Checked>;
  /** Returns differences that the declared inputs alone do not show. Not called while an input is unknown. */
  diff?(ctx: ResourceContext, value: V, request: DiffRequest, declared: Detail): Promise<Detail>;
  /** Selects the inputs that the outputs repeat. Default: all. */
  keep?(inputs: PropertyMap): PropertyMap;
  /** Shows the changes that an update would make. */
  preview(ctx: ResourceContext, value: V, inputs: PropertyMap): Promise<FactsToBe<T>>;
  /** Creates or changes the object. Throws Unfinished if only a part is done. */
  perform(ctx: ResourceContext, value: V, inputs: PropertyMap): Promise<Facts<T>>;
  /** Reads the object as it is, for a refresh, or without old inputs for an import; undefined if it no longer exists. */
  observe(ctx: ResourceContext, request: ReadRequest): Promise<Observed<T> | undefined>;
  /** Deletes the object, or only forgets it. Not called if another resource of the program has taken it over. */
  remove(ctx: ResourceContext, value: V): Promise<void>;
  list(ctx: CallContext): AsyncIterable<ListItem>;
}

export interface Checked {
  /** Default: the given inputs. */
  readonly inputs?: PropertyMap;
  readonly failures: readonly Problem[];
}

export interface Observed<T extends ResourceType> {
  readonly inputs: PropertyMap;
  readonly facts: Facts<T>;
}

/** A type of resource with its handler. */
interface Resource<T extends ResourceType = ResourceType> {
  readonly type: T;
  handler(runtime: Runtime, queue: TableQueue): ResourceHandler;
}

/** Combines a type of resource with its own parts. Its inputs mean their travelling shape, or the result of `parse`. */
export function defineResource<T extends ResourceType, V = InputsOf<T>>(
  type: T,
  parts: (runtime: Runtime, queue: TableQueue) => ResourceParts<T, NoInfer<V>>,
  // Without `parse` V is InputsOf<T>, which is what the schema of T reads.
  parse: Parse<V> = (inputs) => readWire(type.inputs, inputs) as Parsed<V>,
): Resource<T> {
  return { type, handler: (runtime, queue) => createHandler(type, runtime, { ...parts(runtime, queue), parse }) };
}

/** Parts with the parser of the inputs. */
type Parts<T extends ResourceType, V> = ResourceParts<T, V> & { readonly parse: Parse<V> };

function createHandler<T extends ResourceType, V>(type: T, runtime: Runtime, parts: Parts<T, V>): ResourceHandler {
  const apply = createApplier(type, runtime, parts);
  const keys = parts.declared ?? Object.keys(type.inputs.shape);
  return {
    token: type.token,
    check: (ctx, request) =>
      releaseOnError(runtime, async () => {
        const result = await check(ctx, runtime, parts, { ...request, olds: usePresentNames(request.olds) });
        if (result.failures.length > 0) runtime.plans.release();
        return result;
      }),
    diff: async (ctx, received) => {
      // A refresh asks what would lead back to the state, whose inputs then are the new ones.
      const request = { ...received, ...usePresentState(received), news: usePresentNames(received.news) };
      const { oldInputs, news } = request;
      const declared = diffDeclared(oldInputs, news, keys);
      if (!parts.diff || isUnknown(parts, news)) return toDiffResult(declared);
      return toDiffResult(await parts.diff(ctx, requireValue(parts, news), request, declared));
    },
    create: (ctx, { inputs, preview }) => releaseOnError(runtime, () => apply(ctx, inputs, preview)),
    update: async (ctx, { id, news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: (await releaseOnError(runtime, () => apply(ctx, news, preview, id))).outputs };
    },
    read: async (ctx, received) => {
      const request = { ...received, ...usePresentState(received) };
      if (request.oldOutputs) await runtime.requireSameDatabase(request.oldOutputs);
      const found = await parts.observe(ctx, request);
      if (!found) return undefined;
      const outputs = buildOutputs(parts, found.inputs, found.facts, await runtime.readIdentity());
      return { id: request.id, inputs: found.inputs, outputs };
    },
    delete: async (ctx, { oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      const value = requireValue(parts, usePresentNames(oldInputs));
      if (runtime.isRenamed(ctx, identify(parts, value))) return;
      await parts.remove(ctx, value);
    },
    list: (ctx) => parts.list(ctx),
  };
}

/** After an error the program may not come to ask for the plans that wait. */
async function releaseOnError<R>(runtime: Runtime, body: () => Promise<R>): Promise<R> {
  try {
    return await body();
  } catch (error) {
    runtime.plans.release();
    throw error;
  }
}

/** Returns what the state has; an earlier version may have written it under other names. */
function usePresentState<P extends PropertyMap | undefined>(state: { readonly oldInputs: P; readonly oldOutputs: P }) {
  return { oldInputs: usePresentNames(state.oldInputs), oldOutputs: usePresentNames(state.oldOutputs) };
}

async function check<T extends ResourceType, V>(
  ctx: ResourceContext,
  runtime: Runtime,
  parts: Parts<T, V>,
  request: CheckRequest,
): Promise<CheckResult> {
  const { news } = request;
  const removed = findRemovedProblems(news);
  if (removed.length > 0) return { inputs: news, failures: toFailures(removed) };
  if (isUnknown(parts, news)) return { inputs: news, failures: [] };
  const read = parts.parse(news);
  if ("problems" in read) return { inputs: news, failures: toFailures(read.problems) };
  const other = runtime.declare(ctx, identify(parts, read.value));
  const once = other === undefined ? undefined : parts.declaredOnce?.(read.value);
  const twice = once
    ? [
        {
          property: once.property,
          reason: `${once.subject} is declared twice: also by ${String(other)}. Declare it once.`,
        },
      ]
    : [];
  const checked = await parts.check?.(ctx, read.value, request);
  return { inputs: checked?.inputs ?? news, failures: [...twice, ...(checked?.failures ?? [])] };
}

/** Returns the shared path of Create and Update: a preview shows the changes, an update makes them. */
function createApplier<T extends ResourceType, V>(type: T, runtime: Runtime, parts: Parts<T, V>) {
  const unknown = listUnknownFacts(type);
  return async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean, id?: string): Promise<CreateResult> => {
    if (preview && isUnknown(parts, inputs))
      return { id: id ?? "", outputs: buildOutputs(parts, inputs, unknown, UNKNOWN) };
    const value = requireValue(parts, inputs);
    if (preview) {
      const facts = await parts.preview(ctx, value, inputs);
      const outputs = buildOutputs(parts, inputs, { ...unknown, ...facts }, UNKNOWN);
      return { id: id ?? parts.id(value, facts), outputs };
    }
    try {
      const facts = await parts.perform(ctx, value, inputs);
      return {
        id: id ?? parts.id(value, facts),
        outputs: buildOutputs(parts, inputs, facts, await runtime.readIdentity()),
      };
    } catch (error) {
      if (!(error instanceof Unfinished)) throw error;
      const outputs = buildOutputs(parts, inputs, error.facts, await runtime.readIdentity());
      throw new PartialFailure({ id: id ?? parts.id(value), outputs, reasons: error.reasons });
    }
  };
}

function buildOutputs<T extends ResourceType, V>(
  parts: Parts<T, V>,
  inputs: PropertyMap,
  facts: object,
  database: PropertyValue,
): PropertyMap {
  const unknown = Object.entries(facts).filter(([, fact]) => fact === UNKNOWN);
  const known = Object.entries(facts).filter(([, fact]) => fact !== UNKNOWN);
  return {
    ...(parts.keep?.(inputs) ?? inputs),
    ...toProperties(Object.fromEntries(known)),
    ...(Object.fromEntries(unknown) as PropertyMap),
    database,
  };
}

/** Returns the facts that are always present, as unknown; optional ones are not promised. */
function listUnknownFacts(type: ResourceType): PropertyMap {
  const required = Object.entries(type.facts.shape).filter(([, fact]) => !fact.safeParse(undefined).success);
  return Object.fromEntries(required.map(([name]) => [name, UNKNOWN]));
}

function isUnknown<T extends ResourceType, V>(parts: Parts<T, V>, inputs: PropertyMap): boolean {
  return containsUnknown(parts.withoutUnknowable?.(inputs) ?? inputs);
}

function identify<T extends ResourceType, V>(parts: Parts<T, V>, value: V): string {
  return parts.identify?.(value) ?? parts.id(value);
}

/** Reads inputs that Check has already accepted. */
function requireValue<T extends ResourceType, V>(parts: Parts<T, V>, inputs: PropertyMap): V {
  const read = parts.parse(inputs);
  if ("value" in read) return read.value;
  throw new Refusal(`the inputs are not valid: ${read.problems.map(formatProblem).join("; ")}`);
}
