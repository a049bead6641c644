import { quote, quoteQualified } from "../../names/identifier";
import {
  buildPolicyStatements,
  buildRowSecurityStatements,
  quoteRole,
} from "../../partition/carry/security-statements";
import type { ObservedTable } from "../../observed/observed-table";
import { listWholeTree } from "../../partition/branch/desired-branches";
import type { Relation } from "../../sql/relation";
import type { Lock, Statement } from "../../sql/statement";
import type { ConversionSource } from "../source";
import { findPrimaryKey, quoteTable } from "../attach/attach-source";
import { carryStatistics } from "../attach/carry";
import type { Handover } from "../attach/handover";
import { buildStep, buildSteps } from "../attach/step";
import { addConstraint, listReferenced } from "../attach/swap";
import type { CopyShape } from "./align-copy";
import { type CopySource, nameOnTarget, quoteTarget } from "./copy-source";
import { exchangeStatements, listOutgoing, type SwapProof } from "./exchange";
import { FORMER_TRIGGER, takeNames, turnPair } from "./swap-copy";

/**
 * A converted table, and the former one that is kept equal to it and takes its place again. The roles of a conversion are exchanged: the
 * partitioned table has the name, `names.target` is the former one, `names.former` the name that the partitioned one gets.
 */
export interface ReturnSource extends CopySource {
  /** The former table. */
  readonly plain: ObservedTable;
  /** What it has of its own. */
  readonly own: ConversionSource;
  /** Table of the pending keys of the plain table, from the way back on. */
  readonly pendingAgain: string;
}

/** Returns the shape that the former table has of the partitioned one: without what a partitioned table cannot have. */
export function describeFormer({ plain, own }: Pick<ReturnSource, "plain" | "own">): CopyShape {
  const kept = new Set(
    own.constraints
      .filter(({ validated, enforced, noInherit }) => !validated || !enforced || noInherit)
      .map(({ name }) => name),
  );
  return {
    columns: plain.columns,
    constraints: plain.constraints.filter(({ name }) => !kept.has(name)),
    indexes: plain.indexes,
  };
}

/**
 * Returns the one transaction of the way back: the partitioned table gets the name of the copy, the former table its own one again with
 * everything that is bound to the partitioned one by then, and accepts writes. Nothing is dropped: the partitioned table is the copy,
 * compared, and changes are captured for it from then on.
 */
export function returnCopyStatements(
  source: ReturnSource,
  proof: SwapProof,
  records: readonly Statement[] = [],
): Statement[] {
  const { table, plain } = source;
  const parts = {
    transaction: `convert back ${table.schema}.${table.name}`,
    phase: "reverified",
    what: "the former table",
    handover: toHandover(source),
    passes: plain.oid,
    before: [
      ...buildSteps([`DROP TRIGGER ${FORMER_TRIGGER} ON ${quoteTarget(source)}`]),
      ...buildSteps(
        source.bound.statistics.map(({ schema, name }) => `DROP STATISTICS ${quoteQualified(schema, name)}`),
      ),
    ],
    takeNames: takeNames(source, findPrimaryKey(plain)?.name),
    statistics: takeStatistics(source),
    partitions: [...closeCopy(source), ...openPartitions(source)],
    unproven: carryUnproven(source),
    outgoing: referAgain(source),
    refuse: [],
    captures: { pair: turnPair(source, source.pendingAgain), leaves: [] },
  } as const;
  return exchangeStatements(source, proof, parts, records);
}

/** The former table in the place of the partitioned one, whose statistics objects are gone by then. */
function toHandover(source: ReturnSource): Handover {
  const { own, bound, table } = source;
  const { carried, privileges } = own;
  const key = findPrimaryKey(table)?.name;
  const without = findPrimaryKey(source.plain) ? undefined : key;
  return {
    ...source,
    // What the former table does not have is not commented: a primary key that only the partitioned one needed.
    table: { ...table, indexes: table.indexes.filter(({ name }) => name !== without) },
    bound: {
      ...bound,
      statistics: [],
      constraints: bound.constraints.filter(({ name }) => name !== without),
    },
    formerName: source.names.former,
    present: {
      owner: carried.owner,
      rowSecurity: carried.rowSecurity,
      policies: carried.policies,
      replicaIdentity: carried.replicaIdentity.kind,
      privileges,
    },
  };
}

