// Statements and locks of each operation, from the functions that write the statements, for a sample table.
import { planRowPolicy } from "../../core/partition/carry/plan-row-policy";
import type { CarriedState } from "../../core/observed/observed-table";
import { alignAccess } from "../../core/plan/align/alignment";
import { requireTableSpec } from "../../core/declare/table/parse";
import { planAliases } from "../../core/schedule/aliases";
import { planJob } from "../../core/schedule/job";
import { buildQueryFunctions } from "../../core/schedule/query-functions";
import { formatEnsureWindowCall } from "../../core/schedule/texts";
import { createSourceTriggerStatement } from "../../core/partition/branch/source-triggers";
import type { PublicationSpec } from "../../core/declare/table/publications";
import { createPartitionStatements } from "../../core/partition/create/partition-statements";
import { createTableStatements } from "../../core/table/create/create-table";
import {
  createParentIndexStatement,
  dropIndexStatement,
  buildPartitionIndexStatements,
} from "../../core/table/create/index-build";
import { type ParentShape, buildPlannedParent } from "../../core/partition/carry/parent";
import {
  addTableStatement,
  createPublicationStatement,
  dropPublicationStatement,
  dropTableStatement,
  setChangesStatement,
  setViaRootStatement,
} from "../../core/table/create/publication";
import { buildExcludingCheck } from "../../core/observed/key-excludes";
import { buildNewDefaultStatements } from "../../core/partition/default/new-default";
import { applyAttach, type DefaultShape } from "../../core/partition/carry/default-shape";
import { MAX_DRAINED_ROWS } from "../../core/defaults";
import { analyzeStatement } from "../../core/plan/upkeep/plan-upkeep";
import { reattachStatements } from "../../core/partition/create/reattach";
import { restoreStatements } from "../../core/partition/create/restored-table";
import {
  countStatement,
  detachStatement,
  dropStatements,
  finalizeStatement,
} from "../../core/partition/statements/retire-statements";
import type { Statement } from "../../core/sql/statement";
import { parseInstant } from "../../core/time/instant";
import { addKeyBefore18, addKeyFrom18, changeColumns, dropKey, makeNotNull } from "./alter-rows";
import { convertByAttach } from "./conversion-rows";
import { code, table } from "./markdown";

/** One month of a table with a foreign key: the column "referenced" marks the parts that other tables do not have. */
const spec = requireTableSpec(
  {
    table: "events",
    columns: { id: "bigserial", account: "bigint", at: "timestamptz" },
    primaryKey: ["id", "at"],
    foreignKeys: { events_account_fkey: { columns: ["account"], references: { table: "accounts", columns: ["id"] } } },
    partitionBy: [{ range: "at" }],
    window: { lead: "1 month", retention: "12 months" },
    onExpire: "drop",
    indexes: { account: { columns: ["account"] } },
    queryFunctions: { events_since: { from: "p_from" } },
  },
  "the sample of the reference",
);
const parent = buildPlannedParent(spec);
const partition = {
  name: "events_p2026_01",
  from: parseInstant("2026-01-01", "UTC"),
  to: parseInstant("2026-02-01", "UTC"),
};
const relation = { schema: "public", name: partition.name };
const [index] = parent.indexes.filter((candidate) => candidate.constraint === undefined);
const place = {
  schema: "public",
  name: partition.name,
  partitioned: false,
  above: { schema: "public", table: "events", index: index?.name ?? "" },
};
const published: PublicationSpec = { publication: "warehouse", viaRoot: true, create: { publish: ["insert"] } };
/** Sibling partitions: December is attached, and January is to come. */
const december = { from: parseInstant("2025-12-01", "UTC"), to: partition.from };
const besideDefault: DefaultShape = {
  schema: "public",
  name: "events_default",
  managed: true,
  attached: [december],
  checks: [{ name: buildExcludingCheck(parent.key, [december])?.name ?? "", validated: true }],
  rows: 0,
  few: true,
  hidden: false,
  triggers: [],
  counted: undefined,
  columns: ["id", "account", "at"],
};
const withDefault: ParentShape = { ...parent, defaultPartition: "public.events_default", fallback: besideDefault };
const holding = (rows: number): ParentShape => ({
  ...withDefault,
  fallback: {
    ...besideDefault,
    rows,
    few: rows <= MAX_DRAINED_ROWS,
    counted: { total: rows, ranges: [{ bounds: partition, rows }] },
  },
});

/** A table and a partition of it that are open, and the changes that close them. */
const open: CarriedState = {
  owner: "owner",
  ours: true,
  rowSecurity: { enabled: false, forced: false },
  policies: [],
  grants: [{ role: "anon", privileges: ["select"] }],
  replicaIdentity: { kind: "default" },
  options: {},
  toast: undefined,
  tablespace: undefined,
  statistics: {},
  uniqueIndexes: {},
};
const access = {
  rowSecurity: {
    enable: true,
    force: false,
    partitionAccess: "closed" as const,
    policies: [{ name: "own_rows", command: "all" as const, roles: ["app"], using: "account = …" }],
  },
  grants: [{ role: "app", privileges: ["select" as const] }],
};
const secured = planRowPolicy({ schema: "public", name: "events", role: "parent", fresh: false }, access, open, {
  registered: [],
  asked: new Map(),
});
const closed = alignAccess(
  { ...parent, carried: { ...parent.carried, profile: access } },
  { schema: "public", name: partition.name },
  open,
);

function scheduled(): readonly Statement[] {
  const job = {
    job: "nightly",
    cron: "0 2 * * *",
    zone: "UTC",
    command: formatEnsureWindowCall("pgpartition", parent),
    database: "app",
    user: "owner",
    active: true,
  };
  const rights = { role: "owner", superuser: false, mayScheduleInDatabase: true, mayAlter: true };
  const plan = planJob(job, { kind: "here", zone: "GMT", jobs: [], ...rights }, undefined);
  return plan.kind === "scheduled" ? plan.statements : [];
}

