import { markQuery, type PairMark } from "../../core/conversion/between/mark";
import { type Pair, quoteRelationOf } from "../../core/conversion/between/pair";
import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { Statement } from "../../core/sql/statement";
import type { Row } from "../connect/session";
import type { Database } from "../database";
import { buildStatement } from "../registry/statement";
import type { Recorded } from "./copy-blocks";
import type { CopyDetail, HeapDetail } from "./copy-detail";

/** Phases of a conversion that copies, in their order, as the journal has them. */
export type CopyPhase =
  /** The copy exists and is empty; nothing is captured. */
  | "prepared"
  /** Changes are captured, rows are copied. */
  | "copying"
  /** All rows are there; keys and indexes are built. */
  | "finishing"
  | "verifying"
  /** Every row was compared, and what changed since was compared as it was reconciled. */
  | "verified"
  /** The copy has the name of the table; foreign keys may still have to be validated. */
  | "swapped"
  /** A way back is open: changes of the partitioned table are captured, and the former one is kept current. */
  | "returnable"
  /** The same, and the rows of both sides are compared for the way back. */
  | "returning"
  /** The same, and every row was compared. */
  | "reverified"
  /** The plain table has its name again; foreign keys may still have to be validated. Then its copy is verified. */
  | "returned"
  | "ended";

/** Phases in which a way back is open. */
const OPEN_PHASES: readonly CopyPhase[] = ["returnable", "returning", "reverified"];

/** True if the former table is kept current. */
export function isWayBackOpen({ phase }: Pick<CopyRecord, "phase">): boolean {
  return OPEN_PHASES.includes(phase);
}

/** True if changes of the partitioned table are captured, also while its swap is being settled. */
export function hasWayBack({ phase, detail }: Pick<CopyRecord, "phase" | "detail">): boolean {
  return (
    isWayBackOpen({ phase }) || (phase === "swapped" && detail.back !== undefined && detail.back.closed === undefined)
  );
}

/** How an operator paces a conversion, while it runs or before. */
export interface CopyControl {
  /** Nothing is copied; changes go on being captured and reconciled. */
  readonly paused?: boolean;
  /** Share of the time in which it works, above 0 and up to 1. Left out: 1. */
  readonly pace?: number;
  /** It stops once everything is verified, whatever the program declares. */
  readonly stopBeforeSwap?: boolean;
  /** Age of what a replica replays, and WAL that a slot keeps, from which on it waits. Null: without a limit. Left out: the default. */
  readonly maxReplicaLagSeconds?: number | null;
  readonly maxSlotLagBytes?: number | null;
}

/** A conversion in the journal. */
export interface CopyRecord {
  readonly id: string;
  readonly phase: CopyPhase;
  readonly sourceOid: string;
  readonly targetOid: string;
  readonly marks: PairMark;
  /** Block of the table that is copied next, and the one at which the copy ends. Undefined: not begun. */
  readonly nextBlock: number;
  readonly endBlock: number | undefined;
  readonly rowsCopied: number;
  readonly changesReconciled: number;
  readonly rowsVerified: number;
  /** Last key up to which rows were compared. Undefined: none. */
  readonly verifiedTo: readonly string[] | undefined;
  readonly verifiedAt: string | undefined;
  readonly control: CopyControl;
  readonly detail: CopyDetail;
  readonly begunAt: string;
  readonly updatedAt: string;
  readonly run: string;
}

/** First version of the management schema that has the journal. */
export const JOURNAL_VERSION = 6;

/** True if the management schema, which the same program may still have to create or upgrade, has the journal. */
export async function hasJournal(database: Database): Promise<boolean> {
  const [row] = await database.read(
    "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'conversions') as found",
    [database.managementSchema],
  );
  return row?.["found"] === true;
}

/** Reads the conversion of a table that is under way, or the last one that is over. */
export async function readCopyRecord(
  database: Database,
  { schema, table }: TableName,
): Promise<CopyRecord | undefined> {
  const rows = await database.read(
    `select id::text, phase, source::text, target::text, marks, next_block::text, end_block::text, rows_copied::text,
       changes_reconciled::text, rows_verified::text, verified_to, verified_at::text, control, detail, begun_at::text, updated_at::text, run
     from ${quote(database.managementSchema)}.conversions where schema_name = $1 and table_name = $2 order by id desc limit 1`,
    [schema, table],
  );
  return rows[0] && toRecord(rows[0]);
}

function toRecord(row: Row): CopyRecord {
  const text = (name: string): string | undefined => (row[name] === null ? undefined : String(row[name]));
  const count = (name: string): number => Number(row[name] ?? 0);
  return {
    id: String(row["id"]),
    phase: row["phase"] as CopyPhase,
    sourceOid: String(row["source"]),
    targetOid: String(row["target"]),
    marks: row["marks"] as PairMark,
    nextBlock: count("next_block"),
    endBlock: row["end_block"] === null ? undefined : count("end_block"),
    rowsCopied: count("rows_copied"),
    changesReconciled: count("changes_reconciled"),
    rowsVerified: count("rows_verified"),
    verifiedTo: (row["verified_to"] as readonly string[] | null) ?? undefined,
    verifiedAt: text("verified_at"),
    control: row["control"] as CopyControl,
    detail: row["detail"] as CopyDetail,
    begunAt: String(row["begun_at"]),
    updatedAt: String(row["updated_at"]),
    run: String(row["run"]),
  };
}

/** Does the same where the management schema may not have the journal yet. */
export async function findCopyRecord(database: Database, table: TableName): Promise<CopyRecord | undefined> {
  return (await hasJournal(database)) ? readCopyRecord(database, table) : undefined;
}

/** How a row of the journal is undone. */
export const UNDO = "none: the journal keeps what was done";

