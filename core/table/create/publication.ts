import { quote, quoteList, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { PublicationSpec } from "../../declare/table/publications";
import type { PublishedChange } from "../../declare/table/publications";
import type { Lock, Statement } from "../../sql/statement";

/** The published table. Only it is locked, never its partitions. */
interface PublishedTable {
  readonly schema: string;
  readonly table: string;
}

/** Names the one transaction for all changes of a membership: differing entries are removed and added back without a gap. */
export function nameMembershipTransaction(table: PublishedTable, publication: string): string {
  return `publication ${publication} of ${table.schema}.${table.table}`;
}

/** Creates a publication of this one table. */
export function createPublicationStatement(table: PublishedTable, spec: PublicationSpec): Statement {
  const settings = `publish = ${formatPublish(spec.create?.publish ?? [])}, publish_via_partition_root = ${String(spec.viaRoot ?? false)}`;
  return buildTableStatement(table, spec.publication, {
    sql: `CREATE PUBLICATION ${quote(spec.publication)} FOR TABLE ${formatMember(table, spec)} WITH (${settings})`,
    undo: `DROP PUBLICATION ${quote(spec.publication)}`,
  });
}

export function addTableStatement(table: PublishedTable, spec: PublicationSpec): Statement {
  return buildTableStatement(table, spec.publication, {
    sql: `ALTER PUBLICATION ${quote(spec.publication)} ADD TABLE ${formatMember(table, spec)}`,
    undo: `ALTER PUBLICATION ${quote(spec.publication)} DROP TABLE ${quoteTable(table)}`,
  });
}

export function dropTableStatement(
  table: PublishedTable,
  publication: string,
  found: Pick<PublicationSpec, "where" | "columns"> = {},
): Statement {
  return buildTableStatement(table, publication, {
    sql: `ALTER PUBLICATION ${quote(publication)} DROP TABLE ${quoteTable(table)}`,
    undo: `ALTER PUBLICATION ${quote(publication)} ADD TABLE ${formatMember(table, found)}; what happened in between is not sent`,
  });
}

/** Changes a setting that affects every table of the publication: only for publications that this stack created. */
export function setViaRootStatement(table: PublishedTable, publication: string, viaRoot: boolean): Statement {
  const set = (value: boolean) =>
    `ALTER PUBLICATION ${quote(publication)} SET (publish_via_partition_root = ${String(value)})`;
  return buildPublicationStatement(table, publication, set(viaRoot), set(!viaRoot));
}

export function setChangesStatement(
  table: PublishedTable,
  publication: string,
  wanted: readonly PublishedChange[],
  found: readonly PublishedChange[],
): Statement {
  const set = (changes: readonly PublishedChange[]) =>
    `ALTER PUBLICATION ${quote(publication)} SET (publish = ${formatPublish(changes)})`;
  return buildPublicationStatement(table, publication, set(wanted), set(found));
}

/** Drops a publication that this stack created, after its last table has left it. */
export function dropPublicationStatement(table: PublishedTable, publication: string): Statement {
  return buildPublicationStatement(
    table,
    publication,
    `DROP PUBLICATION ${quote(publication)}`,
    "declare it with `create` again; point its subscribers at the new one",
  );
}

/** `"s"."t" ("a", "b") WHERE (…)`. */
function formatMember(table: PublishedTable, { columns, where }: Pick<PublicationSpec, "where" | "columns">): string {
  return [
    quoteTable(table),
    ...(columns === undefined ? [] : [`(${quoteList(columns)})`]),
    ...(where === undefined ? [] : [`WHERE (${where})`]),
  ].join(" ");
}

/** Locks with SHARE UPDATE EXCLUSIVE: reads and writes continue, ATTACH and VACUUM wait. */
function buildTableStatement(
  table: PublishedTable,
  publication: string,
  text: Pick<Statement, "sql" | "undo">,
): Statement {
  const lock: Lock = {
    relation: `${table.schema}.${table.table}`,
    role: "parent",
    mode: "SHARE UPDATE EXCLUSIVE",
  };
  return { ...buildPublicationStatement(table, publication, text.sql, text.undo), timeouts: "strong", locks: [lock] };
}

function buildPublicationStatement(table: PublishedTable, publication: string, sql: string, undo: string): Statement {
  return {
    sql,
    transaction: nameMembershipTransaction(table, publication),
    timeouts: "strong",
    locks: [],
    hold: "instant",
    hazards: ["REPLICATION"],
    undo,
  };
}

function formatPublish(changes: readonly PublishedChange[]): string {
  return quoteLiteral(changes.join(", "));
}

function quoteTable(table: PublishedTable): string {
  return quoteQualified(table.schema, table.table);
}