export interface Operation {
  readonly title: string;
  readonly statements: readonly Statement[];
}

export const OPERATIONS = {
  createTable: { title: "Create the table and its indexes", statements: createTableStatements(spec) },
  convertByAttach: { title: "Convert a plain table", statements: convertByAttach },
  changeColumns: { title: "Add and drop columns", statements: changeColumns },
  makeNotNull: { title: "Set a column NOT NULL, or add a check", statements: makeNotNull },
  addKeyBefore18: { title: "Add a foreign key, PostgreSQL 15 to 17", statements: addKeyBefore18 },
  addKeyFrom18: { title: "Add a foreign key, from PostgreSQL 18 on", statements: addKeyFrom18 },
  dropKey: { title: "Drop a foreign key", statements: dropKey },
  rowPolicy: { title: "Switch row security on, with its policies and grants", statements: secured.statements },
  closePartition: { title: "Close a partition that is open", statements: closed.statements },
  createPartition: { title: "Create a partition", statements: createPartitionStatements(parent, partition) },
  reattach: { title: "Attach a detached table again", statements: reattachStatements(parent, partition, []) },
  buildIndex: {
    title: "Build an index on a table with partitions",
    statements: index
      ? [
          createParentIndexStatement(parent, index),
          ...buildPartitionIndexStatements(parent, index, index.printed, place, []),
        ]
      : [],
  },
  dropIndex: {
    title: "Drop an index",
    statements: [dropIndexStatement(parent, "events_account", [`${parent.schema}.${partition.name}`])],
  },
  detach: { title: "Detach an expired partition", statements: [detachStatement(parent, relation)] },
  detachReferred: {
    title: "Detach where another table refers to the table",
    statements: [detachStatement({ ...parent, referring: ["public.orders"] }, relation)],
  },
  restore: {
    title: "Restore an archived partition, read-only outside of the window",
    statements: restoreStatements(parent, { partition, readOnly: true }, "pgpartition"),
  },
  finalize: { title: "Finish an interrupted detach", statements: [finalizeStatement(parent, relation)] },
  drop: { title: "Drop a detached table after its grace", statements: dropStatements(parent, relation) },
  dropArchived: {
    title: "Drop an archived table: its rows are counted before the lock",
    statements: [countStatement(relation), ...dropStatements({ ...parent, references: [] }, relation)],
  },
  publish: {
    title: "Create a publication, or add the table to one",
    statements: [createPublicationStatement(parent, published), addTableStatement(parent, published)],
  },
  republish: {
    title: "Change the row filter or the column list",
    statements: [dropTableStatement(parent, published.publication), addTableStatement(parent, published)],
  },
  publicationSettings: {
    title: "Change a publication that was created here",
    statements: [
      setViaRootStatement(parent, published.publication, true),
      setChangesStatement(parent, published.publication, ["insert"], ["insert", "update"]),
    ],
  },
  unpublish: {
    title: "Remove the table, and drop a publication that was created here and is empty",
    statements: [
      dropTableStatement(parent, published.publication),
      dropPublicationStatement(parent, published.publication),
    ],
  },
  schedule: { title: "Schedule the creation of coming partitions", statements: scheduled() },
  newDefault: {
    title: "Create a default partition",
    statements: buildNewDefaultStatements(
      parent,
      "events_default",
      applyAttach(besideDefault, parent.key, partition).attached,
    ),
  },
  createBesideDefault: {
    title: "Create a partition of a table with a default partition",
    statements: createPartitionStatements(withDefault, partition),
  },
  drainDefault: {
    title: `Create a partition whose rows are in the default partition, up to ${MAX_DRAINED_ROWS}`,
    statements: createPartitionStatements(holding(7), partition),
  },
  convertDefault: {
    title: "Turn the default partition into the partition of all its rows",
    statements: createPartitionStatements(holding(2 * MAX_DRAINED_ROWS), partition),
  },
  sourceTrigger: {
    title: "Call for the branches of new values by a trigger on the table that they are read from",
    statements: [createSourceTriggerStatement("pgpartition", spec.window, { schema: "public", table: "accounts" })],
  },
  queryFunction: {
    title: "Create a function that queries the table",
    statements: planAliases(buildQueryFunctions(spec.window, undefined), [], []).statements,
  },
  analyze: {
    title: "Analyze the table as a whole, from PostgreSQL 18 on, and before",
    statements: [analyzeStatement(parent, 18, []), analyzeStatement(parent, 17, [relation])],
  },
  detachDefault: {
    title: "Detach where the table has a default partition",
    statements: [detachStatement(withDefault, relation)],
  },
} satisfies Record<string, Operation>;

/** Returns one row for each statement; those with the same transaction run together. */
export function operationTable(operation: Operation): string {
  return table(
    ["statement", "locks that others see", "held", "time-outs", "hazards"],
    operation.statements.map((statement) => [
      code(shortSql(statement)),
      statement.locks.length === 0 ? "none" : statement.locks.map((lock) => `${lock.role} ${lock.mode}`).join("; "),
      statement.hold,
      statement.timeouts,
      statement.hazards.length === 0 ? "" : statement.hazards.map(code).join(", "),
    ]),
  );
}

/** Shortens a statement to its kind, without its columns. */
function shortSql(statement: Statement): string {
  return statement.sql
    .replace(/\((.|\n)*\)(?= (PARTITION BY|TO))/, "(…)")
    .replace(/ \((.|\n)*$/, " (…)")
    .replace(/ FOR VALUES .*$/, " FOR VALUES …");
}
