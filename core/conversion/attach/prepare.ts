import { quote, quoteList, quoteQualified } from "../../names/identifier";
import { quoteRelation, type Relation } from "../../sql/relation";
import type { Hazard, LockMode, Statement } from "../../sql/statement";
import type { ObservedTable } from "../../observed/observed-table";
import { compareInstants } from "../../time/instant";
import { parseBound } from "../../time/key";
import { isFilled, nameFilledCheck } from "../../table/compare/filled-check";
import {
  type AttachSource,
  formatHistoryEnd,
  nameHistoryCheck,
  nameWiderKey,
  needsWiderKey,
  quoteTable,
} from "./attach-source";

/**
 * Returns the statements that the swap needs done before: the key made NOT NULL, the wider primary key built beside the present one,
 * and a CHECK that proves the bound of the history. Writers continue; each statement is its own transaction, and what an
 * interrupted run has left is found in the catalogue and not done again.
 */
export function prepareStatements(source: AttachSource): Statement[] {
  return [...buildWiderKey(source), ...proveFilled(source), ...proveBound(source)];
}

function buildWiderKey(source: AttachSource): Statement[] {
  if (!needsWiderKey(source)) return [];
  const { table, primaryKey = [] } = source;
  const name = nameWiderKey(source);
  const found = table.indexes.find((index) => index.name === name);
  return buildKeyIndex({ schema: table.schema, name: table.name, role: "parent" }, name, primaryKey, found);
}

/** Builds the unique index of a coming primary key beside the present one, while writers continue. */
export function buildKeyIndex(
  relation: Pick<Relation, "schema" | "name" | "role">,
  name: string,
  columns: readonly string[],
  found: { readonly valid: boolean } | undefined,
): Statement[] {
  if (found?.valid === true) return [];
  const concurrently = (sql: string, hazards: readonly Hazard[], undo: string): Statement => ({
    sql,
    transaction: undefined,
    timeouts: "waiting",
    locks: [{ relation: `${relation.schema}.${relation.name}`, role: relation.role, mode: "SHARE UPDATE EXCLUSIVE" }],
    hold: "grows with rows",
    hazards: [...hazards, "WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
    undo,
  });
  const quoted = quoteQualified(relation.schema, name);
  const drop = `DROP INDEX CONCURRENTLY ${quoted}`;
  return [
    // A build that was interrupted left an index that is not used and still costs every write.
    ...(found ? [concurrently(drop, [], "not needed: an invalid index serves no query")] : []),
    concurrently(
      `CREATE UNIQUE INDEX CONCURRENTLY ${quote(name)} ON ${quoteRelation(relation)} (${quoteList(columns)})`,
      ["INDEX_BUILD"],
      drop,
    ),
  ];
}

/** Makes the columns NOT NULL that the new primary key and the partition key require, without a scan under a strong lock. */
function proveFilled(source: AttachSource): Statement[] {
  const { table, key, primaryKey = [] } = source;
  const nullable = [...new Set([...primaryKey, key.column])].filter(
    (name) => table.columns.find((column) => column.name === name)?.nullable,
  );
  return nullable.flatMap((column) => {
    const check = nameFilledCheck(table.name, column);
    const set = `ALTER TABLE ${quoteTable(source)} ALTER COLUMN ${quote(column)}`;
    return [
      ...proveCheck(source, check, isFilled(column)),
      alter(source.table, `${set} SET NOT NULL`, `${set} DROP NOT NULL`),
      dropCheck(source, check),
    ];
  });
}

/** A bound that was declared before is replaced: it would refuse rows that are history now. */
function proveBound(source: AttachSource): Statement[] {
  const name = nameHistoryCheck(source);
  const condition = `${quote(source.key.column)} < ${formatHistoryEnd(source)}`;
  const found = source.table.constraints.find((one) => one.name === name && one.kind === "check");
  if (!found || isHistoryBound(source, found.definition)) return proveCheck(source, name, condition);
  const table = quoteTable(source);
  return [
    alter(
      source.table,
      `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`,
      `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} ${found.definition}`,
    ),
    ...proveCheck({ ...source, table: omitConstraint(source.table, name) }, name, condition),
  ];
}

function omitConstraint(table: ObservedTable, name: string): ObservedTable {
  return { ...table, constraints: table.constraints.filter((one) => one.name !== name) };
}

/** True if a CHECK, as the server prints it, has the declared end of the history: `CHECK ((at < '2025-04-01 …'::date))`. */
function isHistoryBound({ key, historyUntil }: AttachSource, definition: string): boolean {
  const [, quoted, bare] = /< (?:'([^']*)'|\(?(-?\d+))/.exec(definition) ?? [];
  const text = quoted ?? bare;
  if (text === undefined) return false;
  try {
    return compareInstants(parseBound(text, key.kind, key.zone), historyUntil) === 0;
  } catch {
    return false;
  }
}

