import { quote, quoteList, quoteQualified } from "../names/identifier";
import type { ColumnSpec, ForeignKeySpec, TableShape } from "../spec/spec";
import { indexDefinition, plannedParent, primaryKeyName } from "./parent";
import type { Lock, Statement } from "./statement";

/**
 * Makes the partitioned parent with its constraints and indexes, in one transaction. The indexes are made while the table
 * has no partition and is visible to nobody, so they cost nothing and every partition is born with them.
 */
export function createTableStatements(spec: TableShape): Statement[] {
  const transaction = `create table ${spec.schema}.${spec.table}`;
  const table = quoteQualified(spec.schema, spec.table);
  const parts = [
    ...(spec.columns ?? []).map(columnText),
    ...(spec.primaryKey
      ? [`CONSTRAINT ${quote(primaryKeyName(spec.table))} PRIMARY KEY (${quoteList(spec.primaryKey)})`]
      : []),
    ...spec.uniques.map((unique) => `CONSTRAINT ${quote(unique.name)} UNIQUE (${quoteList(unique.columns)})`),
    ...spec.checks.map((check) => `CONSTRAINT ${quote(check.name)} CHECK (${check.expression})`),
    ...spec.foreignKeys.map(foreignKeyText),
  ];
  const referenced = plannedParent(spec).references.map((relation): Lock => ({
    relation,
    role: "referenced",
    mode: "SHARE ROW EXCLUSIVE",
  }));
  return [
    {
      sql: `CREATE TABLE ${table} (\n  ${parts.join(",\n  ")}\n) PARTITION BY RANGE (${quote(spec.window.key.column)})`,
      transaction,
      timeouts: referenced.length > 0 ? "strong" : "light",
      locks: referenced,
      hold: "instant",
      hazards: referenced.length > 0 ? ["LOCK_REF_WRITE"] : [],
      undo: `DROP TABLE ${table}`,
    },
    ...spec.indexes.map((index): Statement => ({
      sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(index.name)} ON ${table} ${indexDefinition(index)}`,
      transaction,
      timeouts: "light",
      locks: [],
      hold: "instant",
      hazards: [],
      undo: `DROP INDEX ${quoteQualified(spec.schema, index.name)}`,
    })),
  ];
}

function columnText(column: ColumnSpec): string {
  const identity = column.identity === undefined ? "" : ` GENERATED ${column.identity.toUpperCase()} AS IDENTITY`;
  const fallback = column.default === undefined ? "" : ` DEFAULT ${column.default}`;
  return `${quote(column.name)} ${column.type}${identity}${fallback}${column.nullable ? "" : " NOT NULL"}`;
}

function foreignKeyText(key: ForeignKeySpec): string {
  const target = `${quoteQualified(key.references.schema, key.references.table)} (${quoteList(key.references.columns)})`;
  const actions = `${key.onDelete === "no action" ? "" : ` ON DELETE ${key.onDelete.toUpperCase()}`}${
    key.onUpdate === "no action" ? "" : ` ON UPDATE ${key.onUpdate.toUpperCase()}`
  }`;
  return `CONSTRAINT ${quote(key.name)} FOREIGN KEY (${quoteList(key.columns)}) REFERENCES ${target}${actions}`;
}
