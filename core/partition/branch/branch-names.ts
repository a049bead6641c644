import { fitIdentifier, hashShort } from "../../names/identifier";
import { encodeBranchPath } from "../../levels/levels";

/** A branch before its name is known to be free. */
export interface Unnamed {
  readonly path: readonly string[];
  readonly active: boolean;
  /** Name from the template of its level. */
  readonly wanted: string;
  /** Its current name, if it exists. */
  readonly kept: string | undefined;
}

/**
 * Names the branches of one depth. An existing branch keeps its name; of those that want one name the first gets it, those in use
 * before the others, and a hash of their values distinguishes the others. The same rule as wanted_branches() in the database.
 *
 * @param taken names of the table and of existing branches
 */
export function distinguishNames<T extends Unnamed>(
  branches: readonly T[],
  taken: ReadonlySet<string>,
): (T & { readonly name: string })[] {
  const first = new Map<string, T>();
  for (const branch of branches) {
    const other = first.get(branch.wanted);
    if (branch.kept === undefined && (other === undefined || comesBefore(branch, other)))
      first.set(branch.wanted, branch);
  }
  return branches.map((branch) => {
    const free = first.get(branch.wanted) === branch && !taken.has(branch.wanted);
    return { ...branch, name: branch.kept ?? (free ? branch.wanted : addHash(branch)) };
  });
}

/** Returns paths of branches whose name still equals that of another, in a level above or below: they cannot be created. */
export function listNameless(branches: readonly (Unnamed & { readonly name: string })[]): ReadonlySet<string> {
  const owner = new Map<string, Unnamed>();
  for (const branch of branches) {
    const other = owner.get(branch.name);
    if (other === undefined || comesBeforeInTree(branch, other)) owner.set(branch.name, branch);
  }
  const without = branches.filter((branch) => branch.kept === undefined && owner.get(branch.name) !== branch);
  return new Set(without.map(({ path }) => encodeBranchPath(path)));
}

function addHash({ wanted, path }: Unnamed): string {
  return fitIdentifier(`${wanted}_${hashShort(encodeBranchPath(path))}`);
}

function comesBefore(one: Unnamed, other: Unnamed): boolean {
  if (one.active !== other.active) return one.active;
  return comparePaths(one.path, other.path) < 0;
}

function comesBeforeInTree(one: Unnamed, other: Unnamed): boolean {
  if ((one.kept === undefined) !== (other.kept === undefined)) return one.kept !== undefined;
  if (one.path.length !== other.path.length) return one.path.length < other.path.length;
  return comparePaths(one.path, other.path) < 0;
}

/** Compares by bytes, like the collation "C" of the database. */
function comparePaths(one: readonly string[], other: readonly string[]): number {
  for (const [index, value] of one.entries()) {
    const order = Buffer.compare(Buffer.from(value), Buffer.from(other[index] ?? ""));
    if (order !== 0) return order;
  }
  return one.length - other.length;
}
