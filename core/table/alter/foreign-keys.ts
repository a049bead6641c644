import { quote, quoteQualified } from "../../names/identifier";
import { formatForeignKey, parseForeignKey, isSameForeignKey } from "../compare/compare-foreign-keys";
import type { ForeignKeySpec } from "../../declare/table/constraints";
import type { Lock, Statement } from "../../sql/statement";
import type { AlterFacts, PendingConstraint } from "./facts";
import { lookForViolations, readsNothing } from "./checks";
import { alterFamily, type Family, quoteFamily, listPartitions, lockFamily, type Member, validate } from "./family";
import type { AddedConstraint, AlterStep } from "./step";
import { type Demand, buildForeignKeyDemand, planViolationResponse, type Standing } from "./violation";

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
  const onItsOwn = listPartitions(family).some((partition) => findOwnKey(facts, partition, key) !== undefined);
  return mayBeUnread(facts) && (readsNothing(key) || !onItsOwn)
    ? addKeyToTable(family, key, facts)
    : addKeyByPartitions(family, key, facts, added);
}

/** Returns the remaining steps if the table already has the key: added by an interrupted update, or existing before. */
export function validateForeignKey(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  there: "added" | "before",
): AlterStep[] {
  const unread = listPartitions(family).filter((partition) => findPending(facts, partition, key)?.validated === false);
  return readAll(family, key, unread, there, facts);
}

function readAll(
  family: Family,
  key: ForeignKeySpec,
  partitions: readonly Member[],
  table: "added" | "before",
  facts: AlterFacts,
): AlterStep[] {
  const takeBack = table === "before" ? [] : dropForeignKey(family, key, `take back ${key.name}`);
  const demand = buildForeignKeyDemand(key.name, key, mayBeUnread(facts));
  const standing: Standing = { table, before: [] };
  return [
    ...(table === "before" ? lookForViolations(family, partitions, demand, standing, takeBack) : []),
    ...readPartitions(family, partitions, key, demand, standing, takeBack),
    {
      statements: [validateParent(family, key)],
      onViolation: planViolationResponse(family, demand, standing, takeBack, { partition: undefined, read: [] }),
    },
  ];
}

