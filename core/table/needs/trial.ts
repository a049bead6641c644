import { formatPrimaryKeyName, quote, quoteList } from "../../names/identifier";
import { formatPath } from "../../problems/shape-problems";
import type { CheckSpec } from "../../declare/table/constraints";
import type { IndexSpec, TableShape } from "../../declare/table/spec";
import type { StorageProfile } from "../../declare/table/storage";
import { formatIndexDefinition } from "../../partition/carry/parent";
import { formatPolicy } from "../../partition/carry/security-statements";
import { formatCut } from "../../partition/statements/new-table";
import type { Observation } from "../../observed/observed-table";
import { listNewParts, type NewParts } from "./new-parts";
import { formatPolicyPath } from "./needs";
import { type NeedFacts, toStoredType } from "./need-problems";

/**
 * Everything new in a declaration, as statements on a temporary table of the same name and columns: the server judges each, and
 * nothing of it is committed. It needs no right on the schema, which may not exist yet, and no other session can see or wait
 * for it.
 */
export interface Trial {
  readonly table: string;
  readonly steps: readonly TrialStep[];
}

export interface TrialStep {
  /** The argument that it comes from; undefined: a column that exists, for the other steps. */
  readonly path: string | undefined;
  /** `the default now() of column "at"`. */
  readonly subject: string;
  readonly sql: string;
  /** A query that only parses the expression, for a server that takes no temporary table. Undefined: there is none. */
  readonly query?: string | undefined;
  /** True if its expression may query other tables. */
  readonly queries?: true;
  /** The column that it adds, without which later steps have no meaning. */
  readonly adds?: string | undefined;
  /** What to do if the server refuses it. Undefined: as its SQLSTATE says. */
  readonly fix?: string;
}

interface TrialColumn {
  readonly name: string;
  readonly type: string;
  /** False: it exists. */
  readonly isNew: boolean;
}

/** Returns the trial of what is new; undefined if nothing is. Foreign keys are compared by the types that `facts` has. */
export function buildTrial(
  shape: TableShape,
  observation: Observation,
  facts: Pick<NeedFacts, "targets">,
): Trial | undefined {
  const parts = listNewParts(shape, observation);
  const table = `pg_temp.${quote(shape.table)}`;
  const columns = listColumns(parts, observation);
  const from = formatNulls(shape.table, columns);
  const steps = [
    ...buildDefaultSteps(table, parts),
    ...parts.checks.map((check) => buildCheckStep(table, from, check)),
    ...(observation.table ? [] : buildNewTableSteps(table, from, shape)),
    ...parts.indexes.map((index) => buildIndexStep(table, from, index)),
    ...parts.foreignKeys.flatMap((key) => {
      const target = facts.targets.find(
        (one) => one.schema === key.references.schema && one.table === key.references.table,
      );
      return key.columns.flatMap((column, index): TrialStep[] => {
        const other = target?.columns.find((one) => one.name === key.references.columns[index]);
        // Operators of other types may be in schemas that are not searched here.
        if (!other || other.type.includes(".")) return [];
        const path = formatPath(["foreignKeys", key.name, "columns", index]);
        const subject = `the foreign key ${JSON.stringify(key.name)} from ${JSON.stringify(column)} to ${other.type}`;
        const expression = `${quote(column)} OPERATOR(pg_catalog.=) NULL::${other.type}`;
        const fix = "Give both columns the same type.";
        return [{ path, subject, sql: `ALTER TABLE ${table} ADD CHECK (${expression})`, fix }];
      });
    }),
    ...parts.storage.flatMap(buildStorageSteps),
  ];
  const added = columns.map((column) => buildColumnStep(table, column));
  if (steps.length === 0 && !columns.some((column) => column.isNew)) return undefined;
  return { table: shape.table, steps: [...added, ...steps] };
}

function listColumns(parts: NewParts, { table }: Observation): TrialColumn[] {
  return [
    ...(table?.columns ?? []).map(({ name, type }) => ({ name, type, isNew: false })),
    ...parts.columns.map(({ name, type }) => ({ name, type: toStoredType(type), isNew: true })),
  ];
}

function buildColumnStep(table: string, { name, type, isNew }: TrialColumn): TrialStep {
  return {
    path: isNew ? formatPath(["columns", name, "type"]) : undefined,
    subject: `the type ${JSON.stringify(type)} of column ${JSON.stringify(name)}`,
    sql: `ALTER TABLE ${table} ADD COLUMN ${quote(name)} ${type}`,
    adds: name,
  };
}

