import { type Alignment, alignStatements } from "../../partition/carry/align";
import { buildParentStatements } from "../../partition/carry/align-parent";
import type { PartitionProfile } from "../../declare/table/profile";
import { type WantedState, decidePartitionState } from "../../partition/carry/wanted";
import type { CarriedState, Observation, ObservedPartition, ObservedTable } from "../../observed/observed-table";
import { collectPartitionNames } from "../../partition/statements/new-table";
import type { ParentShape } from "../../partition/carry/parent";
import type { Relation } from "../../sql/relation";
import type { Statement } from "../../sql/statement";
import { type Change, WHOLE } from "../change/change";
import type { Retirement } from "../retire/retiring";

/** Correction of a partition, or of the table itself, that differs from its declaration. */
export type AlignChange = Change<"align", undefined>;

/**
 * Compares the properties of every attached partition with the declared ones, whether a resource, the schedule, another session
 * or an ATTACH created it. Properties that are not declared are left alone on each of them. For partitions about to be detached
 * only the access is aligned: they stay tables with the same rows.
 *
 * @param shown statements that this preview has already shown for the table's own resource
 */
export function planAlignments(
  parent: ParentShape | undefined,
  observation: Observation,
  retiring: readonly Retirement[],
  shown: ReadonlySet<string> = new Set(),
): AlignChange[] {
  if (!parent || !observation.table) return [];
  const partitions = listPartitions(observation.table).flatMap((partition) => {
    if (partition.detachPending) return [];
    const leaving = retiring.some(({ table }) => table.oid === partition.oid);
    const alignment =
      leaving && !partition.foreign
        ? partition.carried && alignAccess(parent, partition, partition.carried)
        : alignPartition(parent, partition);
    return alignment && alignment.reasons.length > 0 ? [planAlignChange(partition, alignment)] : [];
  });
  return [...alignParent(parent, observation.table, shown), ...partitions];
}

/** Corrects what another session changed, and what had to wait for the indexes. */
function alignParent(parent: ParentShape, table: ObservedTable, shown: ReadonlySet<string>): AlignChange[] {
  const { replicaIdentity, statistics } = parent.carried.profile;
  const relation = { schema: parent.schema, name: parent.table, role: "parent", fresh: false } as const;
  const buildStatements = (profile: PartitionProfile): Statement[] =>
    // The comment is declared for the table alone: its own resource maintains it.
    buildParentStatements(
      relation,
      `align ${parent.schema}.${parent.table}`,
      { comment: undefined, profile },
      table,
    ).filter((statement) => !shown.has(statement.sql));
  const parts = [
    { reason: "statistics targets of the table differ", statements: buildStatements(statistics ? { statistics } : {}) },
    {
      reason: "replica identity of the table differs",
      statements: buildStatements(replicaIdentity ? { replicaIdentity } : {}),
    },
  ].filter(({ statements }) => statements.length > 0);
  if (parts.length === 0) return [];
  const statements = parts.flatMap((part) => part.statements);
  return [
    planAlignChange(
      { name: parent.table, bounds: undefined },
      { statements, reasons: parts.map(({ reason }) => reason) },
    ),
  ];
}

/** Plans one alignment. Statements that the connected role may not run are left to the owner. */
export function planAlignChange(
  { name, bounds = WHOLE }: Pick<ObservedPartition, "name" | "bounds">,
  { statements, reasons, refused }: Alignment,
): AlignChange {
  return {
    verb: "align",
    section: "align",
    subject: name,
    bounds,
    reasons,
    facts: {},
    statements,
    ...(refused === undefined ? {} : { keep: { by: "owner", reason: refused } }),
    step: undefined,
  };
}

/** Lists the partitions at every depth: a reader can name a branch as well as a partition that holds rows. */
function listPartitions(table: ObservedTable): readonly ObservedPartition[] {
  return table.branches.length === 0
    ? table.partitions
    : [...table.partitions, ...table.branches.flatMap((branch) => branch.partitions)];
}

/** Aligns row security, policies and grants of one table, and no other property of a partition. */
export function alignAccess(
  parent: ParentShape,
  { schema, name }: { readonly schema: string; readonly name: string },
  carried: CarriedState,
): Alignment {
  const wanted = decideState(parent, name, { to: undefined, uniqueIndexes: undefined });
  const access = { ...wanted, replicaIdentity: undefined, statistics: undefined, storage: undefined };
  return alignStatements(toRelation(parent, { schema, name }), access, carried);
}

function alignPartition(parent: ParentShape, partition: ObservedPartition): Alignment | undefined {
  if (!partition.carried) return undefined;
  const wanted = decideState(parent, partition.name, {
    to: partition.bounds?.to,
    uniqueIndexes: partition.carried.uniqueIndexes,
  });
  // A branch holds no rows, so it has no storage settings; the storage of a foreign table is not managed here.
  const fitting = partition.partitioned
    ? { ...wanted, storage: undefined }
    : partition.foreign
      ? limitToForeign(wanted, partition.carried)
      : wanted;
  return alignStatements(toRelation(parent, partition), fitting, partition.carried);
}

function toRelation(
  { serverVersion }: ParentShape,
  { schema, name }: { readonly schema: string; readonly name: string },
): Relation {
  return { schema, name, role: "partition", fresh: false, serverVersion };
}

/** Limits the wanted state to what a foreign table can have: its owner, its grants, and statistics targets. */
function limitToForeign(wanted: WantedState, { replicaIdentity }: CarriedState): WantedState {
  return { ...wanted, rowSecurity: undefined, policies: undefined, storage: undefined, replicaIdentity };
}

function decideState(
  parent: ParentShape,
  partition: string,
  facts: Parameters<typeof decidePartitionState>[2],
): WantedState {
  // The observation always has a clock; a planned parent has no partitions.
  return decidePartitionState(
    parent.carried,
    collectPartitionNames(parent, partition),
    facts,
    parent.now,
    parent.key.zone,
  );
}
