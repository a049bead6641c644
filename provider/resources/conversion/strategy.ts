import type { ConversionState } from "../../../core/resources/conversion";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { ResourceContext } from "../../runtime/call-context";
import type { PropertyMap } from "../../runtime/values";
import type { Problem } from "../../runtime/handler";

/** One way to convert a table, for one declared conversion: each question of its resource. */
export interface Strategy {
  /** Relation with the rows as they were, for the outputs. */
  readonly kept: { readonly history?: string; readonly former?: string };
  /** Problems of the database, and of what has changed in the declaration. */
  readonly check: (
    ctx: ResourceContext,
    olds: PropertyMap | undefined,
  ) => Promise<{ readonly problems: readonly CoreProblem[]; readonly changed: readonly Problem[] }>;
  readonly readState: () => Promise<ConversionState>;
  /** How far the split of the history is. Undefined: none is declared, or the table is plain. */
  readonly readSplit?: () => Promise<ConversionState | undefined>;
  /** Rows that are still to be converted, or split, by estimate. Undefined: none, or never counted. */
  readonly readRows: () => Promise<number | undefined>;
  /** True if nothing is left to do. */
  readonly isDone: () => Promise<boolean>;
  /** Prints what an update would do; returns the state after it. */
  readonly preview: (ctx: ResourceContext) => Promise<ConversionState>;
  readonly perform: (ctx: ResourceContext) => Promise<ConversionState>;
  /** True if the table is still the plain one, and something was prepared beside it. */
  readonly hasBegun: () => Promise<boolean>;
  /** Takes back what was prepared, if the table is still the plain one. */
  readonly remove: (ctx: ResourceContext) => Promise<void>;
}
