import type { Instant } from "../time/instant";
import type { OpenInterval } from "../time/interval";

/** State of the default partition of a table, from the catalogue and a count. */
export interface ObservedDefault {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Exact up to MAX_DRAINED_ROWS; above that, or if rows are hidden, an estimate. */
  readonly rows: number;
  /** True if it certainly holds no more rows than can be moved or read in an instant. */
  readonly few: boolean;
  /** True if row security hides some of its rows from the connected role, as FORCE does from the owner. */
  readonly hidden: boolean;
  readonly checks: readonly ObservedCheck[];
  /** User triggers that would fire when a row is moved. */
  readonly triggers: readonly ObservedTrigger[];
  /** True if this program declares it. */
  readonly declared?: boolean;
  /** Rows by range, read only if partitions are about to take them. Undefined: not read. */
  readonly counted?: RowCounts | undefined;
}

export interface ObservedCheck {
  readonly name: string;
  readonly validated: boolean;
}

export interface ObservedTrigger {
  readonly name: string;
  readonly fires: Firing;
  /** Firing of the table's trigger that it is inherited from, which every new partition also has. Undefined: its own trigger. */
  readonly inherited: Firing | undefined;
  readonly onDelete: boolean;
  readonly onInsert: boolean;
}

/** `always`: in replicating sessions too. `never`: not in sessions of this product. */
type Firing = "origin" | "always" | "never";

/** Exact at the time of the count. */
export interface RowCounts {
  readonly total: number;
  readonly ranges: readonly { readonly bounds: OpenInterval; readonly rows: number }[];
  /** First and last row with a finite time, and the number of such rows. Undefined: none, or the key cannot be ordered. */
  readonly span?: { readonly first: Instant; readonly last: Instant; readonly rows: number } | undefined;
}
