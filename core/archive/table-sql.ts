import { fitIdentifier, quote, quoteList, quoteLiteral, quoteQualified } from "../names/identifier";
import type { KeySpec } from "../declare/table/spec";
import type { Statement } from "../sql/statement";
import { formatBound, findKeyKind } from "../time/key";
import type { OpenInterval } from "../time/interval";
import type { SourceColumn } from "./format/parquet-columns";

/** A table by its name. */
export interface TableRef {
  readonly schema: string;
  readonly name: string;
}

/** A column that is copied to an archive table. */
export type ArchivedColumn = Pick<SourceColumn, "name" | "type" | "base"> & {
  readonly collation?: string;
  readonly generated?: boolean;
};

/** Table next to the archive tables of a schema; records which of their rows are archives, and of which partitions. */
const REGISTER = "pgpartition_archived";

/** Temporary table of one transaction: holds the rows of a part until they have been compared. */
export const STAGE = "pg_temp.pgpartition_part";

export function quoteRegister({ schema }: TableRef): string {
  return quoteQualified(schema, REGISTER);
}

/** Creates the missing objects of an archive table; repeatable. */
export function makeTableStatements(
  table: TableRef,
  columns: readonly ArchivedColumn[],
  key: string,
  there: { readonly schema: boolean; readonly table: boolean },
): Statement[] {
  const target = quoteQualified(table.schema, table.name);
  const index = fitIdentifier(`${table.name}_${key}_idx`);
  const texts = [
    // IF NOT EXISTS alone fails if two sessions create the same object at once.
    "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgpartition archive tables', 0))",
    ...(there.schema ? [] : [`CREATE SCHEMA IF NOT EXISTS ${quote(table.schema)}`]),
    ...(there.table
      ? []
      : [
          `CREATE TABLE IF NOT EXISTS ${target} (${columns.map(formatColumn).join(", ")})`,
          `CREATE INDEX IF NOT EXISTS ${quote(index)} ON ${target} (${quote(key)})`,
        ]),
    `CREATE TABLE IF NOT EXISTS ${quoteRegister(table)} (archive_table text NOT NULL, object_key text NOT NULL, source text NOT NULL, bytes bigint NOT NULL, sha256 text NOT NULL, row_count bigint, xid xid, body text, at timestamptz NOT NULL DEFAULT pg_catalog.now(), who text NOT NULL DEFAULT current_user, removed_at timestamptz, PRIMARY KEY (archive_table, object_key))`,
    `COMMENT ON TABLE ${quoteRegister(table)} IS 'Rows of the archive tables of this schema by the transactions that brought them, with the hashes that they were proved by; kept by pulumi-pgpartition.'`,
  ];
  return texts.map((sql) => ({
    sql,
    transaction: `make ${table.schema}.${table.name}`,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "drop what was created, as long as nothing is archived in it",
  }));
}

/**
 * Inserts the rows of a part into the archive table and returns the stored rows, in the same order: after the effect of its own
 * triggers, defaults and types.
 */
export function insertText(table: TableRef, columns: readonly string[]): string {
  const list = quoteList(columns);
  return (
    `COPY (INSERT INTO ${quoteQualified(table.schema, table.name)} (${list}) OVERRIDING SYSTEM VALUE ` +
    `SELECT ${list} FROM ${STAGE} RETURNING ${list}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)`
  );
}

/** Counts rows of the range inserted by the transactions in $1, by transaction. */
export function countText(table: TableRef, condition: string): string {
  return `select xmin::text as xid, count(*)::text as rows from ${quoteQualified(table.schema, table.name)} where ${condition} and xmin = any ($1::text[]::xid[]) group by xmin::text`;
}

/** Counts all rows of the range. */
export function countAllText(table: TableRef, condition: string): string {
  return `select count(*)::text as rows from ${quoteQualified(table.schema, table.name)} where ${condition}`;
}

/** Deletes the rows of the range that these transactions inserted. */
export function removeText(table: TableRef, condition: string): string {
  return `delete from ${quoteQualified(table.schema, table.name)} where ${condition} and xmin = any ($1::text[]::xid[])`;
}

/** Returns the condition for the rows of a range, which an index on the key can serve. */
export function buildArchivedRangeCondition(key: KeySpec, column: ArchivedColumn, { from, to }: OpenInterval): string {
  const kind = findKeyKind(column.base ?? column.type, key.encoding);
  if (kind === undefined) throw new RangeError(`"${column.name}" of type ${column.type} is no key of ${key.encoding}`);
  const name = quote(column.name);
  const conditions = [
    ...(from ? [`${name} >= ${quoteLiteral(formatBound(from, kind, key.zone))}`] : []),
    ...(to ? [`${name} < ${quoteLiteral(formatBound(to, kind, key.zone))}`] : []),
  ];
  return conditions.length > 0 ? conditions.join(" and ") : "true";
}

/** Explains why rows of these columns do not fit a table with those; both sides are shown. */
export function listColumnProblems(
  table: TableRef,
  source: string,
  columns: readonly ArchivedColumn[],
  there: readonly ArchivedColumn[],
): string[] {
  const target = quoteQualified(table.schema, table.name);
  return columns.flatMap((column) => {
    const found = there.find(({ name }) => name === column.name);
    if (!found)
      return [`it has no column ${quote(column.name)}: ALTER TABLE ${target} ADD COLUMN ${formatColumn(column)};`];
    if (found.generated) return [`its column ${quote(column.name)} is generated, and takes no value`];
    if (found.type !== column.type)
      return [`its column ${quote(column.name)} is ${found.type}, and in ${source} it is ${column.type}`];
    return [];
  });
}

/** Describes the statement of an archive in the table for preview; it runs part by part. */
export function archiveRowsStatement(table: TableRef, elsewhere: boolean): Statement {
  const target = quoteQualified(table.schema, table.name);
  return {
    sql: `COPY (INSERT INTO ${target} SELECT … RETURNING …) TO STDOUT (FORMAT csv, FORCE_QUOTE *)${elsewhere ? "  /* in the archive's database */" : ""}`,
    transaction: undefined,
    timeouts: "waiting",
    locks: elsewhere ? [] : [{ relation: `${table.schema}.${table.name}`, role: "archive", mode: "ROW EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: [],
    undo: "none needed: rows of an archive that was never completed are deleted",
  };
}

function formatColumn({ name, type, collation }: ArchivedColumn): string {
  return `${quote(name)} ${type}${collation === undefined ? "" : ` COLLATE ${collation}`}`;
}
