import { quote, quoteQualified } from "../../names/identifier";
import type { ConstraintReach } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { AlterFacts, PendingConstraint } from "./facts";
import { alterFamily, type Family, familyName, leavesOf, lockFamily, locksOn, type Member, validate } from "./family";
import type { AddedConstraint, AlterStep } from "./step";
import { checkDemand, type Demand, lookForRows, onViolation, type Standing } from "./violation";

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
  return leavesOf(family).some((leaf) => ownCheck(facts, leaf, check.name) !== undefined);
}

export function readsNothing({ validate, enforced }: ConstraintReach): boolean {
  return validate === false || enforced === false;
}

/** Returns the record of the transaction that adds it to the table. */
export function addedToTable(family: Family, { name, expression }: ArrivingCheck): AddedConstraint {
  return { kind: "check", name, declared: expression, on: [{ schema: family.schema, name: family.table }] };
}

/**
 * Validates a CHECK partition by partition, each in its own transaction, without blocking other sessions; the table then only
 * checks that its partitions were validated. Rows that violate it revert what an update of this program added. A check that
 * existed before is tested before it is validated, so that it stays as it is if rows violate it.
 */
export function readForCheck(family: Family, check: ArrivingCheck, facts: AlterFacts, stillOld: readonly string[]) {
  if (readsNothing(check)) return [];
  return comesByPartitions(family, check, facts)
    ? byPartitions(family, check, facts, stillOld)
    : onTheTable(family, check, facts);
}

function onTheTable(family: Family, check: ArrivingCheck, facts: AlterFacts): AlterStep[] {
  const { name } = check;
  const demand = checkDemand(name, check.declaredAs, check.expression);
  const takeBack = check.there === "before" ? [] : dropCheck(family, `take back ${name}`, name, true);
  const standing: Standing = { table: check.there === "before" ? "before" : "added", before: [] };
  const unread = leavesOf(family).filter(
    (leaf) => check.there === "no" || facts.pending.some((one) => isOf(one, leaf, name) && !one.validated),
  );
  return [
    ...(check.there === "before" ? looks(family, unread, demand, standing, []) : []),
    ...readings(family, unread, demand, standing, takeBack),
    {
      statements: [
        validate({ schema: family.schema, name: family.table }, name, {
          locks: locksOn(family, "SHARE UPDATE EXCLUSIVE"),
          reads: false,
        }),
      ],
      onViolation: onViolation(family, demand, standing, takeBack, { leaf: undefined, read: [] }),
    },
  ];
}

function byPartitions(
  family: Family,
  check: ArrivingCheck,
  facts: AlterFacts,
  stillOld: readonly string[],
): AlterStep[] {
  const { name, expression } = check;
  const demand = checkDemand(name, check.declaredAs, expression);
  const leaves = leavesOf(family);
  const own = (leaf: Member) => ownCheck(facts, leaf, name);
  const isOurs = (leaf: Member) => {
    const found = own(leaf);
    return found === undefined || (found.oid !== undefined && check.added.includes(found.oid));
  };
  const takeBack = leaves.filter(isOurs).map((leaf) => dropFromLeaf(leaf, name));
  const standing: Standing = { table: "not there", before: leaves.filter((leaf) => !isOurs(leaf)) };
  const unread = leaves.filter((leaf) => own(leaf)?.validated !== true);
  const failed = onViolation(family, demand, standing, takeBack, { leaf: undefined, read: [] });
  const begin = leaves
    .filter((leaf) => own(leaf) === undefined)
    .map((leaf): AlterStep => ({
      statements: [addToLeaf(leaf, name, expression)],
      records: { stillOld, added: [{ kind: "check", name, declared: expression, on: [leaf] }] },
    }));
  const transaction = `add check ${name}`;
  return [
    ...begin,
    ...(unread.some((leaf) => !isOurs(leaf)) ? looks(family, unread, demand, standing, takeBack) : []),
    ...readings(family, unread, demand, standing, takeBack),
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
export function looks(
  family: Family,
  leaves: readonly Member[],
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
): AlterStep[] {
  return leaves.map((leaf) => ({
    statements: [lookForRows(leaf, demand)],
    onViolation: onViolation(family, demand, standing, takeBack, { leaf, read: [] }),
  }));
}

function readings(
  family: Family,
  leaves: readonly Member[],
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
): AlterStep[] {
  return leaves.map((leaf, index) => ({
    statements: [validate(leaf, demand.name, { locks: [ownLock(leaf)], reads: true })],
    onViolation: onViolation(family, demand, standing, takeBack, {
      leaf,
      read:
        standing.table === "before"
          ? leaves.slice(0, index)
          : standing.before.filter((one) => leaves.slice(0, index).includes(one)),
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
      undo: `ALTER TABLE ${familyName(family)} ADD CONSTRAINT ${quote(name)} ${definition}`,
    }),
    alterFamily(family, transaction, {
      action: `RENAME CONSTRAINT ${quote(next)} TO ${quote(name)}`,
      undo: `ALTER TABLE ${familyName(family)} RENAME CONSTRAINT ${quote(name)} TO ${quote(next)}`,
    }),
  ];
}

function addToLeaf(leaf: Member, name: string, expression: string): Statement {
  const table = quoteQualified(leaf.schema, leaf.name);
  return onLeaf(
    leaf,
    `ALTER TABLE ${table} ADD CONSTRAINT ${quote(name)} CHECK (${expression}) NOT VALID`,
    `check ${name} of ${leaf.schema}.${leaf.name}`,
    `ALTER TABLE ${table} DROP CONSTRAINT ${quote(name)}`,
  );
}

function dropFromLeaf(leaf: Member, name: string): Statement {
  const table = quoteQualified(leaf.schema, leaf.name);
  return onLeaf(
    leaf,
    `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quote(name)}`,
    `take back ${name} of ${leaf.schema}.${leaf.name}`,
    "not needed",
  );
}

function onLeaf(leaf: Member, sql: string, transaction: string, undo: string): Statement {
  return {
    sql,
    transaction,
    timeouts: "strong",
    oneWait: true,
    locks: [{ relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "ACCESS EXCLUSIVE" }],
    hold: "instant",
    hazards: ["LOCK_LEAF_AX"],
    undo,
  };
}

/** Returns a partition's own check of that name. */
function ownCheck(facts: AlterFacts, leaf: Member, name: string): PendingConstraint | undefined {
  return facts.pending.find((one) => isOf(one, leaf, name) && one.own === true);
}

function isOf(one: PendingConstraint, leaf: Member, name: string): boolean {
  return one.kind === "check" && one.name === name && one.schema === leaf.schema && one.partition === leaf.name;
}

function dropCheckText(family: Family, name: string): string {
  return `ALTER TABLE ${familyName(family)} DROP CONSTRAINT ${quote(name)}`;
}

function ownLock(leaf: Member): Lock {
  return { relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" };
}
