import type { BranchRef } from "../../core/levels/levels";
import type { ObservedBranch, ObservedPartition } from "../../core/observed/observed-table";
import type { KeyKind } from "../../core/time/key";
import { parseBounds, parseBranchValue } from "./bounds";
import { toCarried, type PartitionRow, STRATEGIES } from "./rows";

/** Interpretation of the bounds of time partitions, and the column that they bound. */
export interface TimeKey {
  readonly kind: KeyKind;
  readonly column: string;
  readonly zone: string;
}

/** Partitions of a table as a tree, from rows that name their parents. */
interface Tree {
  readonly partitions: readonly ObservedPartition[];
  readonly branches: readonly ObservedBranch[];
}

/** Builds the tree from rows with parents first; the first one is the table itself. */
export function toTree(rows: readonly PartitionRow[], key: TimeKey | undefined): Tree {
  const root = rows.find((row) => row.parent === null);
  if (!root) return { partitions: [], branches: [] };
  const children = new Map<string, PartitionRow[]>();
  for (const row of rows) {
    if (row.parent === null) continue;
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(row);
    else children.set(row.parent, [row]);
  }
  const branches: ObservedBranch[] = [];
  const listBelow = (parent: PartitionRow, path: readonly string[] | undefined): ObservedPartition[] => {
    const ref = parent === root || path === undefined ? undefined : { schema: parent.schema, name: parent.name, path };
    return (children.get(parent.oid) ?? []).map((row) => {
      const partition = toPartition(row, isTime(parent, key) ? key : undefined, ref);
      if (row.strategy !== null) {
        const value = parseBranchValue(row.bounds);
        const own = path === undefined || value === undefined ? undefined : [...path, value];
        const at = branches.length;
        // Reserves its index before those of its partitions, which are built first.
        branches.length += 1;
        const { strategy, key_column: column } = row;
        const partitions = listBelow(row, own);
        const whole = { ...partition, parts: partitions.flatMap(listNames) };
        branches[at] = {
          partition: whole,
          path: own,
          strategy: STRATEGIES[strategy],
          column: column ?? undefined,
          partitions,
        };
        return whole;
      }
      return partition;
    });
  };
  return { partitions: listBelow(root, []), branches };
}

/** Returns the names of a partition and of everything below it. */
function listNames({ schema, name, parts = [] }: ObservedPartition): string[] {
  return [`${schema}.${name}`, ...parts];
}

function isTime(parent: PartitionRow, key: TimeKey | undefined): boolean {
  return key !== undefined && parent.strategy === "r" && parent.key_column === key.column;
}

function toPartition(row: PartitionRow, key: TimeKey | undefined, parent: BranchRef | undefined): ObservedPartition {
  return {
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    boundsText: row.bounds ?? "",
    bounds: key && parseBounds(row.bounds, key.kind, key.zone),
    isDefault: row.bounds === "DEFAULT",
    partitioned: row.partitioned,
    ...(row.is_foreign ? { foreign: true } : {}),
    detachPending: row.pending,
    rows: row.rows === null ? undefined : Number(row.rows),
    bytes: Number(row.bytes ?? 0),
    ...(row.fenced ? { fenced: true } : {}),
    ...(row.splitting ? { splitting: true } : {}),
    ...(parent ? { parent } : {}),
    carried: toCarried(row.carried),
  };
}
