import { COPY_SETTINGS } from "../../core/rows/copy-settings";
import { countAllText, countText, quoteRegister, removeText, type TableRef } from "../../core/archive/table-sql";
import type { Statement } from "../../core/sql/statement";
import type { Database } from "../database";
import { buildStatement } from "../registry/statement";

/** Part of an archive, or its manifest, in the register of the archive table. */
export interface RegisterEntry {
  readonly key: string;
  /** Cluster, database and oid of the source table. */
  readonly source: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of a part: its rows, and the transaction that wrote them. */
  readonly rows: number | undefined;
  readonly xid: string | undefined;
  /** Text of a manifest. */
  readonly body: string | undefined;
}

/** Returns valid entries below a prefix, ordered by key. None if there is no register yet. */
export async function readEntries(database: Database, table: TableRef, prefix: string): Promise<RegisterEntry[]> {
  const there = await database.read("select from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)", [
    quoteRegister(table),
  ]);
  if (there.length === 0) return [];
  const rows = await database.read(
    `select object_key, source, bytes, sha256, row_count, xid::text as xid, body from ${quoteRegister(table)}
where archive_table = $1 and pg_catalog.starts_with(object_key, $2) and removed_at is null order by object_key collate "C"`,
    [table.name, prefix],
  );
  return rows.map((row) => ({
    key: String(row["object_key"]),
    source: String(row["source"]),
    bytes: Number(row["bytes"]),
    sha256: String(row["sha256"]),
    rows: row["row_count"] === null ? undefined : Number(row["row_count"]),
    xid: row["xid"] === null ? undefined : String(row["xid"]),
    body: row["body"] === null ? undefined : String(row["body"]),
  }));
}

/**
 * Writes the manifest of an archive, which completes it: once it is committed, everything before it is on the server's disk. An
 * existing entry of this name is not changed.
 */
export function recordManifestStatements(
  table: TableRef,
  entry: Pick<RegisterEntry, "key" | "source" | "bytes" | "sha256"> & { readonly body: string },
): Statement[] {
  const durable = buildStatement(
    "select pg_catalog.set_config('synchronous_commit', 'on', true) where pg_catalog.current_setting('synchronous_commit') = 'off'",
    [],
    "ends with the transaction",
  );
  const added = buildStatement(
    `insert into ${quoteRegister(table)} (archive_table, object_key, source, bytes, sha256, body) values ($1, $2, $3, $4::bigint, $5, $6) on conflict do nothing`,
    [table.name, entry.key, entry.source, String(entry.bytes), entry.sha256, entry.body],
    "none: what was archived is only ever added to",
  );
  return [durable, added].map((statement) => ({ ...statement, transaction: `complete ${entry.key}` }));
}

/**
 * Counts the unchanged rows of these transactions, by transaction. A changed row has another transaction, a deleted one has none.
 * Reads the range, by an index on the key if one exists.
 */
export async function countBrought(
  database: Database,
  table: TableRef,
  condition: string,
  xids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.readLong(countText(table, condition), [xids], { ...COPY_SETTINGS, row_security: "off" });
  return new Map(rows.map((row) => [String(row["xid"]), Number(row["rows"])]));
}

/** Counts all rows of the range, of any transaction. */
export async function countRange(database: Database, table: TableRef, condition: string): Promise<number> {
  const rows = await database.readLong(countAllText(table, condition), [], { ...COPY_SETTINGS, row_security: "off" });
  return Number(rows[0]?.["rows"]);
}

/** Removes the rows of an archive that starts again from scratch, with their entries, in one transaction. */
export function takeBackStatements(
  table: TableRef,
  condition: string,
  entries: readonly Pick<RegisterEntry, "key" | "xid">[],
): Statement[] {
  const transaction = `take back rows of ${table.schema}.${table.name}`;
  const common = { transaction, timeouts: "waiting", hold: "grows with rows" } as const;
  const xids = entries.flatMap(({ xid }) => xid ?? []);
  return [
    {
      ...buildStatement(
        removeText(table, condition),
        [formatArray(xids)],
        "not needed: the table that they came from has them",
      ),
      ...common,
    },
    {
      ...buildStatement(
        `update ${quoteRegister(table)} set removed_at = pg_catalog.now() where archive_table = $1 and object_key = any ($2::text[])`,
        [table.name, formatArray(entries.map(({ key }) => key))],
        "not needed",
      ),
      ...common,
    },
  ];
}

/** Writes an array as the server reads it. */
function formatArray(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replaceAll(/["\\]/g, (sign) => `\\${sign}`)}"`).join(",")}}`;
}

/** Facts about an archive table, which may be absent. */
interface ArchiveTableFacts {
  readonly schemaThere: boolean;
  /** Oid; undefined: the table does not exist. */
  readonly oid: string | undefined;
  /** pg_class.relkind. */
  readonly kind: string;
  /** Triggers on INSERT, and rules. */
  readonly meddling: readonly string[];
  readonly mayUse: boolean;
}

export async function readArchiveTable(database: Database, table: TableRef): Promise<ArchiveTableFacts> {
  const rows = await database.read(
    `select n.oid is not null as schema_there, c.oid::text as oid, c.relkind as kind,
  coalesce(has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'delete'), false) as may_use,
  array(
    select t.tgname::text from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 4 <> 0
    union all
    select r.rulename::text from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.ev_type = '3'
    order by 1
  ) as meddling
from (values ($1::text, $2::text)) wanted (schema, name)
left join pg_catalog.pg_namespace n on n.nspname = wanted.schema
left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name`,
    [table.schema, table.name],
  );
  const row = rows[0] ?? {};
  return {
    schemaThere: row["schema_there"] === true,
    oid: row["oid"] === null ? undefined : String(row["oid"]),
    kind: String(row["kind"]),
    meddling: row["meddling"] as readonly string[],
    mayUse: row["may_use"] === true,
  };
}

/** Returns true if a table is the other one, or a part of it. */
export async function isPartOf(database: Database, table: string, whole: string): Promise<boolean> {
  const rows = await database.read(
    "select from pg_catalog.pg_partition_tree($2::oid) t where t.relid = $1::oid union all select where $1 = $2",
    [table, whole],
  );
  return rows.length > 0;
}
