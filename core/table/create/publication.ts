import { quote, quoteList, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { PublicationSpec } from "../../declare/table/publications";
import type { PublishedChange } from "../../declare/table/publication-args";
import type { Lock, Statement } from "../../sql/statement";

/** The table that is published. Only it is locked, never its partitions. */
interface PublishedTable {
  readonly schema: string;
  readonly table: string;
}

/** One transaction for everything about one membership: what differs is taken out and put back without a gap. */
export function membershipTransaction(table: PublishedTable, publication: string): string {
  return `publication ${publication} of ${table.schema}.${table.table}`;
}

/** Makes a publication of this one table. */
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

/** Settings of the publication concern every table in it: only those that we made are changed. */
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

/** Only for one that we made, after its last table has left it. */
export function dropPublicationStatement(table: PublishedTable, publication: string): Statement {
  return ofPublication(
    table,
    publication,
    `DROP PUBLICATION ${quote(publication)}`,
    "declare it with `create` again; its subscribers have to be pointed at the new one",
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

/** SHARE UPDATE EXCLUSIVE: reads and writes go on, ATTACH and VACUUM wait. */
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
