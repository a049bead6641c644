import type { ArchiveSpec } from "../../core/declare/archive/archive-spec";
import type { KeySpec } from "../../core/declare/table/spec";
import type { Instant } from "../../core/time/instant";
import {
  type ArchiveEvent,
  archiveEventStatement,
  type AwayTable,
  type ExportDetail,
} from "../../postgres/archive/archive-records";
import type { WorkContext } from "../../postgres/work/context";
import type { ObjectStore } from "../store/store";

/** Partition to be archived, and everything that its archive needs. */
export interface ArchiveJob {
  readonly work: WorkContext;
  readonly store: ObjectStore;
  readonly away: AwayTable;
  /** Values of the levels above its time level. */
  readonly path: readonly string[];
  readonly key: KeySpec;
  readonly settings: Pick<ArchiveSpec, "verify" | "spoolMegabytes" | "format">;
  /** `schema.table` of each table that the partition still refers to. */
  readonly references: readonly string[];
  /** Start of the job, by the clock that decides about grace periods. */
  readonly at: Instant;
  /**
   * Returns, once everything is proved, that moment by the same clock and the time from which the table may be dropped. An export
   * may take hours.
   */
  readonly atProof: () => Promise<{ readonly at: Instant; readonly dropAfter: Instant }>;
  /** Version of this product. */
  readonly product: string;
  readonly approvedBy?: string | undefined;
  /** Commit of the program, if the environment states it. */
  readonly commit?: string | undefined;
}

/** Returns the operation in progress, for errors. */
export function subjectOf({ away, store }: Pick<ArchiveJob, "away" | "store">): string {
  return `archiving "${away.partitionSchema}"."${away.partition}" to ${store.url}`;
}

/** Export under way: its folder, and the fence of the table when it began. */
export interface Export {
  readonly id: string;
  readonly detail: ExportDetail;
  readonly startedAt: string;
  readonly run: string;
  /** Fence that has to hold until the end. */
  readonly fence: string;
}

/** Records one step of an archive in the ledger. */
export async function record(job: Pick<ArchiveJob, "work" | "away" | "at">, event: ArchiveEvent): Promise<void> {
  const { away, work } = job;
  const statement = archiveEventStatement(work.management, away, work.run, event, job.at);
  await work.database.execute(
    [{ ...statement, transaction: `${event.event} ${away.partitionSchema}.${away.partition}` }],
    {
      // Recorded even if the run is being cancelled.
      signal: new AbortController().signal,
      log: work.log,
      subject: `writing down that "${away.partition}" is ${event.event}`,
    },
  );
}
