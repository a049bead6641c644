import type { ResourceContext, CallContext } from "./call-context";
import type { PropertyMap, PropertyPath } from "./values";

/**
 * Operations of one resource type, in plain data. The server decodes the request, calls the method and encodes its result;
 * errors thrown here reach the user by their message and causes (failures.ts has the three kinds with a special meaning).
 *
 * Secrets: values arrive unwrapped. Secret inputs are secret again at the same path of the result; a handler names only
 * further ones, in `secrets`.
 */
export interface ResourceHandler {
  /** `pgpartition:index:<Type>` */
  readonly token: string;
  /** Validates and fills in defaults. Called serially by the engine, in preview and up alike, and it cannot tell which. */
  check(ctx: ResourceContext, request: CheckRequest): Promise<CheckResult>;
  diff(ctx: ResourceContext, request: DiffRequest): Promise<DiffResult>;
  create(ctx: ResourceContext, request: CreateRequest): Promise<CreateResult>;
  /** Serves refresh and import; undefined if the object no longer exists. */
  read(ctx: ResourceContext, request: ReadRequest): Promise<ReadResult | undefined>;
  update(ctx: ResourceContext, request: UpdateRequest): Promise<UpdateResult>;
  delete(ctx: ResourceContext, request: DeleteRequest): Promise<void>;
  /** Lists everything that could be imported, always in the same order: pages are cut by position. */
  list?(ctx: CallContext, request: ListRequest): AsyncIterable<ListItem>;
}

/** A wrong input: the engine prints it under the resource and stops before any change. */
export interface Problem {
  /** Path in the inputs, as values.formatPath writes it. */
  readonly property: string;
  readonly reason: string;
}

export interface CheckRequest {
  /** The inputs of the last successful update; undefined for a new resource. */
  readonly olds: PropertyMap | undefined;
  readonly news: PropertyMap;
}

export interface CheckResult {
  readonly inputs: PropertyMap;
  readonly failures: readonly Problem[];
  readonly secrets?: readonly PropertyPath[];
}

export type DiffKind = "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

export interface DiffRequest {
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
  readonly news: PropertyMap;
  /** Paths the program ignores; `news` already has the old values there. */
  readonly ignoreChanges: readonly string[];
}

export interface DiffResult {
  /** undefined lets the engine decide by comparing inputs. */
  readonly changes: boolean | undefined;
  /**
   * Changes by path. A bare kind is a change of inputs, shown old input -> new input; `inputDiff: false` shows old output ->
   * new input, for drift.
   */
  readonly detailedDiff: Readonly<Record<string, DiffKind | { readonly kind: DiffKind; readonly inputDiff: boolean }>>;
  readonly replaces?: readonly string[];
  /** Outputs that no update changes, so that dependents stay known in preview. Top-level names. */
  readonly stables?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
}

interface CreateRequest {
  readonly inputs: PropertyMap;
  readonly preview: boolean;
}

interface UpdateResult {
  /** May be UNKNOWN in preview. */
  readonly outputs: PropertyMap;
  readonly secrets?: readonly PropertyPath[];
  readonly refreshBeforeUpdate?: boolean;
}

export interface CreateResult extends UpdateResult {
  /** May be "" in preview only. */
  readonly id: string;
}

export interface ReadRequest {
  readonly id: string;
  /** undefined for an import, as are the outputs. */
  readonly oldInputs: PropertyMap | undefined;
  readonly oldOutputs: PropertyMap | undefined;
}

interface ReadResult extends CreateResult {
  readonly inputs: PropertyMap;
  /** Secret inputs in addition to those that were secret before. */
  readonly secretInputs?: readonly PropertyPath[];
}

interface UpdateRequest extends DiffRequest {
  readonly preview: boolean;
}

interface DeleteRequest {
  readonly id: string;
  readonly oldInputs: PropertyMap;
  readonly oldOutputs: PropertyMap;
}

interface ListRequest {
  readonly query: PropertyMap;
  /** Highest number of items wanted; undefined for all. */
  readonly limit: number | undefined;
}

export interface ListItem {
  /** Id that `pulumi import` takes. */
  readonly id: string;
  readonly name: string;
}
