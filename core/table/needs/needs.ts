import type { ForeignKeySpec } from "../../declare/table/constraints";
import { decodeProfile, type PartitionProfile } from "../../declare/table/profile";
import type { GrantSpec, RowSecuritySpec } from "../../declare/table/security";
import type { TableShape } from "../../declare/table/spec";
import type { Observation } from "../../observed/observed-table";
import { formatPath } from "../../problems/shape-problems";
import { listNewParts } from "./new-parts";

/** A name in the declaration that the database must know, with the argument that has it. */
export interface NamedNeed {
  readonly name: string;
  readonly path: string;
}

/** Objects outside of the table that a declaration names: only those that the table does not use already. */
export interface TableNeeds {
  readonly roles: readonly NamedNeed[];
  /** Schemas that tables are created in. */
  readonly schemas: readonly NamedNeed[];
  readonly tablespaces: readonly NamedNeed[];
  /** New foreign keys. */
  readonly keys: readonly ForeignKeySpec[];
}

export function listNeeds(shape: TableShape, observation: Observation): TableNeeds {
  const { profile } = shape;
  const recorded = observation.table ? decodeProfile(observation.registration?.profile) : {};
  return {
    roles: listRoles(profile, observation),
    schemas: [
      ...(observation.table ? [] : [{ name: shape.schema, path: "schema" }]),
      ...(profile.schema === undefined || profile.schema === recorded.schema || profile.schema === shape.schema
        ? []
        : [{ name: profile.schema, path: "partitionSchema" }]),
    ],
    tablespaces: listTablespaces(profile).filter(
      ({ name }) => !listTablespaces(recorded).some((known) => known.name === name),
    ),
    keys: listNewParts(shape, observation).foreignKeys,
  };
}

export function needsNothing({ roles, schemas, tablespaces, keys }: TableNeeds): boolean {
  return roles.length + schemas.length + tablespaces.length + keys.length === 0;
}

/** Lists the roles of grants and policies. Those that the table gives rights to exist. */
export function listRoles(
  declared: {
    readonly grants?: readonly GrantSpec[] | undefined;
    readonly rowSecurity?: RowSecuritySpec | undefined;
  },
  { table, role }: Pick<Observation, "table" | "role">,
): NamedNeed[] {
  const known = new Set([
    "public",
    ...(role ? [role.name] : []),
    ...(table ? [table.owner] : []),
    ...(table?.carried?.grants ?? []).map((grant) => grant.role),
    ...(table?.carried?.policies ?? []).flatMap((policy) => policy.roles),
  ]);
  return [
    ...(declared.grants ?? []).map((grant) => ({ name: grant.role, path: formatPath(["grants", grant.role]) })),
    ...(declared.rowSecurity?.policies ?? []).flatMap((policy) =>
      policy.roles.map((name) => ({ name, path: formatPolicyPath(declared.rowSecurity, policy.name, "roles") })),
    ),
  ].filter(({ name }) => !known.has(name));
}

/** Returns the argument that a policy comes from: `copyFrom` for one of another table. */
export function formatPolicyPath(declared: RowSecuritySpec | undefined, policy: string, property?: string): string {
  if (declared?.copyFrom) return "rowSecurity.copyFrom";
  return formatPath(["rowSecurity", "policies", policy, ...(property === undefined ? [] : [property])]);
}

function listTablespaces(profile: PartitionProfile): NamedNeed[] {
  return (profile.storage ?? []).flatMap(({ name: age, tablespace }) =>
    tablespace === undefined ? [] : [{ name: tablespace, path: formatPath(["storage", age, "tablespace"]) }],
  );
}
