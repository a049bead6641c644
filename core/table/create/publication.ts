import { quote, quoteList, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { PublicationSpec } from "../../declare/table/publications";
import type { PublishedChange } from "../../declare/table/publication-args";
import type { Lock, Statement } from "../../sql/statement";

/** The published table. Only it is locked, never its partitions. */
interface PublishedTable {
  readonly schema: string;
  readonly table: string;
}

/** Names the one transaction for all changes of a membership: differing entries are removed and added back without a gap. */
export function membershipTransaction(table: PublishedTable, publication: string): string {
  return `publication ${publication} of ${table.schema}.${table.table}`;
}

/** Creates a publication of this one table. */
export function createPublicationStatement(table: PublishedTable, spec: PublicationSpec): Statement {
  const settings = `publish = ${publishText(spec.create?.publish ?? [])}, publish_via_partition_root = ${String(spec.viaRoot ?? false)}`;
  return onTable(table, spec.publication, {
    sql: `CREATE PUBLICATION ${quote(spec.publication)} FOR TABLE ${memberText(table, spec)} WITH (${settings})`,
    undo: `DROP PUBLICATION ${quote(spec.publication)}`,
  });
}

export function addTableStatement(table: PublishedTable, spec: PublicationSpec): Statement {
  return onTable(table, spec.publication, {
    sql: `ALTER PUBLICATION ${quote(spec.publication)} ADD TABLE ${memberText(table, spec)}`,
    undo: `ALTER PUBLICATION ${quote(spec.publication)} DROP TABLE ${tableOf(table)}`,
  });
}

export function dropTableStatement(
  table: PublishedTable,
  publication: string,
  found: Pick<PublicationSpec, "where" | "columns"> = {},
): Statement {
  return onTable(table, publication, {
    sql: `ALTER PUBLICATION ${quote(publication)} DROP TABLE ${tableOf(table)}`,
    undo: `ALTER PUBLICATION ${quote(publication)} ADD TABLE ${memberText(table, found)}; what happened in between is not sent`,
  });
}

/** Changes a setting that affects every table of the publication: only for publications that this stack created. */
export function setViaRootStatement(table: PublishedTable, publication: string, viaRoot: boolean): Statement {
  const set = (value: boolean) =>
    `ALTER PUBLICATION ${quote(publication)} SET (publish_via_partition_root = ${String(value)})`;
  return ofPublication(table, publication, set(viaRoot), set(!viaRoot));
}

export function setChangesStatement(
  table: PublishedTable,
  publication: string,
  wanted: readonly PublishedChange[],
  found: readonly PublishedChange[],
): Statement {
  const set = (changes: readonly PublishedChange[]) =>
    `ALTER PUBLICATION ${quote(publication)} SET (publish = ${publishText(changes)})`;
  return ofPublication(table, publication, set(wanted), set(found));
}

/** Drops a publication that this stack created, after its last table has left it. */
export function dropPublicationStatement(table: PublishedTable, publication: string): Statement {
  return ofPublication(
    table,
    publication,
    `DROP PUBLICATION ${quote(publication)}`,
    "declare it with `create` again; point its subscribers at the new one",
  );
}

/** `"s"."t" ("a", "b") WHERE (…)`. */
function memberText(table: PublishedTable, { columns, where }: Pick<PublicationSpec, "where" | "columns">): string {
  return [
    tableOf(table),
    ...(columns === undefined ? [] : [`(${quoteList(columns)})`]),
    ...(where === undefined ? [] : [`WHERE (${where})`]),
  ].join(" ");
}

/** Locks with SHARE UPDATE EXCLUSIVE: reads and writes continue, ATTACH and VACUUM wait. */
function onTable(table: PublishedTable, publication: string, text: Pick<Statement, "sql" | "undo">): Statement {
  const lock: Lock = {
    relation: `${table.schema}.${table.table}`,
    role: "parent",
    mode: "SHARE UPDATE EXCLUSIVE",
  };
  return { ...ofPublication(table, publication, text.sql, text.undo), timeouts: "strong", locks: [lock] };
}

function ofPublication(table: PublishedTable, publication: string, sql: string, undo: string): Statement {
  return {
    sql,
    transaction: membershipTransaction(table, publication),
    timeouts: "strong",
    locks: [],
    hold: "instant",
    hazards: ["REPLICATION"],
    undo,
  };
}

function publishText(changes: readonly PublishedChange[]): string {
  return quoteLiteral(changes.join(", "));
}

function tableOf(table: PublishedTable): string {
  return quoteQualified(table.schema, table.table);
}
