import type { Side, Sides } from "../../core/bench/sides";
import { quoteQualified } from "../../core/names/identifier";
import { formatTableId } from "../../core/names/resource-id";
import type { TableName } from "../../core/names/table-name";
import { findJournalName } from "../conversion/copy-status";
import { type CopyRecord, countPending, hasJournal, hasWayBack, readCopyRecord } from "../conversion/journal";
import type { Database } from "../database";
import { query } from "../queries";

/** A side, with what tells it from others in the catalogue. */
export interface FoundSide extends Side {
  readonly oid: string;
  /** Oids of everything that is one table with it: partitions, and what it is a partition of. */
  readonly family: readonly string[];
}

/** Sides as they were found. */
export interface FoundSides extends Sides {
  readonly before: FoundSide;
  readonly after: FoundSide;
  /** Oid of the table by whose name the queries call it. */
  readonly namedOid: string;
}

/**
 * Finds what a table is compared with: the other table that is named, else the copy or the former table of its conversion.
 *
 * @param against the other table. Of a plain and a partitioned one the plain is before; of two alike it comes after
 * @throws if one of them does not exist, the copy is not complete yet, or there is nothing to compare with
 */
export async function findSides(
  database: Database,
  named: TableName,
  against: TableName | undefined,
): Promise<FoundSides> {
  const table = await requireSide(database, named);
  if (!against) return findConverted(database, named, table);
  const other = await requireSide(database, against);
  if (other.oid === table.oid)
    throw new Error(`"${formatTableId(named)}" cannot be compared with itself; --against names the other table`);
  const swapped = table.kind === "partitioned" && other.kind === "plain";
  const [before, after] = swapped ? [other, table] : [table, other];
  return { named, namedOid: table.oid, before, after, notes: [] };
}

async function findConverted(database: Database, named: TableName, table: FoundSide): Promise<FoundSides> {
  const record = await findRecord(database, named);
  const before = record && (await readSideOf(database, record.sourceOid));
  const target = record && (await readSideOf(database, record.targetOid));
  // The split of a history ends with its partitions in the table, and drops what had them until then.
  const after = target ?? (record?.detail.historyOf === named.table ? table : undefined);
  if (!record || !before || !after)
    throw new Error(
      `there is nothing to compare "${formatTableId(named)}" with: ${explainMissing(record, before)}. ` +
        "Name a table with the same rows: --against schema.table",
    );
  if (["prepared", "copying", "finishing"].includes(record.phase))
    throw new Error(
      `the copy of "${formatTableId(named)}" is not complete yet: pgpartition convert status ${formatTableId(named)} tells how far it is. ` +
        "Compare once it is verified",
    );
  const notes = await describeLag(database, named.schema, record, before, after);
  return { named, namedOid: table.oid, before, after, notes };
}

async function findRecord(database: Database, named: TableName): Promise<CopyRecord | undefined> {
  if (!(await hasJournal(database))) return undefined;
  return readCopyRecord(database, await findJournalName(database, named));
}

function explainMissing(record: CopyRecord | undefined, before: FoundSide | undefined): string {
  if (!record) return "no conversion by copy of it is known";
  return before ? "the copy of its conversion was dropped" : "the former table of its conversion was dropped";
}

/** Says in what the rows of the two may differ. */
async function describeLag(
  database: Database,
  schema: string,
  record: CopyRecord,
  before: FoundSide,
  after: FoundSide,
): Promise<string[]> {
  const isOver = record.phase === "swapped" || record.phase === "ended";
  if (isOver && !hasWayBack(record) && record.detail.former === before.table.table)
    return [
      `${formatTableId(before.table)} has its rows as of the swap: rows that came to ${formatTableId(after.table)} later are there alone.`,
    ];
  const pending = await countPending(database, schema, record);
  if (pending === 0) return [];
  const follower = hasWayBack(record) ? before : after;
  return [`${formatTableId(follower.table)} lags behind by ${pending.toLocaleString("en")} pending changes.`];
}

async function requireSide(database: Database, name: TableName): Promise<FoundSide> {
  const side = await readSide(database, quoteQualified(name.schema, name.table));
  if (!side) throw new Error(`table "${formatTableId(name)}" does not exist`);
  return side;
}

/** A conversion knows its relations by oid, whatever their names are by now. */
async function readSideOf(database: Database, oid: string): Promise<FoundSide | undefined> {
  const [row] = await database.read(
    "select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = $1::oid",
    [oid],
  );
  return row && readSide(database, quoteQualified(String(row["schema"]), String(row["name"])));
}

async function readSide(database: Database, quoted: string): Promise<FoundSide | undefined> {
  const [row] = await database.read(query("bench/side"), [quoted]);
  if (!row) return undefined;
  const table = { schema: String(row["schema"]), table: String(row["name"]) };
  const kind = row["kind"];
  if (kind !== "r" && kind !== "p")
    throw new Error(`"${formatTableId(table)}" is no table: bench compares tables, plain or partitioned`);
  return {
    table,
    oid: String(row["oid"]),
    kind: kind === "p" ? "partitioned" : "plain",
    leaves: row["leaves"] as readonly string[],
    keys: row["keys"] as readonly string[],
    family: row["family"] as readonly string[],
  };
}
