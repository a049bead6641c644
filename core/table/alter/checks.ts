import { quote, quoteQualified } from "../../names/identifier";
import type { ConstraintReach } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { AlterFacts, PendingConstraint } from "./facts";
import {
  alterFamily,
  type Family,
  quoteFamily,
  listPartitions,
  lockFamily,
  listFamilyLocks,
  type Member,
  validate,
} from "./family";
import type { AddedConstraint, AlterStep } from "./step";
import { buildCheckDemand, type Demand, lookForRows, planViolationResponse, type Standing } from "./violation";

/** A CHECK to be added to a table. */
export interface ArrivingCheck extends ConstraintReach {
  /** Name under which it is added and validated. */
  readonly name: string;
  /** Declared name: that of the check that it replaces. */
  readonly declaredAs: string;
  readonly expression: string;
  /**
   * On the table: `no`, this update adds it; `added`, an interrupted update did; `before`, it existed, NOT VALID, before any
   * update of this program.
   */
  readonly there: "no" | "added" | "before";
  /** Oids of constraints that an interrupted update has added to single partitions. */
  readonly added: readonly string[];
}

/** Adds a CHECK for new rows: existing rows are not read. */
export function addCheck(
  family: Family,
  transaction: string,
  { name, expression, enforced }: Pick<ArrivingCheck, "name" | "expression" | "enforced">,
): Statement {
  return alterFamily(family, transaction, {
    action: `ADD CONSTRAINT ${quote(name)} CHECK (${expression}) ${enforced === false ? "NOT ENFORCED" : "NOT VALID"}`,
    undo: dropCheckText(family, name),
  });
}

/**
 * True if it is added partition by partition: the table would take over a partition's own check, and drop it too on a revert. If
 * no row is read, nothing is reverted.
 */
export function comesByPartitions(family: Family, check: ArrivingCheck, facts: AlterFacts): boolean {
  if (check.there !== "no" || readsNothing(check)) return false;
  return listPartitions(family).some((partition) => findOwnCheck(facts, partition, check.name) !== undefined);
}

export function readsNothing({ validate, enforced }: ConstraintReach): boolean {
  return validate === false || enforced === false;
}

/** Returns the record of the transaction that adds it to the table. */
export function toAddedConstraint(family: Family, { name, expression }: ArrivingCheck): AddedConstraint {
  return { kind: "check", name, declared: expression, on: [{ schema: family.schema, name: family.table }] };
}

/**
 * Validates a CHECK partition by partition, each in its own transaction, without blocking other sessions; the table then only
 * checks that its partitions were validated. Rows that violate it revert what an update of this program added. A check that
 * existed before is tested before it is validated, so that it stays as it is if rows violate it.
 */
export function planCheck(family: Family, check: ArrivingCheck, facts: AlterFacts, stillOld: readonly string[]) {
  if (readsNothing(check)) return [];
  return comesByPartitions(family, check, facts)
    ? addCheckByPartitions(family, check, facts, stillOld)
    : addCheckToTable(family, check, facts);
}

function addCheckToTable(family: Family, check: ArrivingCheck, facts: AlterFacts): AlterStep[] {
  const { name } = check;
  const demand = buildCheckDemand(name, check.declaredAs, check.expression);
  const takeBack = check.there === "before" ? [] : dropCheck(family, `take back ${name}`, name, true);
  const standing: Standing = { table: check.there === "before" ? "before" : "added", before: [] };
  const unread = listPartitions(family).filter(
    (partition) => check.there === "no" || facts.pending.some((one) => isOf(one, partition, name) && !one.validated),
  );
  return [
    ...(check.there === "before" ? lookForViolations(family, unread, demand, standing, []) : []),
    ...planReadings(family, unread, demand, standing, takeBack),
    {
      statements: [
        validate({ schema: family.schema, name: family.table }, name, {
          locks: listFamilyLocks(family, "SHARE UPDATE EXCLUSIVE"),
          reads: false,
        }),
      ],
      onViolation: planViolationResponse(family, demand, standing, takeBack, { partition: undefined, read: [] }),
    },
  ];
}

