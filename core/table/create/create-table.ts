import { formatPrimaryKeyName, quote, quoteList, quoteQualified } from "../../names/identifier";
import { type ColumnComment, buildColumnCommentStatements } from "./comments";
import { buildParentStatements } from "../../partition/carry/align-parent";
import type { Relation } from "../../sql/relation";
import {
  buildFreshGrantStatements,
  buildPolicyStatements,
  buildRowSecurityStatements,
} from "../../partition/carry/security-statements";
import { formatForeignKey } from "../compare/compare-foreign-keys";
import type { ColumnSpec, TableShape } from "../../declare/table/spec";
import { formatIndexDefinition, buildPlannedParent } from "../../partition/carry/parent";
import { formatCut } from "../../partition/statements/new-table";
import type { Lock, Statement } from "../../sql/statement";

/**
 * Creates the partitioned parent with its constraints and indexes, in one transaction. The table has no partitions then and no
 * other session can see it, so its indexes cost nothing and every partition gets them on creation.
 */
export function createTableStatements(spec: TableShape, defaultGrantees: readonly string[] = []): Statement[] {
  const transaction = `create table ${spec.schema}.${spec.table}`;
  const table = quoteQualified(spec.schema, spec.table);
  const parts = [
    ...(spec.columns ?? []).map(formatColumn),
    ...(spec.primaryKey
      ? [`CONSTRAINT ${quote(formatPrimaryKeyName(spec.table))} PRIMARY KEY (${quoteList(spec.primaryKey)})`]
      : []),
    ...spec.uniques.map((unique) => `CONSTRAINT ${quote(unique.name)} UNIQUE (${quoteList(unique.columns)})`),
    // A new table has no rows to skip: its constraints apply to all.
    ...spec.checks.map(
      (check) =>
        `CONSTRAINT ${quote(check.name)} CHECK (${check.expression})${check.enforced === false ? " NOT ENFORCED" : ""}`,
    ),
    ...spec.foreignKeys.map((key) => `CONSTRAINT ${quote(key.name)} ${formatForeignKey(key)}`),
  ];
  const referenced = buildPlannedParent(spec).references.map((relation): Lock => ({
    relation,
    role: "referenced",
    mode: "SHARE ROW EXCLUSIVE",
  }));
  return [
    {
      sql: `CREATE TABLE ${table} (\n  ${parts.join(",\n  ")}\n) ${formatCut(spec.root)}`,
      transaction,
      timeouts: referenced.length > 0 ? "strong" : "light",
      locks: referenced,
      hold: "instant",
      hazards: referenced.length > 0 ? ["LOCK_REF_WRITE"] : [],
      undo: `DROP TABLE ${table}`,
    },
    ...spec.indexes.map((index): Statement => ({
      sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(index.name)} ON ${table} ${formatIndexDefinition(index)}`,
      transaction,
      timeouts: "light",
      locks: [],
      hold: "instant",
      hazards: [],
      undo: `DROP INDEX ${quoteQualified(spec.schema, index.name)}`,
    })),
    ...buildCarriedStatements(spec, transaction, defaultGrantees),
  ];
}

/** Sets row security, policies and grants before another session can see the table; it is open at no moment. */
function buildCarriedStatements(
  spec: TableShape,
  transaction: string,
  defaultGrantees: readonly string[],
): Statement[] {
  const relation: Relation = { schema: spec.schema, name: spec.table, role: "parent", fresh: true };
  const { rowSecurity, grants } = spec.profile;
  const policies = (rowSecurity?.policies ?? []).map((policy) => ({ spec: policy, same: () => false }));
  return [
    ...(rowSecurity
      ? buildRowSecurityStatements(
          relation,
          transaction,
          { enabled: rowSecurity.enable, forced: rowSecurity.force },
          { enabled: false, forced: false },
        )
      : []),
    ...buildPolicyStatements(relation, transaction, policies, []),
    ...(grants ? buildFreshGrantStatements(relation, transaction, grants, defaultGrantees) : []),
    ...buildParentStatements(relation, transaction, spec, undefined),
    ...buildColumnCommentStatements(spec, transaction, listComments(spec), true),
  ];
}

function listComments({ columns }: TableShape): ColumnComment[] {
  return (columns ?? []).flatMap((column) =>
    column.comment === undefined ? [] : [{ column: column.name, from: undefined, to: column.comment }],
  );
}

/** Returns a column as CREATE TABLE and ADD COLUMN write it. */
export function formatColumn(column: ColumnSpec): string {
  const identity = column.identity === undefined ? "" : ` GENERATED ${column.identity.toUpperCase()} AS IDENTITY`;
  const fallback = column.default === undefined ? "" : ` DEFAULT ${column.default}`;
  return `${quote(column.name)} ${column.type}${identity}${fallback}${column.nullable ? "" : " NOT NULL"}`;
}
