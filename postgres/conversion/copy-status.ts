import { quote } from "../../core/names/identifier";
import type { TableName } from "../../core/names/table-name";
import type { Database } from "../database";
import type { Blocker } from "../execute/blockers";
import { query } from "../queries";
import type { CopyRecord } from "./journal";

/** Session that works on a table: the one that holds its lock. */
export interface LockHolder {
  readonly pid: number;
  readonly application: string | undefined;
  /** Undefined: hidden from this role. */
  readonly since: string | undefined;
}

/** Session in the way of a conversion. */
export interface InTheWay extends Blocker {
  /** `blocks`: it holds a lock that is waited for. `older`: the swap will wait for its snapshot. */
  readonly why: "blocks" | "older";
}

/** What an operator asks about a conversion, and its record does not say. */
export interface CopyFacts {
  /** Time between its beginning and its last step, pauses included. */
  readonly secondsWorked: number;
  readonly secondsSinceMoved: number;
  /** By the statistics of the table; undefined: it was never analyzed. */
  readonly estimatedRows: number | undefined;
  /** Undefined: nothing works on the table. */
  readonly holder: LockHolder | undefined;
  readonly inTheWay: readonly InTheWay[];
}

/** Lists the tables whose conversion by copy is under way. */
export async function listCopiesUnderWay(database: Database): Promise<TableName[]> {
  const rows = await database.read(query("conversion/copies-under-way", database.managementSchema));
  return rows.map((row) => ({ schema: String(row["schema"]), table: String(row["table"]) }));
}

/** Returns the table whose lock a run of the conversion needs: the partitioned one, where its history is split, or where both stay. */
export function getLocked({ schema, table }: TableName, { detail }: Pick<CopyRecord, "detail">): TableName {
  return { schema, table: detail.historyOf ?? detail.switchTo ?? table };
}

/** Returns the table by which the journal knows a conversion: of a table whose history is split, that partition; of two that stay, the plain one. */
export async function findJournalName(database: Database, { schema, table }: TableName): Promise<TableName> {
  const rows = await database.read(
    `select table_name as name from ${quote(database.managementSchema)}.conversions
     where schema_name = $1 and (table_name = $2 or $2 in (detail ->> 'historyOf', detail ->> 'switchTo'))
     order by phase = 'ended', table_name <> $2, id desc limit 1`,
    [schema, table],
  );
  return { schema, table: String(rows[0]?.["name"] ?? table) };
}

/** Reads what is known of one conversion from the catalogue and the sessions. Waits for no lock of the table. */
export async function readCopyFacts(database: Database, table: TableName, record: CopyRecord): Promise<CopyFacts> {
  const [facts = {}] = await database.read(query("conversion/copy-facts", database.managementSchema), [record.id]);
  const locked = getLocked(table, record);
  const [held] = await database.read(query("locks/table-lock-holder"), [locked.schema, locked.table]);
  // The query names the columns of InTheWay.
  const sessions = await database.read(query("conversion/in-the-way"), [record.verifiedAt ?? null]);
  const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
  return {
    secondsWorked: Number(facts["seconds_worked"] ?? 0),
    secondsSinceMoved: Math.max(0, Number(facts["seconds_since"] ?? 0)),
    estimatedRows: typeof facts["rows"] === "number" ? facts["rows"] : undefined,
    holder: held && { pid: Number(held["pid"]), application: text(held["application"]), since: text(held["since"]) },
    // What blocks one of our sessions blocks this conversion only while it is worked on.
    inTheWay: (sessions as unknown as InTheWay[]).filter(({ why }) => why === "older" || held !== undefined),
  };
}

/** Returns the oid that a name has now. */
export async function findOid(database: Database, quoted: string): Promise<string | undefined> {
  const [row] = await database.read("select to_regclass($1)::oid::text as oid", [quoted]);
  return typeof row?.["oid"] === "string" ? row["oid"] : undefined;
}
