import type { Problem } from "./problem";

export type Told = Pick<Problem, "message" | "fix">;

/** Properties that an earlier version had under another name: arguments, inputs, outputs and what the registry has. */
const RENAMED: Readonly<Record<string, string>> = {
  leafSchema: "partitionSchema",
  leafName: "partitionIndexName",
  leafAccess: "partitionAccess",
  leafCount: "partitionCount",
};

/** Properties below which renamed ones can stand. Others are not searched: their keys may be values that a user chose. */
const CONTAINERS = ["profile", "indexes", "rowSecurity", "replicaIdentity"];

/** Returns the message for the old name of a property; undefined: no version had it. */
export function findRenamedOption(key: string): Told | undefined {
  const to = RENAMED[key];
  return Object.hasOwn(RENAMED, key) && to !== undefined ? explainRename(key, to) : undefined;
}

/** Returns the old names in inputs, each with its path. */
export function findRenamedInputs(inputs: unknown): (Told & { readonly path: readonly PropertyKey[] })[] {
  return isObject(inputs) ? findRenamedBelow(inputs, []) : [];
}

/**
 * Returns recorded properties under the present names: state and registry of an earlier version have the old ones. What a program
 * sends does not come here; it is refused with the new name.
 */
export function usePresentNames<T>(recorded: T): T {
  return findRenamedInputs(recorded).length > 0 ? (renameBelow(recorded as object, true) as T) : recorded;
}

function renameBelow(value: object, isOutermost: boolean): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => (isObject(one) ? renameBelow(one, false) : one));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => {
      const name = findPresentName(key, inner, isOutermost) ?? key;
      return [name, isObject(inner) && CONTAINERS.includes(name) ? renameBelow(inner, false) : inner];
    }),
  );
}

function findRenamedBelow(
  value: object,
  path: readonly PropertyKey[],
): (Told & { readonly path: readonly PropertyKey[] })[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const to = findPresentName(key, inner, path.length === 0);
    if (to !== undefined) return [{ path: at, ...explainRename(key, to) }];
    return isObject(inner) && (Array.isArray(value) || CONTAINERS.includes(key)) ? findRenamedBelow(inner, at) : [];
  });
}

/** `leaves` was the profile of a Table's partitions, and the number of partitions that an Index covers. */
function findPresentName(key: string, value: unknown, isOutermost: boolean): string | undefined {
  if (key === "leaves" && isOutermost) return typeof value === "number" ? "partitionCount" : "profile";
  return Object.hasOwn(RENAMED, key) ? RENAMED[key] : undefined;
}

function explainRename(key: string, to: string): Told {
  return { message: `the property "${key}" is named "${to}" now.`, fix: `Write "${to}"; it means the same.` };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
