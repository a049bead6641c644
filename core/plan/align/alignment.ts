import { type Alignment, alignStatements } from "../../partition/carry/align";
import { parentStatements } from "../../partition/carry/align-parent";
import type { LeafProfile } from "../../declare/table/profile";
import { type WantedState, wantedState } from "../../partition/carry/wanted";
import type { CarriedState, Observation, ObservedLeaf, ObservedTable } from "../../observed/table";
import { leafNames } from "../../partition/statements/new-table";
import type { ParentShape } from "../../partition/carry/parent";
import type { Statement } from "../../sql/statement";
import { type Change, WHOLE } from "../change/change";
import type { Retirement } from "../retire/retiring";

/** A partition, or the table itself, does not carry what it should. */
export type AlignChange = Change<"align", undefined>;

/**
 * Compares what every attached partition carries with what is declared: made by a resource, the schedule, a hand or
 * an ATTACH. What is not declared is left as it is on each of them. Of what is about to be detached only who may see it: it stays a table, with the same rows.
 *
 * @param shown statements that this preview has shown already, for the table's own resource
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

/** What changed by another hand, and what could not be done before the indexes were there. */
function parentAlignment(parent: ParentShape, table: ObservedTable, shown: ReadonlySet<string>): AlignChange[] {
  const { replicaIdentity, statistics } = parent.carried.profile;
  const relation = { schema: parent.schema, name: parent.table, role: "parent", fresh: false } as const;
  const of = (leaves: LeafProfile): Statement[] =>
    // The comment is declared for the table alone: its own resource keeps it.
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

/** What the connected role may not do is kept by the owner. */
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

/** At every depth: a branch can be named by a reader as well as a leaf. */
function partitionsOf(table: ObservedTable): readonly ObservedLeaf[] {
  return table.branches.length === 0
    ? table.leaves
    : [...table.leaves, ...table.branches.flatMap((branch) => branch.leaves)];
}

/** Row security, policies and grants of one table, and nothing else of what a partition carries. */
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
  // A table that is cut further holds no rows that could be stored in one way or another, and a foreign one none of ours.
  const fitting = leaf.partitioned
    ? { ...wanted, storage: undefined }
    : leaf.foreign
      ? ofForeign(wanted, leaf.carried)
      : wanted;
  return alignStatements({ schema: leaf.schema, name: leaf.name, role: "leaf", fresh: false }, fitting, leaf.carried);
}

/** What a foreign table can have: its owner, its grants, and targets of statistics. */
function ofForeign(wanted: WantedState, { replicaIdentity }: CarriedState): WantedState {
  return { ...wanted, rowSecurity: undefined, policies: undefined, storage: undefined, replicaIdentity };
}

function wantedOf(parent: ParentShape, leaf: string, facts: Parameters<typeof wantedState>[2]): WantedState {
  // The observation has a clock always; a planned parent has no leaves.
  return wantedState(parent.carried, leafNames(parent, leaf), facts, parent.now, parent.key.zone);
}
