import type { CopyShape } from "../core/conversion/copy/align-copy";
import { type CopySource, toPair } from "../core/conversion/copy/copy-source";
import type { DeclaredCopy } from "../core/resources/conversion";
import type { Instant } from "../core/time/instant";
import type { CopyRecord } from "../postgres/conversion/journal";
import type { PairWork } from "../postgres/conversion/pair-transaction";
import type { WorkContext } from "../postgres/work/work-context";

/** A conversion that copies, as one run works on it. */
export interface CopyJob {
  readonly work: WorkContext;
  readonly source: CopySource;
  readonly declared: DeclaredCopy;
  /** The clock that decides, when the run began. */
  readonly now: Instant;
  /** True once this run has to end, with what is done. */
  readonly isTimeOver: () => boolean;
  /** What it does while an operator has paused it: an update ends, and a run of the operator's waits until it is resumed. */
  readonly whenPaused: "end" | "wait";
  /** Ends its rests and waits early. */
  readonly stop: AbortSignal;
  /** Left out: the copy follows the table. Otherwise the former table follows the partitioned one, for a way back. */
  readonly back?: Back;
}

interface Back {
  /** Oid of the former table, which refuses the writes of all others. */
  readonly passes: string;
  /** Reads both as they are now. Undefined: they cannot be kept equal any more. */
  readonly read: () => Promise<{ readonly source: CopySource; readonly copy: CopyShape } | undefined>;
}

/** Why a run ended before its work was done. */
export type Stopped =
  | "its time is over"
  | `its time is over, and it waited: ${string}`
  | "it is paused"
  | "a transaction from before the way back still runs";

/** How far a run came. */
export type CopyEnd =
  /** Everything is copied, compared and followed. */
  | ({ readonly kind: "verified" } & Reached)
  /** Its time was over, or an operator has paused it. */
  | ({ readonly kind: "unfinished"; readonly why: Stopped } & Reached);

interface Reached {
  /** The job with the table as it was read last: what goes on with it must not use an earlier one. */
  readonly job: CopyJob;
  readonly record: CopyRecord;
}

export function describeCopy({ source: { table } }: Pick<CopyJob, "source">): string {
  return `${table.kind === "partitioned" ? "way back of" : "converting"} table "${table.schema}.${table.name}"`;
}

/** Returns the two relations for the steps of the engine. */
export function toPairWork({ work, source, back }: CopyJob, record: Pick<CopyRecord, "marks">): PairWork {
  return {
    database: work.database,
    pair: toPair(source),
    marks: record.marks,
    signal: work.signal,
    subject: describeCopy({ source }),
    ...(back ? { passes: back.passes } : {}),
  };
}
