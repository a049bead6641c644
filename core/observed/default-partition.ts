import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";

/** What the catalogue and a count say about the default partition of a table. */
export interface ObservedDefault {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Exact up to MAX_DRAINED_ROWS, above that and where rows are hidden an estimate. */
  readonly rows: number;
  /** Whether it certainly holds no more rows than can be moved or read in an instant. */
  readonly few: boolean;
  /** Row security hides rows of it from the connected role, as FORCE does from the owner. */
  readonly hidden: boolean;
  readonly checks: readonly ObservedCheck[];
  /** Triggers of users that would see the move of a row. */
  readonly triggers: readonly ObservedTrigger[];
  /** Whether this program declares it. */
  readonly declared?: boolean;
  /** Rows by range, read only where partitions are about to take them. Undefined: not read. */
  readonly counted?: RowCounts | undefined;
}

export interface ObservedCheck {
  readonly name: string;
  readonly validated: boolean;
}

export interface ObservedTrigger {
  readonly name: string;
  readonly fires: Firing;
  /** How the one of the table fires that it comes from; every new partition has that too. Undefined: its own. */
  readonly inherited: Firing | undefined;
  readonly onDelete: boolean;
  readonly onInsert: boolean;
}

/** `always`: in sessions that replicate too. `never`: as far as our sessions go. */
type Firing = "origin" | "always" | "never";

/** Exact, at the moment of the count. */
export interface RowCounts {
  readonly total: number;
  readonly ranges: readonly { readonly bounds: OpenInterval; readonly rows: number }[];
  /** From the first to the last row with a finite time, and how many these are. Undefined: none, or the key cannot be ordered. */
  readonly span?: { readonly first: Instant; readonly last: Instant; readonly rows: number } | undefined;
}
