import { COPY_SETTINGS } from "../../core/rows/copy-settings";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { Instant } from "../../core/time/instant";
import type { OpenInterval } from "../../core/time/interval";
import type { Database } from "../database";
import { parseTime } from "../catalog/observation";
import { query } from "../queries";

/** Facts of a column that an archive needs. */
export interface ArchiveColumn {
  readonly name: string;
  /** As format_type prints it. */
  readonly type: string;
  /** pg_type.typtype. */
  readonly kind: string;
  /** pg_type.typcategory. */
  readonly category: string;
  /** Of a domain: its base type. */
  readonly base?: string;
  readonly collation?: string;
  readonly notNull: boolean;
  readonly generated: boolean;
}

/** Type that is not built in, and the statement that creates it. */
interface ArchiveType {
  readonly name: string;
  readonly definition: string;
}

export async function readArchiveColumns(database: Database, oid: string): Promise<ArchiveColumn[]> {
  const rows = await database.read(query("archive/archive-columns"), [oid]);
  return rows.map((row) => ({
    name: String(row["name"]),
    type: String(row["type"]),
    kind: String(row["kind"]),
    category: String(row["category"]),
    ...(row["base"] === null ? {} : { base: String(row["base"]) }),
    ...(row["collation"] === null ? {} : { collation: String(row["collation"]) }),
    notNull: row["not_null"] === true,
    generated: row["generated"] === true,
  }));
}

export async function readArchiveTypes(database: Database, oid: string): Promise<ArchiveType[]> {
  const rows = await database.read(query("archive/archive-types"), [oid]);
  return rows.map((row) => ({ name: String(row["name"]), definition: String(row["definition"]) }));
}

/**
 * Returns the number of rows of a table, and the least and greatest value of its key as the server prints them. Reads the whole
 * table.
 */
export async function countArchived(
  database: Database,
  table: { readonly schema: string; readonly name: string },
  key: Pick<ArchiveColumn, "name" | "type">,
): Promise<{ readonly rows: number; readonly keys?: { readonly min: string; readonly max: string } }> {
  // Before PostgreSQL 18 min(uuid) does not exist; as text, UUIDs of one version sort alike.
  const value = key.type === "uuid" ? `${quote(key.name)}::text` : quote(key.name);
  const rows = await database.readLong(
    `select count(*)::text as rows, min(${value})::text as min, max(${value})::text as max from ${quoteQualified(table.schema, table.name)}`,
    [],
    { ...COPY_SETTINGS, row_security: "off" },
  );
  const { rows: count, min, max } = rows[0] ?? {};
  return {
    rows: Number(count),
    ...(typeof min === "string" && typeof max === "string" ? { keys: { min, max } } : {}),
  };
}

/** Runs a count; its time grows with the table, and rows that a policy would hide are an error. */
export async function countRows(database: Database, sql: string): Promise<number> {
  const rows = await database.readLong(sql, [], { row_security: "off" });
  return Number(rows[0]?.["count"]);
}

/** Returns true if a relation of this name exists. */
export async function tableExists(
  database: Database,
  table: { readonly schema: string; readonly name: string },
): Promise<boolean> {
  const rows = await database.read(
    "select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
    [table.schema, table.name],
  );
  return rows.length > 0;
}

/** Returns true if row-level security hides rows of a table from its owner too. */
export async function readForcedSecurity(
  database: Database,
  table: { readonly schema: string; readonly name: string },
): Promise<boolean> {
  const rows = await database.read(
    "select c.relforcerowsecurity as forced from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
    [table.schema, table.name],
  );
  return rows[0]?.["forced"] === true;
}

/** Returns the types that the database lacks. */
export async function missingTypes(database: Database, types: readonly ArchiveType[]): Promise<ArchiveType[]> {
  if (types.length === 0) return [];
  const rows = await database.read("select t.name from unnest($1::text[]) t (name) where to_regtype(t.name) is null", [
    types.map(({ name }) => name),
  ]);
  const missing = new Set(rows.map((row) => String(row["name"])));
  return types.filter(({ name }) => missing.has(name));
}

/** Archive of a table, as the ledger knows it. */
export interface ListedArchive {
  readonly partition: string;
  readonly branch: string;
  readonly bounds: OpenInterval;
  readonly generation: number;
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly archivedAt: string;
  readonly droppedAt: string | undefined;
}

/** Lists every archive of a table, oldest range first; of a range, the last generation is the valid one. */
export async function listArchives(
  database: Database,
  table: { readonly schema: string; readonly table: string },
): Promise<ListedArchive[]> {
  const rows = await database.read(
    `select partition_name, branch, lower_bound::text, upper_bound::text, generation, manifest, row_count, bytes,
  archived_at::text, dropped_at::text from ${quote(database.managementSchema)}.archived($1, $2)`,
    [table.schema, table.table],
  );
  return rows.map((row) => ({
    partition: String(row["partition_name"]),
    branch: String(row["branch"]),
    bounds: { from: instantOf(row["lower_bound"]), to: instantOf(row["upper_bound"]) },
    generation: Number(row["generation"]),
    manifest: String(row["manifest"]),
    rows: Number(row["row_count"]),
    bytes: Number(row["bytes"]),
    archivedAt: String(row["archived_at"]),
    droppedAt: row["dropped_at"] === null ? undefined : String(row["dropped_at"]),
  }));
}

function instantOf(value: unknown): Instant | undefined {
  return value === null || value === undefined ? undefined : parseTime(String(value));
}

/** Table that holds rows now, for a query that reads all of it. */
export interface HotLeaf {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly filenode: string;
  readonly blocks: number;
}

/** Returns the table with this oid, or its partitions that hold rows. */
export async function readHotLeaves(database: Database, oid: string): Promise<HotLeaf[]> {
  const rows = await database.read(
    `select c.oid::text as oid, n.nspname as schema, c.relname as name, pg_relation_filenode(c.oid)::text as filenode,
  pg_relation_size(c.oid) / current_setting('block_size')::bigint as blocks
from ${quote(database.managementSchema)}.table_and_parts($1::oid) t (oid)
join pg_class c on c.oid = t.oid and c.relkind = 'r' join pg_namespace n on n.oid = c.relnamespace order by c.oid`,
    [oid],
  );
  return rows.map((row) => ({
    oid: String(row["oid"]),
    schema: String(row["schema"]),
    name: String(row["name"]),
    filenode: String(row["filenode"]),
    blocks: Number(row["blocks"]),
  }));
}
