import type { ArchiveSpec } from "../../core/declare/archive/archive-spec";
import type { KeySpec } from "../../core/declare/table/spec";
import type { Instant } from "../../core/time/instant";
import {
  type ArchiveEvent,
  archiveEventStatement,
  type AwayTable,
  type ExportDetail,
} from "../../postgres/journal/archive-records";
import type { WorkContext } from "../../postgres/work/context";
import type { ObjectStore } from "../store/store";

/** One partition that is to be archived, and everything that its archive needs. */
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
  /** When the job began, by the clock that decides about graces. */
  readonly at: Instant;
  /** Asked when everything is proved: that moment, by the same clock, and when the table may be dropped. An export may take hours. */
  readonly atProof: () => Promise<{ readonly at: Instant; readonly dropAfter: Instant }>;
  /** Version of this product. */
  readonly product: string;
  readonly approvedBy?: string | undefined;
  /** The commit of the program, where the environment says it. */
  readonly commit?: string | undefined;
}

/** What is being archived, for errors. */
export function subjectOf({ away, store }: Pick<ArchiveJob, "away" | "store">): string {
  return `archiving "${away.partitionSchema}"."${away.partition}" to ${store.url}`;
}

/** An export that is under way: where it writes, and what stood around the table when it began. */
export interface Export {
  readonly id: string;
  readonly detail: ExportDetail;
  readonly startedAt: string;
  readonly run: string;
  /** The fence that has to stand until the end. */
  readonly fence: string;
}

/** Writes one step of an archive into the ledger. */
export async function record(job: Pick<ArchiveJob, "work" | "away" | "at">, event: ArchiveEvent): Promise<void> {
  const { away, work } = job;
  const statement = archiveEventStatement(work.management, away, work.run, event, job.at);
  await work.database.execute(
    [{ ...statement, transaction: `${event.event} ${away.partitionSchema}.${away.partition}` }],
    {
      // What has happened is written down even when the run is being cancelled.
      signal: new AbortController().signal,
      log: work.log,
      subject: `writing down that "${away.partition}" is ${event.event}`,
    },
  );
}
