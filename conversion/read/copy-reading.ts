import type { CopyShape } from "../../core/conversion/copy/align-copy";
import type { CopySource } from "../../core/conversion/copy/copy-source";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { PlacedPartition } from "../../core/partition/branch/desired-branches";
import type { Problem } from "../../core/problems/problem";
import type { Instant } from "../../core/time/instant";
import type { CopyRecord } from "../../postgres/conversion/journal";
import type { HistoryFacts } from "../../postgres/read/history-facts";
import type { Abandoned, Opening } from "./read-opening";
import type { Returnable } from "./read-returnable";
import type { WayBack } from "./read-way-back";

/** A plain table that can be copied, and how far that is. */
export interface Copyable {
  readonly kind: "copyable";
  readonly source: CopySource;
  readonly facts: HistoryFacts;
  /** The copy as it is now. Undefined: not created yet. */
  readonly copy: CopyShape | undefined;
  /** What the journal says of a copy under way. */
  readonly record: CopyRecord | undefined;
  /** Partitions of the copy that were partitions of the table before a way back. */
  readonly released: readonly PlacedPartition[];
  /** Changes that are pending, up to a limit. */
  readonly pending: number;
  /** What an operator should know before it. */
  readonly notes: readonly string[];
  readonly now: Instant;
}

export type CopyReading =
  | { readonly kind: "none" }
  | {
      readonly kind: "converted";
      readonly table: ObservedTable;
      readonly record: CopyRecord | undefined;
      /** Undefined: none is open, or its swap is still to be settled. */
      readonly wayBack: WayBack | undefined;
      /** One that is to be opened, or whose opening is to be given up. Undefined: neither. */
      readonly opening?: Opening | Abandoned | undefined;
    }
  | ({ readonly kind: "returning" } & Returnable)
  | { readonly kind: "refused"; readonly state: "plain" | "converted"; readonly problems: readonly Problem[] }
  | Copyable;
