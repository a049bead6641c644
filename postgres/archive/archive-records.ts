import { quote } from "../../core/names/identifier";
import type { Statement } from "../../core/sql/statement";
import type { Instant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import type { Database } from "../database";
import { query } from "../queries";
import type { SizedRelation } from "../rows/relations";
import { buildStatement, formatServerTime } from "../registry/statement";
import { type LedgerRecord, recordLedgerStatement } from "../registry/ledger";

/** State of the archive of one detached table, in the registry. */
export interface ArchiveState {
  /** Mark of the fence as it is now. */
  readonly fence: string;
  /** Mark of the fence as it was installed; undefined: it never was. */
  readonly fenced: string | undefined;
  readonly last: "exporting" | "archived" | "doubted" | undefined;
  /** With `doubted`: true if it cannot be resumed. */
  readonly renew: boolean;
  /** Highest generation of this range in this store so far; 0: none. */
  readonly generation: number;
  readonly export: ExportRecord | undefined;
  /** Parts in order, each once. */
  readonly parts: readonly PartRecord[];
  /** Tables that hold the rows: the table itself, or its partitions. */
  readonly relations: readonly SizedRelation[];
}

interface ExportRecord {
  /** Id of its row in the ledger. */
  readonly id: string;
  readonly run: string;
  readonly at: string;
  readonly detail: ExportDetail;
}

export interface ExportDetail {
  readonly generation: number;
  /** URL of the store. */
  readonly store: string;
  /** Folder below the store. */
  readonly folder: string;
  /** Beginning of the names in a template of keys, only in an earlier version. */
  readonly stem?: string;
  /** Left out: Parquet. */
  readonly encoding?: "csv" | "rows";
  /** File of each table when the export began: another one means that its rows have moved. */
  readonly filenodes: Readonly<Record<string, string>>;
}

/** Part: its rows, and its object. */
export interface PartRecord {
  readonly part: number;
  readonly relation: string;
  /** First row position, `(block,line)`, and the first one after it. */
  readonly first: string;
  readonly end: string;
  readonly rows: number;
  readonly textBytes: number;
  readonly textSha256: string;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Detached table as registry and ledger know it. */
export interface AwayTable {
  readonly schema: string;
  readonly table: string;
  readonly partition: string;
  readonly partitionSchema: string;
  readonly oid: string;
  readonly branch: string;
  readonly bounds: OpenInterval;
}

export async function readArchiveState(database: Database, away: AwayTable, store: string): Promise<ArchiveState> {
  const { from, to } = away.bounds;
  const rows = await database.read(query("archive/archive-state", database.managementSchema), [
    away.oid,
    away.schema,
    away.table,
    away.branch,
    from ? formatServerTime(from) : null,
    to ? formatServerTime(to) : null,
    store,
  ]);
  // The query always returns one row, with these columns.
  const row = rows[0] as unknown as { [K in keyof ArchiveState]: ArchiveState[K] | null };
  return {
    fence: row.fence ?? "",
    fenced: row.fenced ?? undefined,
    last: row.last ?? undefined,
    renew: row.renew ?? false,
    generation: row.generation ?? 0,
    export: row.export ?? undefined,
    parts: row.parts ?? [],
    relations: row.relations ?? [],
  };
}

/** Records the state of the fence in the ledger, in the transaction that installs it. */
export function recordFencedStatement(management: string, away: AwayTable, run: string): Statement {
  const { from, to } = away.bounds;
  return buildStatement(
    `insert into ${quote(management)}.ledger (schema_name, table_name, partition_name, partition_oid, lower_bound, upper_bound, event, run, detail, branch)
values ($1, $2, $3, $4::oid, $5::timestamptz, $6::timestamptz, 'fenced', $7, pg_catalog.jsonb_build_object('fence', ${quote(management)}.fence_mark($4::oid)), $8)`,
    [
      away.schema,
      away.table,
      away.partition,
      away.oid,
      from ? formatServerTime(from) : null,
      to ? formatServerTime(to) : null,
      run,
      away.branch,
    ],
    "none: the ledger is only ever added to",
  );
}

/** Fails the transaction unless the fence is unchanged since it was installed. */
export function assertFencedStatement(management: string, away: AwayTable, mark: string): Statement {
  return buildStatement(
    `select ${quote(management)}.assert_that(${quote(management)}.fence_mark($1::oid) = $2, $3)`,
    [
      away.oid,
      mark,
      `the fence around "${away.partitionSchema}"."${away.partition}" was opened: rows may have changed`,
    ],
    "not needed: it only looks",
  );
}

/**
 * Fails the transaction unless ledger, fence and file prove that the table is archived as this manifest states. Takes an instant:
 * the rows were counted before, and cannot have changed while fence and file have not.
 */
export function assertArchivedStatement(
  management: string,
  target: { readonly schema: string; readonly name: string; readonly oid: string },
  manifest: string,
): Statement {
  return buildStatement(
    `select ${quote(management)}.assert_archived($1::oid, $2)`,
    [target.oid, manifest],
    "not needed: it only looks",
  );
}

export type ArchiveEvent =
  | { readonly event: "exporting"; readonly detail: ExportDetail }
  | { readonly event: "archived"; readonly detail: ArchivedDetail }
  | { readonly event: "doubted"; readonly detail: { readonly because: string; readonly renew: boolean } };

export interface ArchivedDetail {
  readonly generation: number;
  readonly export: string;
  readonly manifest: string;
  /** SHA-256 of its text, in hex: no other text is accepted. */
  readonly manifestSha256: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
  readonly verify: "checksum" | "readBack";
  readonly fence: string;
  readonly dropAfter: string;
  readonly approvedBy?: string;
  readonly commit?: string;
}

/** Records one step of an archive in the ledger. */
export function archiveEventStatement(
  management: string,
  away: AwayTable,
  run: string,
  { event, detail }: ArchiveEvent,
  at?: Instant,
): Statement {
  const { oid: _, ...entry } = away;
  return recordLedgerStatement(management, {
    ...entry,
    event,
    run,
    ...(at ? { effectiveAt: at } : {}),
    detail: detail as LedgerRecord["detail"],
  });
}

/** Records a part before its object is written, so that a killed run finds it again. */
export function recordPartStatement(management: string, exportId: string, part: PartRecord, run: string): Statement {
  return buildStatement(
    `insert into ${quote(management)}.archive_parts (export, part, relation, first_tid, end_tid, row_count, text_bytes, text_sha256, object_key, bytes, sha256, run)
values ($1::bigint, $2::integer, $3::oid, $4::tid, $5::tid, $6::bigint, $7::bigint, $8, $9, $10::bigint, $11, $12)`,
    [
      exportId,
      String(part.part),
      part.relation,
      part.first,
      part.end,
      String(part.rows),
      String(part.textBytes),
      part.textSha256,
      part.key,
      String(part.bytes),
      part.sha256,
      run,
    ],
    "none: the parts are only ever added to",
  );
}