export function dropForeignKey(
  family: Family,
  key: Pick<ForeignKeySpec, "name"> & { readonly references: Pick<ForeignKeySpec["references"], "schema" | "table"> },
  transaction: string,
  undo = "declare it again",
): Statement[] {
  const reference = toReferencedLock(key, "ACCESS EXCLUSIVE");
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

function addKeyToTable(family: Family, key: ForeignKeySpec, facts: AlterFacts): AlterStep[] {
  const transaction = `add foreign key ${key.name}`;
  const unread = key.enforced === false ? "" : " NOT VALID";
  const add: AlterStep = {
    statements: [
      lockFamily(family, transaction, "SHARE ROW EXCLUSIVE"),
      alterFamily(family, transaction, {
        action: `ADD CONSTRAINT ${quote(key.name)} ${formatForeignKey(key)}${unread}`,
        undo: `ALTER TABLE ${quoteFamily(family)} DROP CONSTRAINT ${quote(key.name)}`,
        mode: "SHARE ROW EXCLUSIVE",
        hazards: ["LOCK_REF_WRITE"],
        locks: [toReferencedLock(key, "SHARE ROW EXCLUSIVE")],
      }),
    ],
    records: {
      stillOld: [],
      ...(readsNothing(key) ? {} : { added: [toAddedConstraint(key, { schema: family.schema, name: family.table })] }),
    },
  };
  return readsNothing(key) ? [add] : [add, ...readAll(family, key, listPartitions(family), "added", facts)];
}

function addKeyByPartitions(
  family: Family,
  key: ForeignKeySpec,
  facts: AlterFacts,
  added: readonly string[],
): AlterStep[] {
  const partitions = listPartitions(family);
  const isOurs = (partition: Member) => {
    const own = findOwnKey(facts, partition, key);
    return own === undefined || (own.oid !== undefined && added.includes(own.oid));
  };
  const takeBack = partitions.filter(isOurs).flatMap((partition) => dropFromPartition(partition, key));
  const standing: Standing = { table: "not there", before: partitions.filter((partition) => !isOurs(partition)) };
  const demand = buildForeignKeyDemand(key.name, key, mayBeUnread(facts));
  const failed = planViolationResponse(family, demand, standing, takeBack, { partition: undefined, read: [] });
  const unread = partitions.filter((partition) => findOwnKey(facts, partition, key)?.validated !== true);
  const begin = partitions
    .filter((partition) => findOwnKey(facts, partition, key) === undefined)
    .map((partition): AlterStep => ({
      statements: [addToPartition(partition, key)],
      records: { stillOld: [], added: [toAddedConstraint(key, partition)] },
    }));
  const transaction = `add foreign key ${key.name}`;
  return [
    ...begin,
    ...(unread.some((partition) => !isOurs(partition))
      ? lookForViolations(family, unread, demand, standing, takeBack)
      : []),
    ...readPartitions(
      family,
      unread,
      key,
      demand,
      standing,
      takeBack,
      (partition) => findOwnKey(facts, partition, key)?.name,
    ),
    {
      statements: [
        lockFamily(family, transaction, "SHARE ROW EXCLUSIVE"),
        alterFamily(family, transaction, {
          action: `ADD CONSTRAINT ${quote(key.name)} ${formatForeignKey(key)}`,
          undo: `ALTER TABLE ${quoteFamily(family)} DROP CONSTRAINT ${quote(key.name)}`,
          mode: "SHARE ROW EXCLUSIVE",
          hazards: ["LOCK_REF_AX"],
          // It drops the triggers of the partitions' own keys from the referenced table: measured on 15 to 17.
          locks: [toReferencedLock(key, "ACCESS EXCLUSIVE")],
        }),
      ],
      onViolation: failed,
      records: { stillOld: [] },
    },
  ];
}

function toAddedConstraint(
  key: ForeignKeySpec,
  on: { readonly schema: string; readonly name: string },
): AddedConstraint {
  return { kind: "foreign", name: key.name, declared: formatForeignKey(key), on: [on] };
}

/** Validates partitions one by one; a failure reverts what has been added. */
function readPartitions(
  family: Family,
  partitions: readonly Member[],
  key: ForeignKeySpec,
  demand: Demand,
  standing: Standing,
  takeBack: readonly Statement[],
  nameOn: (partition: Member) => string | undefined = () => undefined,
): AlterStep[] {
  return partitions.map((partition, index) => ({
    statements: [
      validate(partition, nameOn(partition) ?? key.name, {
        locks: [
          { relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "SHARE UPDATE EXCLUSIVE" },
          toReferencedLock(key, "ROW SHARE"),
        ],
        reads: true,
      }),
    ],
    onViolation: planViolationResponse(family, demand, standing, takeBack, {
      partition,
      read: partitions.slice(0, index).filter((one) => standing.table === "before" || standing.before.includes(one)),
    }),
  }));
}

function validateParent(family: Family, key: ForeignKeySpec): Statement {
  return validate({ schema: family.schema, name: family.table }, key.name, {
    locks: [{ relation: `${family.schema}.${family.table}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
    reads: false,
  });
}

function addToPartition(partition: Member, key: ForeignKeySpec): Statement {
  const name = quoteQualified(partition.schema, partition.name);
  return {
    sql: `ALTER TABLE ${name} ADD CONSTRAINT ${quote(key.name)} ${formatForeignKey(key)} NOT VALID`,
    transaction: `foreign key ${key.name} of ${partition.schema}.${partition.name}`,
    timeouts: "strong",
    oneWait: true,
    locks: [
      { relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "SHARE ROW EXCLUSIVE" },
      toReferencedLock(key, "SHARE ROW EXCLUSIVE"),
    ],
    hold: "instant",
    hazards: ["LOCK_WRITES_SHORT", "LOCK_REF_WRITE"],
    undo: `ALTER TABLE ${name} DROP CONSTRAINT ${quote(key.name)}`,
  };
}

function dropFromPartition(partition: Member, key: ForeignKeySpec): Statement[] {
  const name = quoteQualified(partition.schema, partition.name);
  return [
    {
      sql: `ALTER TABLE ${name} DROP CONSTRAINT IF EXISTS ${quote(key.name)}`,
      transaction: `take back ${key.name} of ${partition.schema}.${partition.name}`,
      timeouts: "strong",
      oneWait: true,
      locks: [
        { relation: `${partition.schema}.${partition.name}`, role: "partition", mode: "ACCESS EXCLUSIVE" },
        toReferencedLock(key, "ACCESS EXCLUSIVE"),
      ],
      hold: "instant",
      hazards: ["LOCK_PARTITION_AX", "LOCK_REF_AX"],
      undo: "not needed",
    },
  ];
}

/** Returns a partition's constraint for the key of the table. */
function findPending(facts: AlterFacts, partition: Member, key: ForeignKeySpec): PendingConstraint | undefined {
  return facts.pending.find((one) => isOn(one, partition) && one.name === key.name);
}

/** Returns a partition's own equal key, under any name. */
function findOwnKey(facts: AlterFacts, partition: Member, key: ForeignKeySpec): PendingConstraint | undefined {
  return facts.pending.find((one) => isOn(one, partition) && one.own === true && isSameKey(one, key));
}

function isOn(one: PendingConstraint, partition: Member): boolean {
  return one.kind === "foreign" && one.schema === partition.schema && one.partition === partition.name;
}

export function isSameKey(one: PendingConstraint, key: ForeignKeySpec): boolean {
  if (one.kind !== "foreign") return false;
  const found = {
    name: one.name,
    columns: one.columns ?? [],
    definition: one.definition ?? "",
    references: one.references,
  };
  const { deferrable, enforced } = parseForeignKey(found);
  return isSameForeignKey(key, found) && enforced === key.enforced && deferrable === key.deferrable;
}

function toReferencedLock(
  key: { readonly references: Pick<ForeignKeySpec["references"], "schema" | "table"> },
  mode: Lock["mode"],
): Lock {
  return { relation: `${key.references.schema}.${key.references.table}`, role: "referenced", mode };
}
