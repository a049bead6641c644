import type { ArchiveSpec } from "../../core/declare/archive/archive-spec";
import type { KeySpec } from "../../core/declare/table/spec";
import type { Instant } from "../../core/time/instant";
import type { Job } from "../../jobs/run-job";
import type { Begun } from "../../jobs/journal";
import {
  type ArchiveEvent,
  archiveEventStatement,
  type AwayTable,
  type ExportDetail,
  type PartRecord,
  recordPartStatement,
  readArchiveState,
} from "../../postgres/archive/archive-records";
import type { WorkContext } from "../../postgres/work/work-context";
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
export function describeSubject({ away, store }: Pick<ArchiveJob, "away" | "store">): string {
  return `archiving "${away.partitionSchema}"."${away.partition}" to ${store.url}`;
}

/** Export under way. */
export interface Export extends Begun<ExportDetail> {
  /** Fence of the table when it began, which has to hold until the end. */
  readonly fence: string;
}

/** Returns the archive as a job: its beginnings are entries of the ledger, and its parts have a table of their own. */
export function jobOf(archive: ArchiveJob): Job<ExportDetail, PartRecord> {
  const { away, store, work } = archive;
  const subject = describeSubject(archive);
  return {
    work,
    subject,
    journal: {
      readBegun: async () => (await readArchiveState(work.database, away, store.url)).export,
      begin: (detail) => toEntry(archive, { event: "exporting", detail }),
      addPart: ({ id }, part) => {
        const statement = recordPartStatement(work.management, id, part, work.run);
        return { statement: { ...statement, transaction: `part ${part.part}` }, subject };
      },
      discard: (because) => toEntry(archive, { event: "doubted", detail: { because, renew: true } }),
    },
  };
}

/** Returns one step of an archive as an entry of the ledger. */
export function toEntry({ at, away, work }: Pick<ArchiveJob, "work" | "away" | "at">, event: ArchiveEvent) {
  const statement = archiveEventStatement(work.management, away, work.run, event, at);
  return {
    statement: { ...statement, transaction: `${event.event} ${away.partitionSchema}.${away.partition}` },
    subject: `writing down that "${away.partition}" is ${event.event}`,
  };
}