/** Adds a CHECK, which new rows must satisfy at once, and validates it for the existing ones while writers continue. */
function proveCheck(source: AttachSource, name: string, condition: string): Statement[] {
  const found = source.table.constraints.find((one) => one.name === name && one.kind === "check");
  const table = quoteTable(source);
  const add = alter(
    source.table,
    `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} CHECK (${condition}) NOT VALID`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`,
  );
  const validate: Statement = {
    sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${quote(name)}`,
    transaction: `validate ${name}`,
    timeouts: "waiting",
    locks: lock(source, "SHARE UPDATE EXCLUSIVE"),
    hold: "grows with rows",
    hazards: ["SCAN_PARTITION"],
    undo: "not needed: it changes no row",
  };
  return [...(found ? [] : [add]), ...(found?.validated === true ? [] : [validate])];
}

function dropCheck(source: AttachSource, name: string): Statement {
  const table = quoteTable(source);
  return alter(
    source.table,
    `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`,
    "not needed: NOT NULL says the same",
  );
}

function alter(table: Pick<ObservedTable, "schema" | "name">, sql: string, undo: string): Statement {
  return {
    sql,
    transaction: sql,
    timeouts: "strong",
    outwaitsAutovacuum: true,
    locks: [{ relation: `${table.schema}.${table.name}`, role: "parent", mode: "ACCESS EXCLUSIVE" }],
    hold: "instant",
    hazards: ["LOCK_PARENT_AX"],
    undo,
  };
}

function lock({ table }: AttachSource, mode: LockMode): Statement["locks"] {
  return [{ relation: `${table.schema}.${table.name}`, role: "parent", mode }];
}

/**
 * Returns the statements that take back the preparation of a table whose conversion leaves the program: its CHECK would refuse
 * writers one day, and its index costs every write. NOT NULL stays, which no row contradicts.
 */
export function undoPrepareStatements(
  table: Pick<ObservedTable, "schema" | "name" | "constraints" | "indexes">,
  historyName: string,
): Statement[] {
  const check = nameHistoryCheck({ historyName });
  const index = nameWiderKey({ historyName });
  const checks = table.constraints.filter(({ kind, name }) => kind === "check" && name === check);
  const indexes = table.indexes.filter(({ name, unique, constraint }) => name === index && unique && !constraint);
  return [
    ...checks.map(({ name, definition }) => {
      const text = `ALTER TABLE ${quoteQualified(table.schema, table.name)}`;
      return alter(
        table,
        `${text} DROP CONSTRAINT ${quote(name)}`,
        `${text} ADD CONSTRAINT ${quote(name)} ${definition}`,
      );
    }),
    ...indexes.map(({ name }): Statement => ({
      sql: `DROP INDEX CONCURRENTLY ${quoteQualified(table.schema, name)}`,
      transaction: undefined,
      timeouts: "waiting",
      locks: [{ relation: `${table.schema}.${table.name}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
      hold: "waits for others",
      hazards: ["WAITS_OLD_XACTS", "NON_TRANSACTIONAL"],
      undo: "declare the conversion again: it is built again",
    })),
  ];
}
