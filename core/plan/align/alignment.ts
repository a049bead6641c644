import { type Alignment, alignStatements } from "../../partition/carry/align";
import { parentStatements } from "../../partition/carry/align-parent";
import type { LeafProfile } from "../../declare/table/profile";
import { type WantedState, wantedState } from "../../partition/carry/wanted";
import type { CarriedState, Observation, ObservedLeaf, ObservedTable } from "../../observed/observed-table";
import { leafNames } from "../../partition/statements/new-table";
import type { ParentShape } from "../../partition/carry/parent";
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
  const leaves = partitionsOf(observation.table).flatMap((leaf) => {
    if (leaf.detachPending) return [];
    const leaving = retiring.some(({ table }) => table.oid === leaf.oid);
    const alignment =
      leaving && !leaf.foreign
        ? leaf.carried && accessAlignment(parent, leaf, leaf.carried)
        : alignmentOf(parent, leaf);
    return alignment && alignment.reasons.length > 0 ? [alignChange(leaf, alignment)] : [];
  });
  return [...parentAlignment(parent, observation.table, shown), ...leaves];
}

/** Corrects what another session changed, and what had to wait for the indexes. */
function parentAlignment(parent: ParentShape, table: ObservedTable, shown: ReadonlySet<string>): AlignChange[] {
  const { replicaIdentity, statistics } = parent.carried.profile;
  const relation = { schema: parent.schema, name: parent.table, role: "parent", fresh: false } as const;
  const of = (leaves: LeafProfile): Statement[] =>
    // The comment is declared for the table alone: its own resource maintains it.
    parentStatements(relation, `align ${parent.schema}.${parent.table}`, { comment: undefined, leaves }, table).filter(
      (statement) => !shown.has(statement.sql),
    );
  const parts = [
    { reason: "statistics targets of the table differ", statements: of(statistics ? { statistics } : {}) },
    { reason: "replica identity of the table differs", statements: of(replicaIdentity ? { replicaIdentity } : {}) },
  ].filter(({ statements }) => statements.length > 0);
  if (parts.length === 0) return [];
  const statements = parts.flatMap((part) => part.statements);
  return [
    alignChange({ name: parent.table, bounds: undefined }, { statements, reasons: parts.map(({ reason }) => reason) }),
  ];
}

/** Plans one alignment. Statements that the connected role may not run are left to the owner. */
export function alignChange(
  { name, bounds = WHOLE }: Pick<ObservedLeaf, "name" | "bounds">,
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
function partitionsOf(table: ObservedTable): readonly ObservedLeaf[] {
  return table.branches.length === 0
    ? table.leaves
    : [...table.leaves, ...table.branches.flatMap((branch) => branch.leaves)];
}

/** Aligns row security, policies and grants of one table, and no other property of a partition. */
export function accessAlignment(
  parent: ParentShape,
  { schema, name }: { readonly schema: string; readonly name: string },
  carried: CarriedState,
): Alignment {
  const wanted = wantedOf(parent, name, { to: undefined, uniqueIndexes: undefined });
  const access = { ...wanted, replicaIdentity: undefined, statistics: undefined, storage: undefined };
  return alignStatements({ schema, name, role: "leaf", fresh: false }, access, carried);
}

function alignmentOf(parent: ParentShape, leaf: ObservedLeaf): Alignment | undefined {
  if (!leaf.carried) return undefined;
  const wanted = wantedOf(parent, leaf.name, { to: leaf.bounds?.to, uniqueIndexes: leaf.carried.uniqueIndexes });
  // A branch holds no rows, so it has no storage settings; the storage of a foreign table is not managed here.
  const fitting = leaf.partitioned
    ? { ...wanted, storage: undefined }
    : leaf.foreign
      ? ofForeign(wanted, leaf.carried)
      : wanted;
  return alignStatements({ schema: leaf.schema, name: leaf.name, role: "leaf", fresh: false }, fitting, leaf.carried);
}

/** Limits the wanted state to what a foreign table can have: its owner, its grants, and statistics targets. */
function ofForeign(wanted: WantedState, { replicaIdentity }: CarriedState): WantedState {
  return { ...wanted, rowSecurity: undefined, policies: undefined, storage: undefined, replicaIdentity };
}

function wantedOf(parent: ParentShape, leaf: string, facts: Parameters<typeof wantedState>[2]): WantedState {
  // The observation always has a clock; a planned parent has no partitions.
  return wantedState(parent.carried, leafNames(parent, leaf), facts, parent.now, parent.key.zone);
}
