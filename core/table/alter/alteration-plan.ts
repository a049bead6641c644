import { findAdoptionProblems } from "./adoption-problems";
import { planAlterSteps, listArrivingNames, type Differences } from "./alteration";
import { findArrivalRefusals, findConstraintRefusals } from "./constraint-refusals";
import type { AlterFacts } from "./facts";
import { collectFamily } from "./family";
import { mayBeUnread } from "./foreign-keys";
import { findColumnRefusals } from "./refusals";
import type { AlterStep } from "./step";
import { buildParentStatements } from "../../partition/carry/align-parent";
import type { ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import type { TableShape } from "../../declare/table/spec";
import type { Statement } from "../../sql/statement";

/** Changes that an update makes to an existing table: the same for preview and for the update itself. */
export interface Alteration {
  readonly steps: readonly AlterStep[];
  readonly problems: readonly Problem[];
  /** Notes for the reader of a preview. */
  readonly notes: readonly string[];
}

/**
 * Plans all changes of an existing table: columns, constraints, comments, statistics targets, replica identity. `facts` are read
 * if it differs; `adopting`: the table is not in the registry yet.
 */
export function planAlterTable(
  shape: TableShape,
  table: ObservedTable,
  differences: Differences,
  { facts, adopting }: { readonly facts: AlterFacts | undefined; readonly adopting: boolean },
): Alteration {
  const carried = planCarriedStep(shape, table);
  if (!facts) return { steps: carried, problems: [], notes: [] };
  const name = `"${table.schema}.${table.name}"`;
  const problems = [
    ...(adopting
      ? findAdoptionProblems(differences, name)
      : findColumnRefusals(differences.columns, facts, { name, leaving: listLeaving(differences) })),
    ...findConstraintRefusals(
      adopting ? differences.constraints.filter((change) => change.kind !== "add unique") : differences.constraints,
      name,
    ),
    ...findArrivalRefusals(differences, listArrivingNames(differences), facts, name),
  ];
  if (problems.length > 0) return { steps: [], problems, notes: [] };
  const steps = planAlterSteps(shape, table, differences, facts);
  const locked = steps.some((step) =>
    step.statements.some((statement) => statement.oneWait && statement.locks.length > 1),
  );
  const family = collectFamily(table);
  return {
    steps: [...steps, ...carried],
    problems: locked ? findLockProblems(family.partitions.length + 1, facts, name) : [],
    notes: [
      ...(locked ? noteLocks(family.partitions.length + 1, facts) : []),
      ...noteNulls(facts),
      ...noteUnread(differences, facts),
      ...noteWidened(differences),
    ],
  };
}

/** Returns the statements alone, in order. */
export function alterTableStatements(alteration: Pick<Alteration, "steps">): Statement[] {
  return alteration.steps.flatMap((step) => step.statements);
}

function planCarriedStep(shape: TableShape, table: ObservedTable): AlterStep[] {
  const relation = { schema: shape.schema, name: shape.table, role: "parent" as const, fresh: false };
  const transaction = `align table ${shape.schema}.${shape.table}`;
  const statements = buildParentStatements(relation, transaction, shape, table, false);
  return statements.length > 0 ? [{ statements }] : [];
}

/** Lists constraints that the same update drops: they do not keep a column. */
function listLeaving({ constraints }: Differences): ReadonlySet<string> {
  return new Set(constraints.flatMap((change) => (change.kind === "drop" ? [change.found.name] : [])));
}

function findLockProblems(count: number, facts: AlterFacts, name: string): Problem[] {
  if (count <= facts.locks.capacity) return [];
  return [
    {
      path: "columns",
      code: "conflict",
      message: `${name} and its partitions are ${count} relations, to be locked together; the server can hold ${facts.locks.capacity} locks in all.`,
      fix: "Raise max_locks_per_transaction and restart the server, or make the change when fewer partitions exist.",
    },
  ];
}

function noteLocks(count: number, facts: AlterFacts): string[] {
  if (count <= facts.locks.perTransaction) return [];
  return [
    `${count} relations are locked at once; max_locks_per_transaction is ${facts.locks.perTransaction}, and the server holds at most ${facts.locks.capacity} locks in all`,
  ];
}

function noteNulls(facts: AlterFacts): string[] {
  return facts.nulls.map(
    ({ column, partition, rows }) =>
      `by the last ANALYZE about ${rows} rows of ${partition} have no "${column}": validation would fail, and the table would remain as it is; fill them first`,
  );
}

/** Notes constraints that existed as NOT VALID: the effect of validating them, and how to leave them as they are. */
function noteUnread({ constraints }: Differences, facts: AlterFacts): string[] {
  return constraints.flatMap((change) => {
    if ((change.kind !== "validate check" && change.kind !== "validate foreign key") || change.there === "added")
      return [];
    const isCheck = change.kind === "validate check";
    const text = JSON.stringify(isCheck ? change.name : change.key.name);
    const property = isCheck
      ? `checks: { ${text}: { expression: …, validate: false } }`
      : `foreignKeys: { ${text}: { …, validate: false } }`;
    const declare = isCheck || mayBeUnread(facts) ? `. To leave it so, declare ${property}` : "";
    return [
      `${isCheck ? "check" : "foreign key"} ${text} exists, NOT VALID: it holds for new rows. This update reads the older rows and validates it where all of them satisfy it; where one does not, the update fails, and it remains NOT VALID${declare}`,
    ];
  });
}

function noteWidened({ columns }: Differences): string[] {
  return columns.flatMap((change) =>
    change.kind === "type"
      ? [`a new type forgets the statistics of "${change.column.name}": run ANALYZE afterwards`]
      : [],
  );
}