function buildDefaultSteps(table: string, { defaults, columns }: NewParts): TrialStep[] {
  return [
    ...defaults.map(({ column, expression }) => ({
      path: formatPath(["columns", column, "default"]),
      subject: `the default ${expression} of column ${JSON.stringify(column)}`,
      sql: `ALTER TABLE ${table} ALTER COLUMN ${quote(column)} SET DEFAULT ${expression}`,
      query: `SELECT (${expression})`,
    })),
    ...columns.flatMap(({ name, type, identity }): TrialStep[] =>
      identity === undefined
        ? []
        : [
            {
              path: formatPath(["columns", name, "identity"]),
              subject: `the identity of column ${JSON.stringify(name)}`,
              sql: `CREATE TEMPORARY TABLE pgpartition_identity (${quote(name)} ${type} GENERATED ALWAYS AS IDENTITY); DROP TABLE pg_temp.pgpartition_identity`,
            },
          ],
    ),
  ];
}

function buildCheckStep(table: string, from: string, { name, expression }: CheckSpec): TrialStep {
  return {
    path: formatPath(["checks", name]),
    subject: `the check ${JSON.stringify(name)}`,
    sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} CHECK (${expression})`,
    query: `SELECT FROM ${from} WHERE (${expression})`,
  };
}

/** Returns the steps of what an existing table keeps, or another resource changes. */
function buildNewTableSteps(table: string, from: string, shape: TableShape): TrialStep[] {
  const { primaryKey, uniques, profile, root } = shape;
  return [
    {
      path: "partitionBy",
      subject: `the partition key ${JSON.stringify(root.column)}`,
      sql: `CREATE TEMPORARY TABLE pgpartition_root (LIKE ${table}) ${formatCut(root)}`,
    },
    ...(primaryKey
      ? [
          {
            path: "primaryKey",
            subject: "the primary key",
            sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quote(formatPrimaryKeyName(shape.table))} PRIMARY KEY (${quoteList(primaryKey)})`,
          },
        ]
      : []),
    ...uniques.map(({ name, columns }) => ({
      path: formatPath(["uniques", name]),
      subject: `the unique constraint ${JSON.stringify(name)}`,
      sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} UNIQUE (${quoteList(columns)})`,
    })),
    ...(profile.rowSecurity?.policies ?? []).map((policy) => {
      const clauses = [policy.using, policy.withCheck].filter((clause) => clause !== undefined);
      return {
        path: formatPolicyPath(profile.rowSecurity, policy.name),
        subject: `the expression of policy ${JSON.stringify(policy.name)}`,
        queries: true as const,
        // Its roles are looked up by themselves.
        sql: `CREATE POLICY ${quote(policy.name)} ON ${table} ${formatPolicy({ ...policy, roles: ["public"] })}`,
        query: `SELECT FROM ${from} WHERE ${clauses.map((clause) => `(${clause})`).join(" AND ")}`,
      };
    }),
  ];
}

function buildIndexStep(table: string, from: string, index: IndexSpec): TrialStep {
  const texts = [...index.columns.map(({ expression }) => expression), index.where];
  const expressions = texts.filter((text) => text !== undefined).map((text) => `(${text})`);
  return {
    path: formatPath(["indexes", index.index]),
    subject: `the index ${JSON.stringify(index.name)}`,
    sql: `CREATE ${index.unique ? "UNIQUE " : ""}INDEX ${quote(index.name)} ON ${table} ${formatIndexDefinition(index)}`,
    ...(expressions.length > 0 ? { query: `SELECT ${expressions.join(", ")} FROM ${from}` } : {}),
  };
}

/** Returns a step for each parameter: a list would fail as a whole at the first. */
function buildStorageSteps({ name: age, options = [], toast = [] }: StorageProfile): TrialStep[] {
  const build = (list: "options" | "toast", prefix: string) => (one: { name: string; value: string }) => ({
    path: formatPath(["storage", age, list, one.name]),
    subject: `the storage parameter ${one.name} = ${one.value}`,
    sql: `CREATE TEMPORARY TABLE pgpartition_storage (value text) WITH (${prefix}${one.name} = '${one.value.replaceAll("'", "''")}'); DROP TABLE pg_temp.pgpartition_storage`,
  });
  return [...options.map(build("options", "")), ...toast.map(build("toast", "toast."))];
}

/** Returns a table of no rows with these columns, as an item of FROM. */
export function formatNulls(table: string, columns: readonly Pick<TrialColumn, "name" | "type">[]): string {
  return `(SELECT ${columns.map(({ name, type }) => `NULL::${type} AS ${quote(name)}`).join(", ")}) AS ${quote(table)}`;
}
