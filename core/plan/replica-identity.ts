import type { LeafProfile } from "../leaf/profile";
import type { ObservedTable } from "../observed";
import type { ParentShape } from "../statements/parent";

/** Columns that identify a row in a stream: `all` of them, some, none; undefined where that is not known yet. */
export type IdentityColumns = readonly string[] | "all" | undefined;

/**
 * What will identify a row once the declaration holds. Without any, PostgreSQL refuses every UPDATE and DELETE of a table
 * whose publication sends them.
 */
export function identityColumns(
  table: ObservedTable | undefined,
  planned: ParentShape | undefined,
  profile: LeafProfile,
): IdentityColumns {
  const identity = profile.replicaIdentity ?? table?.carried?.replicaIdentity ?? { kind: "default" as const };
  switch (identity.kind) {
    case "full":
      return "all";
    case "nothing":
      return [];
    case "index":
      return table?.indexes.find((index) => index.name === identity.index)?.columns;
    case "default":
      return table ? primaryKey(table) : plannedPrimaryKey(planned);
  }
}

function primaryKey(table: ObservedTable): readonly string[] {
  return table.constraints.find((constraint) => constraint.kind === "primary")?.columns ?? [];
}

/** Of a table that is only planned its shape knows the text of the constraint. */
function plannedPrimaryKey(planned: ParentShape | undefined): IdentityColumns {
  if (!planned) return undefined;
  const text = planned.indexes.find((index) => index.constraint?.startsWith("PRIMARY KEY"))?.constraint ?? "";
  return [...text.matchAll(/"((?:[^"]|"")*)"/g)].map((match) => (match[1] ?? "").replaceAll('""', '"'));
}
