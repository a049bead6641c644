import { quote, quoteQualified } from "../../names/identifier";
import { foreignKeyDefinition, observedForeignKey, sameForeignKey } from "../compare/compare-foreign-keys";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { AlterFacts, PendingConstraint } from "./facts";
import { looks, readsNothing } from "./checks";
import { alterFamily, type Family, familyName, leavesOf, lockFamily, type Member, validate } from "./family";
import type { AddedConstraint, AlterStep } from "./step";
import { type Demand, foreignKeyDemand, onViolation, type Standing } from "./violation";

/** First version in which a partitioned table can have a foreign key that is not validated yet. */
const NOT_VALID_ON_PARENT = 18;

/** True from the version on in which a table's foreign keys can be NOT VALID or not enforced. */
export function mayBeUnread(facts: Pick<AlterFacts, "version">): boolean {
  return facts.version >= NOT_VALID_ON_PARENT;
}

/**
 * Adds a foreign key without reading rows under a lock that blocks writers. If the table cannot have an unvalidated one, each
 * partition gets it first; then the table takes over those of its partitions. The same applies if a partition already has its
 * own: a revert on the table would drop that too.
 *
 * @param added oids of constraints that an interrupted update has added to single partitions
 */
export function addForeignKey(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  added: readonly string[],
): AlterStep[] {
  const onItsOwn = leavesOf(family).some((leaf) => ownKey(facts, leaf, key) !== undefined);
  return mayBeUnread(facts) && (readsNothing(key) || !onItsOwn)
    ? onTheTable(family, key, facts)
    : onThePartitions(family, key, facts, added);
}

/** Returns the remaining steps if the table already has the key: added by an interrupted update, or existing before. */
export function validateForeignKey(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  there: "added" | "before",
): AlterStep[] {
  const unread = leavesOf(family).filter((leaf) => pendingOf(facts, leaf, key)?.validated === false);
  return readAll(family, key, unread, there, facts);
}

function readAll(
  family: Family,
  key: ForeignKeySpec,
  leaves: readonly Member[],
  table: "added" | "before",
  facts: AlterFacts,
): AlterStep[] {
  const takeBack = table === "before" ? [] : dropForeignKey(family, key, `take back ${key.name}`);
  const demand = foreignKeyDemand(key.name, key, mayBeUnread(facts));
  const standing: Standing = { table, before: [] };
  return [
    ...(table === "before" ? looks(family, leaves, demand, standing, takeBack) : []),
    ...readPartitions(family, leaves, key, demand, standing, takeBack),
    {
      statements: [validateParent(family, key)],
      onViolation: onViolation(family, demand, standing, takeBack, { leaf: undefined, read: [] }),
    },
  ];
}

export function dropForeignKey(
  family: Family,
  key: Pick<ForeignKeySpec, "name"> & { readonly references: Pick<ForeignKeySpec["references"], "schema" | "table"> },
  transaction: string,
  undo = "declare it again",
): Statement[] {
  const reference = referenced(key, "ACCESS EXCLUSIVE");
  return [
    lockFamily(family, transaction),
    alterFamily(family, transaction, {
      action: `DROP CONSTRAINT ${quote(key.name)}`,
      undo,
      hazards: ["LOCK_REF_AX"],
      locks: [reference],
    }),
  ];
}

function onTheTable(family: Family, key: ForeignKeySpec, facts: AlterFacts): AlterStep[] {
  const transaction = `add foreign key ${key.name}`;
  const unread = key.enforced === false ? "" : " NOT VALID";
  const add: AlterStep = {
    statements: [
      lockFamily(family, transaction, "SHARE ROW EXCLUSIVE"),
      alterFamily(family, transaction, {
        action: `ADD CONSTRAINT ${quote(key.name)} ${foreignKeyDefinition(key)}${unread}`,
        undo: `ALTER TABLE ${familyName(family)} DROP CONSTRAINT ${quote(key.name)}`,
        mode: "SHARE ROW EXCLUSIVE",
        hazards: ["LOCK_REF_WRITE"],
        locks: [referenced(key, "SHARE ROW EXCLUSIVE")],
      }),
    ],
    records: {
      stillOld: [],
      ...(readsNothing(key) ? {} : { added: [addedOn(key, { schema: family.schema, name: family.table })] }),
    },
  };
  return readsNothing(key) ? [add] : [add, ...readAll(family, key, leavesOf(family), "added", facts)];
}