/** Statistics objects get their names again; those that the partitioned table has no more go, and those that it has got come. */
function takeStatistics(source: ReturnSource): Statement[] {
  const { own, bound } = source;
  const kept = new Map(bound.statistics.map(({ name }) => [nameOnTarget(source, name), name]));
  const found = new Set(own.statistics.map(({ name }) => name));
  const added = bound.statistics.filter(({ name }) => !found.has(nameOnTarget(source, name)));
  return buildSteps([
    ...own.statistics.map(({ schema, name }) => {
      const again = kept.get(name);
      const object = quoteQualified(schema, name);
      return again === undefined ? `DROP STATISTICS ${object}` : `ALTER STATISTICS ${object} RENAME TO ${quote(again)}`;
    }),
    ...carryStatistics({ bound: { ...bound, statistics: added } }),
  ]);
}

/** No session may use the copy any more: the privileges, policies and row security are those of the table. */
function closeCopy(source: ReturnSource): Statement[] {
  const { table, bound, names } = source;
  const relation: Relation = { schema: table.schema, name: names.former, role: "parent", fresh: true };
  const others = new Set(bound.privileges.map(({ grantee }) => grantee).filter((role) => role !== table.owner));
  const off = { enabled: false, forced: false };
  return [
    ...buildRowSecurityStatements(relation, "", off, bound.carried.rowSecurity),
    ...buildPolicyStatements(relation, "", [], bound.carried.policies),
    ...revoke(quoteQualified(table.schema, names.former), others),
  ];
}

/** Row security of the partitions, which the owner's rows would be filtered by no more than before the first swap. */
function openPartitions({ table }: ReturnSource): Statement[] {
  return listWholeTree(table).flatMap(({ schema, name, carried }) => {
    if (!carried) return [];
    const relation: Relation = { schema, name, role: "partition", fresh: true };
    return [
      ...buildRowSecurityStatements(relation, "", { enabled: false, forced: false }, carried.rowSecurity),
      ...buildPolicyStatements(relation, "", [], carried.policies),
      ...revoke(quoteQualified(schema, name), new Set(carried.grants.map(({ role }) => role))),
    ];
  });
}

function revoke(on: string, roles: ReadonlySet<string>): Statement[] {
  return buildSteps([...roles].map((role) => `REVOKE ALL ON TABLE ${on} FROM ${quoteRole(role)} CASCADE`));
}

/** Checks that the partitioned table has, and the former one, which keeps its own, has not. */
function carryUnproven(source: ReturnSource): Statement[] {
  const found = new Set(source.own.constraints.map(({ name }) => name));
  return source.bound.constraints
    .filter(({ kind, validated, enforced, name }) => kind === "check" && !(validated && enforced) && !found.has(name))
    .map(({ name, definition }) => addConstraint(source, name, definition));
}

/** Foreign keys are enforced from the way back on, and validated after it. */
function referAgain(source: ReturnSource): Statement[] {
  return listOutgoing(source).map(({ name, definition }) => {
    const locks: Lock[] = listReferenced(source, name);
    return buildStep(
      `ALTER TABLE ${quoteTable(source)} ADD CONSTRAINT ${quote(name)} ${definition.replace(/ NOT VALID$/, "")} NOT VALID`,
      { locks, hazards: ["LOCK_REF_WRITE"] },
    );
  });
}

/** After the way back: validates the foreign keys of the plain table while writers continue. */
export function settleReturned(source: Pick<CopySource, "table" | "bound">): Statement[] {
  const { table } = source;
  return listOutgoing(source)
    .filter(({ validated }) => validated)
    .map(({ name }): Statement => ({
      sql: `ALTER TABLE ${quoteTable(source)} VALIDATE CONSTRAINT ${quote(name)}`,
      transaction: `validate ${table.name}.${name}`,
      timeouts: "waiting",
      locks: [
        { relation: `${table.schema}.${table.name}`, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" },
        ...listReferenced(source, name).map((lock): Lock => ({ ...lock, mode: "ROW SHARE" })),
      ],
      hold: "grows with rows",
      hazards: ["SCAN_PARTITION"],
      undo: "not needed: it changes no row",
    }));
}
