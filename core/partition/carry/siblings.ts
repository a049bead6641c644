import type { CarriedState, ObservedBranch, ObservedPartition, ObservedTable } from "../../observed/observed-table";
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
export function getSiblings(table: ObservedTable): Siblings {
  const known = KNOWN.get(table);
  if (known) return known;
  const found = findSiblings(table);
  KNOWN.set(table, found);
  return found;
}

/** Cached because each of a thousand partitions asks about the same table. */
const KNOWN = new WeakMap<ObservedTable, Siblings>();

function findSiblings(table: ObservedTable): Siblings {
  const members = listMembers(table);
  const newest = new Map<string, Sibling[]>();
  for (const kind of new Set(members.map((member) => member.kind)))
    newest.set(kind, findNewest(members.filter((member) => member.kind === kind)));
  return {
    newest: (cut) => newest.get(describeCut(cut)) ?? [],
    all: members.filter((member) => member.kind === ROWS),
  };
}

/**
 * Returns the value that the newest siblings share. Undefined without siblings, or if branches differ: one text creates the
 * partitions of all branches, so none of them may get another one's value.
 */
export function findSharedValue<T>(
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

function describeCut(cut: Cutting | undefined): string {
  return cut ? `${cut.strategy} ${cut.column ?? ""}` : ROWS;
}

function listMembers(table: ObservedTable): Member[] {
  const branches = new Map(table.branches.map((branch) => [branch.partition.oid, branch]));
  const members: Member[] = [];
  const visit = (partition: ObservedPartition, stem: string, above: TimePartition | undefined): void => {
    if (partition.isDefault || partition.detachPending || partition.fenced) return;
    const branch = partition.partitioned ? branches.get(partition.oid) : undefined;
    const time = above ?? (partition.bounds && { name: partition.name, bounds: partition.bounds });
    const { schema, name, carried } = partition;
    if (carried && isTable(partition, carried))
      members.push({ schema, name, carried, kind: describeCut(branch), stem, time });
    for (const part of listParts(branch)) visit(part, time ? stem : `${stem}/${partition.name}`, time);
  };
  for (const partition of table.partitions) visit(partition, "", undefined);
  return members;
}

function listParts(branch: ObservedBranch | undefined): readonly ObservedPartition[] {
  return branch?.partitions ?? [];
}

/** A foreign table has no access method. */
function isTable(partition: ObservedPartition, carried: CarriedState): boolean {
  return partition.partitioned || carried.unsaid === undefined || carried.unsaid.accessMethod !== undefined;
}

function findNewest(members: readonly Member[]): Member[] {
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
