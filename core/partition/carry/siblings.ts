import type { CarriedState, ObservedBranch, ObservedLeaf, ObservedTable } from "../../observed/observed-table";
import { compareInstants } from "../../time/instant";
import type { OpenInterval } from "../../time/interval";

/** An existing partition and its properties. */
export interface Sibling {
  readonly schema: string;
  readonly name: string;
  readonly carried: CarriedState;
}

/** The partitions that a new one should resemble, by kind: tables of rows, or tables that are partitioned further. */
export interface Siblings {
  /** The newest ones: one of a table, one of each branch, the parts of one if each is partitioned further by HASH. */
  readonly newest: (cut: Cutting | undefined) => readonly Sibling[];
  /** All that hold rows. */
  readonly all: readonly Sibling[];
}

/** Further partitioning of a table. */
export interface Cutting {
  readonly strategy: "range" | "list" | "hash";
  readonly column: string | undefined;
}

interface Member extends Sibling {
  readonly kind: string;
  /** Its branch, from the table down. */
  readonly stem: string;
  /** The time partition that it is, or belongs to. Undefined above the time level. */
  readonly time: TimePartition | undefined;
}

interface TimePartition {
  readonly name: string;
  readonly bounds: OpenInterval;
}

/**
 * Finds siblings among attached partitions, except those that do not show how a partition should be: default partitions, half
 * detached ones, those made read-only before their retirement, and foreign tables.
 */
export function siblingsOf(table: ObservedTable): Siblings {
  const known = KNOWN.get(table);
  if (known) return known;
  const found = findSiblings(table);
  KNOWN.set(table, found);
  return found;
}

/** Cached because each of a thousand partitions asks about the same table. */
const KNOWN = new WeakMap<ObservedTable, Siblings>();

function findSiblings(table: ObservedTable): Siblings {
  const members = membersOf(table);
  const newest = new Map<string, Sibling[]>();
  for (const kind of new Set(members.map((member) => member.kind)))
    newest.set(kind, newestOf(members.filter((member) => member.kind === kind)));
  return {
    newest: (cut) => newest.get(kindOf(cut)) ?? [],
    all: members.filter((member) => member.kind === ROWS),
  };
}

/**
 * Returns the value that the newest siblings share. Undefined without siblings, or if branches differ: one text creates the
 * partitions of all branches, so none of them may get another one's value.
 */
export function alike<T>(
  siblings: readonly Sibling[],
  read: (sibling: Sibling) => T,
): { readonly value: T } | undefined {
  const [first, ...others] = siblings;
  if (!first) return undefined;
  const value = read(first);
  const text = JSON.stringify(value);
  return others.every((other) => JSON.stringify(read(other)) === text) ? { value } : undefined;
}

const ROWS = "rows";

function kindOf(cut: Cutting | undefined): string {
  return cut ? `${cut.strategy} ${cut.column ?? ""}` : ROWS;
}

function membersOf(table: ObservedTable): Member[] {
  const branches = new Map(table.branches.map((branch) => [branch.leaf.oid, branch]));
  const members: Member[] = [];
  const visit = (leaf: ObservedLeaf, stem: string, above: TimePartition | undefined): void => {
    if (leaf.isDefault || leaf.detachPending || leaf.fenced) return;
    const branch = leaf.partitioned ? branches.get(leaf.oid) : undefined;
    const time = above ?? (leaf.bounds && { name: leaf.name, bounds: leaf.bounds });
    const { schema, name, carried } = leaf;
    if (carried && isTable(leaf, carried)) members.push({ schema, name, carried, kind: kindOf(branch), stem, time });
    for (const part of partsOf(branch)) visit(part, time ? stem : `${stem}/${leaf.name}`, time);
  };
  for (const leaf of table.leaves) visit(leaf, "", undefined);
  return members;
}

function partsOf(branch: ObservedBranch | undefined): readonly ObservedLeaf[] {
  return branch?.leaves ?? [];
}

/** A foreign table has no access method. */
function isTable(leaf: ObservedLeaf, carried: CarriedState): boolean {
  return leaf.partitioned || carried.unsaid === undefined || carried.unsaid.accessMethod !== undefined;
}

function newestOf(members: readonly Member[]): Member[] {
  const latest = new Map<string, TimePartition>();
  for (const { stem, time } of members) {
    const known = latest.get(stem);
    if (time && (!known || isNewer(time, known))) latest.set(stem, time);
  }
  return members.filter(({ stem, time }) => latest.get(stem)?.name === time?.name);
}

function isNewer({ bounds: a }: TimePartition, { bounds: b }: TimePartition): boolean {
  if (!a.to || !b.to) return !a.to && b.to !== undefined;
  return compareInstants(a.to, b.to) > 0;
}