function addCheckByPartitions(
  family: Family,
  check: ArrivingCheck,
  facts: AlterFacts,
  stillOld: readonly string[],
): AlterStep[] {
  const { name, expression } = check;
  const demand = buildCheckDemand(name, check.declaredAs, expression);
  const partitions = listPartitions(family);
  const findOwn = (partition: Member) => findOwnCheck(facts, partition, name);
  const isOurs = (partition: Member) => {
    const found = findOwn(partition);
    return found === undefined || (found.oid !== undefined && check.added.includes(found.oid));
  };
  const takeBack = partitions.filter(isOurs).map((partition) => dropFromPartition(partition, name));
  const standing: Standing = { table: "not there", before: partitions.filter((partition) => !isOurs(partition)) };
  const unread = partitions.filter((partition) => findOwn(partition)?.validated !== true);
  const failed = planViolationResponse(family, demand, standing, takeBack, { partition: undefined, read: [] });
  const begin = partitions
    .filter((partition) => findOwn(partition) === undefined)
    .map((partition): AlterStep => ({
      statements: [addToPartition(partition, name, expression)],
      records: { stillOld, added: [{ kind: "check", name, declared: expression, on: [partition] }] },
    }));
  const transaction = `add check ${name}`;
  return [
    ...begin,
    ...(unread.some((partition) => !isOurs(partition))
      ? lookForViolations(family, unread, demand, standing, takeBack)
      : []),
    ...planReadings(family, unread, demand, standing, takeBack),
    {
      // The partitions' checks are merged: no row is read.
      statements: [
        lockFamily(family, transaction),
        alterFamily(family, transaction, {
          action: `ADD CONSTRAINT ${quote(name)} CHECK (${expression})`,
          undo: dropCheckText(family, name),
        }),
      ],
      onViolation: failed,
      records: { stillOld },
    },
  ];
}

/** Tests every partition before the first is validated. */
export function lookForViolations(
  family: Family,
  partitions: readonly Member[],
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
): AlterStep[] {
  return partitions.map((partition) => ({
    statements: [lookForRows(partition, demand)],
    onViolation: planViolationResponse(family, demand, standing, takeBack, { partition, read: [] }),
  }));
}

function planReadings(
  family: Family,
  partitions: readonly Member[],
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
): AlterStep[] {
  return partitions.map((partition, index) => ({
    statements: [validate(partition, demand.name, { locks: [toOwnLock(partition)], reads: true })],
    onViolation: planViolationResponse(family, demand, standing, takeBack, {
      partition,
      read:
        standing.table === "before"
          ? partitions.slice(0, index)
          : standing.before.filter((one) => partitions.slice(0, index).includes(one)),
    }),
  }));
}

export function dropCheck(family: Family, transaction: string, name: string, ifExists = false): Statement[] {
  return [
    lockFamily(family, transaction),
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${ifExists ? "IF EXISTS " : ""}${quote(name)}`,
      undo: "declare it again",
    }),
  ];
}

/** Gives the new expression, once validated, the name of the old one. */
export function replaceCheck(family: Family, name: string, next: string, definition: string): Statement[] {
  const transaction = `replace check ${name}`;
  return [
    lockFamily(family, transaction),
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${quote(name)}`,
      undo: `ALTER TABLE ${quoteFamily(family)} ADD CONSTRAINT ${quote(name)} ${definition}`,
    }),
    alterFamily(family, transaction, {
      action: `RENAME CONSTRAINT ${quote(next)} TO ${quote(name)}`,
      undo: `ALTER TABLE ${quoteFamily(family)} RENAME CONSTRAINT ${quote(name)} TO ${quote(next)}`,
    }),
  ];
}

function addToPartition(partition: Member, name: string, expression: string): Statement {
  const table = quoteQualified(partition.schema, partition.name);
  return buildPartitionStatement(
    partition,
    `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} CHECK (${expression}) NOT VALID`,
    `check ${name} of ${partition.schema}.${partition.name}`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`,
  );
}

function dropFromPartition(partition: Member, name: string): Statement {
  const table = quoteQualified(partition.schema, partition.name);
  return buildPartitionStatement(
    partition,
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quote(name)}`,
    `take back ${name} of ${partition.schema}.${partition.name}`,
    "not needed",
  );
}

function buildPartitionStatement(partition: Member, sql: string, transaction: string, undo: string): Statement {
  return {
    sql,
    transaction,
    timeouts: "strong",
    oneWait: true,
    locks: [{ relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "ACCESS EXCLUSIVE" }],
    hold: "instant",
    hazards: ["LOCK_PARTITION_AX"],
    undo,
  };
}

/** Returns a partition's own check of that name. */
function findOwnCheck(facts: AlterFacts, partition: Member, name: string): PendingConstraint | undefined {
  return facts.pending.find((one) => isOf(one, partition, name) && one.own === true);
}

function isOf(one: PendingConstraint, partition: Member, name: string): boolean {
  return (
    one.kind === "check" && one.name === name && one.schema === partition.schema && one.partition === partition.name
  );
}

function dropCheckText(family: Family, name: string): string {
  return `ALTER TABLE ${quoteFamily(family)} DROP CONSTRAINT ${quote(name)}`;
}

function toOwnLock(partition: Member): Lock {
  return { relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "SHARE UPDATE EXCLUSIVE" };
}