function onThePartitions(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  added: readonly string[],
): AlterStep[] {
  const leaves = leavesOf(family);
  const isOurs = (leaf: Member) => {
    const own = ownKey(facts, leaf, key);
    return own === undefined || (own.oid !== undefined && added.includes(own.oid));
  };
  const takeBack = leaves.filter(isOurs).flatMap((leaf) => dropFromLeaf(leaf, key));
  const standing: Standing = { table: "not there", before: leaves.filter((leaf) => !isOurs(leaf)) };
  const demand = foreignKeyDemand(key.name, key, mayBeUnread(facts));
  const failed = onViolation(family, demand, standing, takeBack, { leaf: undefined, read: [] });
  const unread = leaves.filter((leaf) => ownKey(facts, leaf, key)?.validated !== true);
  const begin = leaves
    .filter((leaf) => ownKey(facts, leaf, key) === undefined)
    .map((leaf): AlterStep => ({
      statements: [addToLeaf(leaf, key)],
      records: { stillOld: [], added: [addedOn(key, leaf)] },
    }));
  const transaction = `add foreign key ${key.name}`;
  return [
    ...begin,
    ...(unread.some((leaf) => !isOurs(leaf)) ? looks(family, unread, demand, standing, takeBack) : []),
    ...readPartitions(family, unread, key, demand, standing, takeBack, (leaf) => ownKey(facts, leaf, key)?.name),
    {
      statements: [
        lockFamily(family, transaction, "SHARE ROW EXCLUSIVE"),
        alterFamily(family, transaction, {
          action: `ADD CONSTRAINT ${quote(key.name)} ${foreignKeyDefinition(key)}`,
          undo: `ALTER TABLE ${familyName(family)} DROP CONSTRAINT ${quote(key.name)}`,
          mode: "SHARE ROW EXCLUSIVE",
          hazards: ["LOCK_REF_AX"],
          // It drops the triggers of the partitions' own keys from the referenced table: measured on 15 to 17.
          locks: [referenced(key, "ACCESS EXCLUSIVE")],
        }),
      ],
      onViolation: failed,
      records: { stillOld: [] },
    },
  ];
}

function addedOn(key: ForeignKeySpec, on: { readonly schema: string; readonly name: string }): AddedConstraint {
  return { kind: "foreign", name: key.name, declared: foreignKeyDefinition(key), on: [on] };
}

/** Validates partitions one by one; a failure reverts what has been added. */
function readPartitions(
  family: Family,
  leaves: readonly Member[],
  key: ForeignKeySpec,
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
  nameOn: (leaf: Member) => string | undefined = () => undefined,
): AlterStep[] {
  return leaves.map((leaf, index) => ({
    statements: [
      validate(leaf, nameOn(leaf) ?? key.name, {
        locks: [
          { relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "SHARE UPDATE EXCLUSIVE" },
          referenced(key, "ROW SHARE"),
        ],
        reads: true,
      }),
    ],
    onViolation: onViolation(family, demand, standing, takeBack, {
      leaf,
      read: leaves.slice(0, index).filter((one) => standing.table === "before" || standing.before.includes(one)),
    }),
  }));
}

function validateParent(family: Family, key: ForeignKeySpec): Statement {
  return validate({ schema: family.schema, name: family.table }, key.name, {
    locks: [{ relation: `${family.schema}.${family.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
    reads: false,
  });
}

function addToLeaf(leaf: Member, key: ForeignKeySpec): Statement {
  const name = quoteQualified(leaf.schema, leaf.name);
  return {
    sql: `ALTER TABLE ${name} ADD CONSTRAINT ${quote(key.name)} ${foreignKeyDefinition(key)} NOT VALID`,
    transaction: `foreign key ${key.name} of ${leaf.schema}.${leaf.name}`,
    timeouts: "strong",
    oneWait: true,
    locks: [
      { relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "SHARE ROW EXCLUSIVE" },
      referenced(key, "SHARE ROW EXCLUSIVE"),
    ],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT", "LOCK_REF_WRITE"],
    undo: `ALTER TABLE ${name} DROP CONSTRAINT ${quote(key.name)}`,
  };
}

function dropFromLeaf(leaf: Member, key: ForeignKeySpec): Statement[] {
  const name = quoteQualified(leaf.schema, leaf.name);
  return [
    {
      sql: `ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${quote(key.name)}`,
      transaction: `take back ${key.name} of ${leaf.schema}.${leaf.name}`,
      timeouts: "strong",
      oneWait: true,
      locks: [
        { relation: `${leaf.schema}.${leaf.name}`, role: "leaf", mode: "ACCESS EXCLUSIVE" },
        referenced(key, "ACCESS EXCLUSIVE"),
      ],
      hold: "instant",
      hazards: ["LOCK_LEAF_AX", "LOCK_REF_AX"],
      undo: "not needed",
    },
  ];
}

/** Returns a partition's constraint for the key of the table. */
function pendingOf(facts: AlterFacts, leaf: Member, key: ForeignKeySpec): PendingConstraint | undefined {
  return facts.pending.find((one) => isOn(one, leaf) && one.name === key.name);
}

/** Returns a partition's own equal key, under any name. */
function ownKey(facts: AlterFacts, leaf: Member, key: ForeignKeySpec): PendingConstraint | undefined {
  return facts.pending.find((one) => isOn(one, leaf) && one.own === true && isSameKey(one, key));
}

function isOn(one: PendingConstraint, leaf: Member): boolean {
  return one.kind === "foreign" && one.schema === leaf.schema && one.partition === leaf.name;
}

export function isSameKey(one: PendingConstraint, key: ForeignKeySpec): boolean {
  if (one.kind !== "foreign") return false;
  const found = {
    name: one.name,
    columns: one.columns ?? [],
    definition: one.definition ?? "",
    references: one.references,
  };
  const { deferrable, enforced } = observedForeignKey(found);
  return sameForeignKey(key, found) && enforced === key.enforced && deferrable === key.deferrable;
}

function referenced(
  key: { readonly references: Pick<ForeignKeySpec["references"], "schema" | "table"> },
  mode: Lock["mode"],
): Lock {
  return { relation: `${key.references.schema}.${key.references.table}`, role: "referenced", mode };
}