/** Writes down a conversion whose copy was just created, in that transaction. */
export function beginCopyStatement(management: string, pair: Pair, detail: CopyDetail, run: string): Statement {
  const oid = (relation: Pair["source"]) => `${quoteLiteral(quoteRelationOf(relation))}::pg_catalog.regclass`;
  return buildStatement(
    `insert into ${quote(management)}.conversions (schema_name, table_name, phase, source, target, pending, detail, run)
values ($1, $2, 'prepared', ${oid(pair.source)}, ${oid(pair.target)}, ${oid(pair.pending)}, $3::jsonb, $4)`,
    [pair.source.schema, pair.source.name, JSON.stringify(detail), run],
    UNDO,
  );
}

/** Writes down that changes are captured, and what the pair is at that moment, in the transaction that installs the triggers. */
export function captureStatement(management: string, pair: Pair): Statement {
  return buildStatement(
    `update ${quote(management)}.conversions set phase = 'copying', updated_at = now(), next_block = 0, end_block = null,
  marks = (select pg_catalog.to_jsonb(m) from (${markQuery(pair)}) m)
where schema_name = $1 and table_name = $2 and phase = 'prepared'`,
    [pair.source.schema, pair.source.name],
    UNDO,
  );
}

/** Moves a conversion on. */
export function movePhase(management: string, { id }: Pick<CopyRecord, "id">, phase: CopyPhase): Statement {
  const set =
    phase === "verified" || phase === "reverified"
      ? ", verified_at = now()"
      : phase === "returning"
        ? ", rows_verified = 0, verified_to = null, verified_at = null"
        : "";
  return buildStatement(
    `update ${quote(management)}.conversions set phase = $2, updated_at = now()${set} where id = $1::bigint`,
    [id, phase],
    UNDO,
  );
}

/**
 * Lets the copy go on from its beginning, in the file that the table has now. Nothing but that file is taken over: a capture that was
 * touched since its installation must not pass for the one that was installed.
 */
export function restartStatement(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  pair: Pair,
  heaps: readonly HeapDetail[],
): Statement {
  const endBlock = heaps.reduce((sum, { blocks }) => sum + blocks, 0);
  return buildStatement(
    `update ${quote(management)}.conversions c set phase = 'copying', updated_at = now(), next_block = 0, end_block = $2::bigint,
  detail = detail || $3::jsonb, rows_verified = 0, verified_to = null, verified_at = null,
  marks = case when (m.mark, m.columns) = (c.marks ->> 'mark', c.marks ->> 'columns') then pg_catalog.to_jsonb(m) else c.marks end
from (${markQuery(pair)}) m
where c.id = $1::bigint`,
    [id, String(endBlock), JSON.stringify(pair.partitioned ? { heaps } : {})],
    UNDO,
  );
}

export function recordCopied(
  management: string,
  { id }: Pick<CopyRecord, "id">,
  nextBlock: number,
): (rows: number) => Recorded {
  return (rows) => ({
    text: `update ${quote(management)}.conversions set next_block = $2::bigint, rows_copied = rows_copied + $3::bigint, updated_at = now() where id = $1::bigint`,
    values: [id, String(nextBlock), String(rows)],
  });
}

export function recordReconciled(management: string, { id }: Pick<CopyRecord, "id">): (changes: number) => Recorded {
  return (changes) => ({
    text: `update ${quote(management)}.conversions set changes_reconciled = changes_reconciled + $2::bigint, updated_at = now() where id = $1::bigint`,
    values: [id, String(changes)],
  });
}

export function recordVerified(
  management: string,
  { id }: Pick<CopyRecord, "id">,
): (rows: number, to: readonly string[] | undefined) => Recorded {
  return (rows, to) => ({
    text: `update ${quote(management)}.conversions set rows_verified = rows_verified + $2::bigint, verified_to = coalesce($3::jsonb, verified_to), updated_at = now() where id = $1::bigint`,
    values: [id, String(rows), to ? JSON.stringify(to) : null],
  });
}

/** Reads how an operator paces it now: other sessions may have changed that since it began. */
export async function readControl(database: Database, { id }: Pick<CopyRecord, "id">): Promise<CopyControl> {
  const rows = await database.read(
    `select control from ${quote(database.managementSchema)}.conversions where id = $1::bigint`,
    [id],
  );
  return (rows[0]?.["control"] as CopyControl | undefined) ?? {};
}

/** Changes how it is paced, from any session. Undefined: no conversion of the table is under way. */
export async function writeControl(
  database: Database,
  { schema, table }: TableName,
  control: CopyControl,
): Promise<CopyControl | undefined> {
  const rows = await database.read(
    `update ${quote(database.managementSchema)}.conversions set control = control || $3::jsonb
     where schema_name = $1 and table_name = $2 and phase <> 'ended' returning control`,
    [schema, table, JSON.stringify(control)],
  );
  return rows[0]?.["control"] as CopyControl | undefined;
}

/** Pending changes are counted up to this number. */
const MAX_COUNTED = 100_000;

/** Counts the changes that are pending, up to a limit. */
export async function countPending(
  database: Database,
  schema: string,
  { phase, detail }: Pick<CopyRecord, "phase" | "detail">,
): Promise<number> {
  const name = quoteQualified(
    schema,
    detail.back && hasWayBack({ phase, detail }) ? detail.back.pending : detail.pending,
  );
  const [found] = await database.read("select to_regclass($1) is not null as found", [name]);
  if (found?.["found"] !== true) return 0;
  const rows = await database.read(`select count(*)::int as n from (select from ${name} limit ${MAX_COUNTED}) p`);
  return Number(rows[0]?.["n"] ?? 0);
}
