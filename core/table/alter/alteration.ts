import { quote } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import { parseForeignKey } from "../compare/compare-foreign-keys";
import type { TableShape } from "../../declare/table/spec";
import type { Statement } from "../../sql/statement";
import { type ColumnChange, findColumnChanges } from "./changes";
import {
  addCheck,
  toAddedConstraint,
  type ArrivingCheck,
  comesByPartitions,
  dropCheck,
  planCheck,
  readsNothing,
  replaceCheck,
} from "./checks";
import { buildInstantStatements, setNotNull } from "./column-statements";
import { buildColumnCommentStatements } from "../create/comments";
import { type ConstraintChange, findConstraintChanges, listDeclaredExpressions } from "./constraint-changes";
import type { AlterFacts } from "./facts";
import { alterFamily, type Family, collectFamily, lockFamily } from "./family";
import { addForeignKey, dropForeignKey, validateForeignKey } from "./foreign-keys";
import { isFilled } from "../compare/filled-check";
import { type FilledCheck, planNotNullStages } from "./not-null";
import type { AlterStep } from "./step";

/** All differences between a declared table and the existing one, apart from properties of its partitions. */
export interface Differences {
  readonly columns: readonly ColumnChange[];
  readonly constraints: readonly ConstraintChange[];
  /** CHECKs of changes to NOT NULL. */
  readonly filled: readonly FilledCheck[];
  /** Names of CHECKs left by an interrupted or finished change to NOT NULL. */
  readonly leftovers: readonly string[];
}

export function findDifferences(
  shape: TableShape,
  table: ObservedTable,
  recorded: readonly RegisteredExpression[],
): Differences {
  const columns = findColumnChanges(shape, table, recorded);
  const stages = planNotNullStages(shape, table, columns, recorded);
  return {
    columns,
    constraints: findConstraintChanges(shape, table, recorded),
    filled: stages.prove,
    leftovers: stages.leftover.map((one) => one.check),
  };
}

/**
 * Lists expressions whose text differs from the printed one and for which no record shows how the server prints them: only the
 * server can decide whether they mean the same.
 */
export function listUnsettled(
  shape: TableShape,
  differences: Differences,
  recorded: readonly RegisteredExpression[],
): Omit<RegisteredExpression, "printed" | "added">[] {
  const different = [
    ...differences.columns.flatMap((change) =>
      change.kind === "set default" && change.found.default !== undefined ? [`default ${change.column.name}`] : [],
    ),
    ...differences.constraints.flatMap((change) => (change.kind === "replace check" ? [`check ${change.name}`] : [])),
  ];
  return listDeclaredExpressions(shape).filter(
    (one) =>
      different.includes(`${one.kind} ${one.name}`) &&
      !recorded.some((known) => known.kind === one.kind && known.name === one.name && known.declared === one.declared),
  );
}

export function isEqual({ columns, constraints, leftovers }: Differences): boolean {
  return columns.length === 0 && constraints.length === 0 && leftovers.length === 0;
}

/**
 * Returns the steps that bring a table to its declaration, in order. Instant changes come first, under one lock of the table and
 * all its partitions; then rows are read, partition by partition, without blocking writers; changes that this proved come last.
 */
export function planAlterSteps(
  shape: TableShape,
  table: ObservedTable,
  differences: Differences,
  facts: AlterFacts,
): AlterStep[] {
  const family = collectFamily(table);
  const { constraints, columns, filled } = differences;
  const replaced = constraints.flatMap((change) => (change.kind === "replace check" ? [change] : []));
  const stillOld = replaced.map((change) => change.name);
  const arriving = [...constraints.flatMap(toArrivingCheck), ...filled.map(toArrivingFilled)];
  return [
    ...constraints.flatMap((change) => planLeavingKeys(family, change)),
    ...planInstantStep(
      family,
      differences,
      arriving.filter((check) => check.there === "no" && !comesByPartitions(family, check, facts)),
      stillOld,
    ),
    ...planCommentStep(family, columns),
    ...arriving.flatMap((check) => planCheck(family, check, facts, stillOld)).map(recordStillOld(stillOld)),
    ...planNotNullSteps(family, filled),
    ...replaced.map((change, index): AlterStep => ({
      statements: replaceCheck(family, change.name, change.next, change.found.definition),
      records: { stillOld: replaced.slice(index + 1).map((later) => later.name) },
    })),
    ...constraints.flatMap((change) => planArrivingKeys(family, change, facts)).map(recordStillOld([])),
  ].map(markNotYet(listUnreadBefore(constraints)));
}

/** Adds the record that a step which reads rows writes when it reverts. */
function recordStillOld(stillOld: readonly string[]): (step: AlterStep) => AlterStep {
  return (step) => (step.onViolation ? { ...step, onViolation: { ...step.onViolation, records: { stillOld } } } : step);
}

function markNotYet(notYet: readonly string[]): (step: AlterStep) => AlterStep {
  return ({ records, onViolation, ...step }) => ({
    ...step,
    ...(records ? { records: { ...records, notYet } } : {}),
    ...(onViolation?.records
      ? { onViolation: { ...onViolation, records: { ...onViolation.records, notYet } } }
      : onViolation
        ? { onViolation }
        : {}),
  });
}

