import type { PairMark } from "../../core/conversion/between/mark";
import type { BothWays } from "../../core/conversion/switch/both-ways";

/** What the swap and everything after it have to know, and the catalogue does not say. */
export interface CopyDetail {
  readonly target: string;
  readonly pending: string;
  readonly former: string;
  /** Name of the partitioned table, in the same schema, whose history is split. Left out: the table itself is converted. */
  readonly historyOf?: string;
  /** Name of the declared table, in the same schema, if the copy is that table, and the plain one stays. */
  readonly switchTo?: string;
  /** Inputs of its resource: what another process needs to go on with it. */
  readonly declared: unknown;
  /** `project/stack` that declared it. Left out: it was begun by an earlier version. */
  readonly owner?: string;
  /** Why it began again, the last time. */
  readonly restarted?: string;
  /** Foreign keys that the swap left to be validated: those that point to the table as `schema.table.name`, and its own. */
  readonly validate?: readonly string[];
  /** While a way back is being opened for a table that is partitioned: the table is the source, and `target` the plain one. */
  readonly opens?: OpeningDetail;
  /** Files that are copied one after the other, with their blocks. Left out: that of the table alone. */
  readonly heaps?: readonly HeapDetail[];
  /** From the swap on, if a way back was declared. */
  readonly back?: WayBackDetail;
  /** Of two tables that stay, from the moment on from which both are captured. */
  readonly both?: BothDetail;
  /** From the swap on. */
  readonly formerTable?: FormerDetail;
}

/** A file of rows: a partition by its oid. */
export interface HeapDetail {
  readonly oid: string;
  readonly blocks: number;
}

/** A way back that is being opened. */
interface OpeningDetail {
  /** Columns that identify a row, as changes are captured. */
  readonly key: readonly string[];
  /** When it closes, as RFC 3339. */
  readonly until: string;
  /** Primary key that the plain table had before its conversion. Left out: not known. */
  readonly formerKey?: readonly string[];
}

/** Two tables that are kept equal both ways. */
export interface BothDetail extends BothWays {
  /** Until when, as RFC 3339. */
  readonly until: string;
  /** What the direction back to the plain table was when its capture was installed; the other one is that of the record. */
  readonly backMarks: PairMark;
  /** Rows that both sides had changed otherwise, so far. */
  readonly conflicts?: number;
  /** Why it ended. */
  readonly closed?: string;
}

/** The former table. */
export interface FormerDetail {
  /** When it was swapped, by the clock that decides, as RFC 3339. */
  readonly swappedAt: string;
  /** Columns of its primary key. Left out: it had none, or an earlier version has swapped it. */
  readonly key?: readonly string[];
  /** The trigger by which it refuses writes, as the swap has made it. */
  readonly refusal: string;
  /** From when on it is dropped, as the last update has declared it. Left out: never. */
  readonly dropAfter?: string;
  /** When it was dropped. */
  readonly dropped?: string;
}

/** A way back, open or closed. */
export interface WayBackDetail {
  /** Table of the pending keys of the partitioned table. */
  readonly pending: string;
  /** Columns that identify a row, as it captures them. */
  readonly key: readonly string[];
  /** When it closes, as RFC 3339. */
  readonly until: string;
  /** Why it was closed. */
  readonly closed?: string;
}