/**
 * Lists constraints that existed before they were declared and that this update validates: if it fails, they are still not
 * managed.
 */
function listUnreadBefore(constraints: readonly ConstraintChange[]): string[] {
  return constraints.flatMap((change) => {
    if (change.kind === "validate check") return change.known ? [] : [`check ${change.name}`];
    return change.kind === "validate foreign key" && !change.known ? [`foreign ${change.key.name}`] : [];
  });
}

/** Lists the names of added constraints: a partition may have one of its own. */
export function listArrivingNames({ constraints, filled }: Differences): string[] {
  return [
    ...[...constraints.flatMap(toArrivingCheck), ...filled.map(toArrivingFilled)].map((check) => check.name),
    ...constraints.flatMap((change) => (change.kind === "add foreign key" ? [change.key.name] : [])),
  ];
}

function toArrivingCheck(change: ConstraintChange): ArrivingCheck[] {
  switch (change.kind) {
    case "add check":
      return [{ ...change, declaredAs: change.name, there: "no" }];
    case "validate check":
      return [{ ...change, declaredAs: change.name, added: [] }];
    case "replace check": {
      const there = change.begun === "this one" ? "added" : "no";
      return [{ ...change.check, name: change.next, declaredAs: change.name, there, added: change.added }];
    }
    default:
      return [];
  }
}

function toArrivingFilled({ column, check, there, added }: FilledCheck): ArrivingCheck {
  return { name: check, declaredAs: check, expression: isFilled(column), there, added };
}

/** Drops foreign keys first, each with its lock of the referenced table: a dropped column may have one. */
function planLeavingKeys(family: Family, change: ConstraintChange): AlterStep[] {
  if (change.kind !== "drop" || change.found.kind !== "foreign") return [];
  const { name, definition } = change.found;
  const undo = `ALTER TABLE … ADD CONSTRAINT ${quote(name)} ${definition}`;
  return [
    {
      statements: dropForeignKey(family, parseForeignKey(change.found), `drop foreign key ${name}`, undo),
    },
  ];
}

function planArrivingKeys(family: Family, change: ConstraintChange, facts: AlterFacts): AlterStep[] {
  if (change.kind === "add foreign key") return addForeignKey(family, change.key, facts, change.added);
  return change.kind === "validate foreign key" ? validateForeignKey(family, change.key, facts, change.there) : [];
}

function planInstantStep(
  family: Family,
  differences: Differences,
  arriving: readonly ArrivingCheck[],
  stillOld: readonly string[],
): AlterStep[] {
  const transaction = `alter table ${family.schema}.${family.table}`;
  const statements = [
    ...differences.constraints.flatMap((change) => buildConstraintDropStatements(family, transaction, change)),
    ...differences.leftovers.map((check) => dropConstraint(family, transaction, check)),
    ...buildInstantStatements(family, transaction, differences.columns),
    ...arriving.map((check) => addCheck(family, transaction, check)),
  ];
  if (statements.length === 0) return [];
  const added = arriving.filter((check) => !readsNothing(check)).map((check) => toAddedConstraint(family, check));
  return [{ statements: [lockFamily(family, transaction), ...statements], records: { stillOld, added } }];
}

function buildConstraintDropStatements(family: Family, transaction: string, change: ConstraintChange): Statement[] {
  if (change.kind === "replace check" && change.begun === "another one")
    return [dropConstraint(family, transaction, change.next)];
  if (change.kind !== "drop" || change.found.kind === "foreign") return [];
  const { name, definition, kind } = change.found;
  return [
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${quote(name)}`,
      undo: `ALTER TABLE … ADD CONSTRAINT ${quote(name)} ${definition}`,
      hazards: kind === "unique" ? ["INDEX_DROPPED"] : [],
    }),
  ];
}

function planCommentStep(family: Family, columns: readonly ColumnChange[]): AlterStep[] {
  const comments = columns.flatMap((change) =>
    change.kind === "comment" ? [{ column: change.column.name, from: change.from, to: change.column.comment }] : [],
  );
  const statements = buildColumnCommentStatements(family, `comment ${family.schema}.${family.table}`, comments, false);
  return statements.length > 0 ? [{ statements }] : [];
}

/** Returns two transactions: if killed between them, the next update finds a CHECK that has served its purpose. */
function planNotNullSteps(family: Family, proved: readonly FilledCheck[]): AlterStep[] {
  if (proved.length === 0) return [];
  const set = `not null ${family.schema}.${family.table}`;
  const clean = `drop checks ${family.schema}.${family.table}`;
  const ours = proved.filter((one) => one.there !== "before");
  return [
    { statements: [lockFamily(family, set), ...proved.map((one) => setNotNull(family, set, one.column))] },
    ...(ours.length > 0
      ? [{ statements: [lockFamily(family, clean), ...ours.map((one) => dropConstraint(family, clean, one.check))] }]
      : []),
  ];
}

function dropConstraint(family: Family, transaction: string, name: string): Statement {
  const [, drop] = dropCheck(family, transaction, name);
  if (!drop) throw new RangeError(`no statement drops ${name}`);
  return drop;
}
