import { getIdentity } from "../partition/carry/newborn";
import type { PartitionProfile } from "../declare/table/profile";
import { noteSiblingDifferences, noteUndeclaredProperties } from "../partition/carry/sibling-notes";
import { findSharedValue, getSiblings } from "../partition/carry/siblings";
import type { ObservedTable } from "../observed/observed-table";
import type { ObservedReplication } from "../observed/replication";
import type { TableSpecArgs } from "../declare/table/args";
import type { PublicationArgs } from "../declare/table/publications";
import type { IndexSpec } from "../declare/table/spec";

/** Returns the publications that name the table, as declared; adopting a membership changes nothing. */
export function declarePublications(replication: ObservedReplication): Pick<TableSpecArgs, "publications"> {
  const members = replication.publications.flatMap(({ name, member }) => (member ? [[name, member] as const] : []));
  if (members.length === 0) return {};
  if (members.every(([, { where, columns }]) => where === undefined && columns === undefined))
    return { publications: members.map(([name]) => name) };
  return {
    publications: Object.fromEntries(
      members.map(([name, { where, columns }]): [string, true | PublicationArgs] => [
        name,
        where === undefined && columns === undefined
          ? true
          : { ...(where === undefined ? {} : { where }), ...(columns === undefined ? {} : { columns }) },
      ]),
    ),
  };
}

/**
 * Returns properties that all partitions share and a program can declare without changing one of them: their schema, and the
 * replica identity. The first update sets the identity of the table itself too.
 */
export function declarePartitions(
  table: ObservedTable,
  indexes: readonly IndexSpec[],
): Pick<TableSpecArgs, "partitionSchema" | "replicaIdentity"> {
  const { all } = getSiblings(table);
  const schema = findSharedValue(all, (one) => one.schema)?.value;
  const identity = findSharedValue(all, getIdentity)?.value;
  const index = indexes.find((one) => one.unique && one.name === identity?.index);
  return {
    ...(schema === undefined || schema === table.schema ? {} : { partitionSchema: schema }),
    ...(identity?.kind === "full" || identity?.kind === "nothing" ? { replicaIdentity: identity.kind } : {}),
    ...(identity?.kind === "index" && index ? { replicaIdentity: { index: index.index } } : {}),
  };
}

/** Notes further properties of partitions: those in which they differ, and those that no program declares. */
export function notePartitionStates(table: ObservedTable, profile: PartitionProfile): string[] {
  const family = { schema: table.schema, profile, siblings: getSiblings(table) };
  const identity = profile.replicaIdentity;
  const onTable = table.carried?.replicaIdentity;
  return [
    ...(identity && onTable && (identity.kind !== onTable.kind || identity.index !== onTable.index)
      ? [
          `all partitions have replica identity ${identity.kind === "index" ? `index "${identity.index ?? ""}"` : identity.kind} and the table has ${onTable.kind}: the first update sets it on the table too (ACCESS EXCLUSIVE for an instant), and changes no partition`,
        ]
      : []),
    ...noteSiblingDifferences(family),
    ...noteUndeclaredProperties(family, table),
  ];
}

/**
 * Notes properties of the table that the declaration leaves out: declared, they would be aligned on every partition, and that
 * change is an operator's decision.
 */
export function noteOmittedProperties(table: ObservedTable, replication: ObservedReplication): string[] {
  const { carried } = table;
  const policies = carried?.policies.map((policy) => `"${policy.name}"`) ?? [];
  const roles = carried?.grants.map((grant) => `"${grant.role}"`) ?? [];
  const single = replication.publications.filter((one) => !one.member && one.partitions.length > 0);
  return [
    ...(carried?.rowSecurity.enabled || policies.length > 0
      ? [
          `row security is ${carried?.rowSecurity.enabled ? "on" : "off"}, with ${policies.length > 0 ? `policies ${policies.join(", ")}` : "no policy"}: not declared, so left as it is. rowSecurity declares it, and then closes partitions to direct reads (or mirrors it to them)`,
        ]
      : []),
    ...(roles.length > 0
      ? [
          `${roles.join(", ")} ${roles.length > 1 ? "have" : "has"} privileges: not declared, so left as they are. Declare them with grants`,
        ]
      : []),
    ...single.map(
      (one) =>
        `publication "${one.name}" names ${one.partitions.length} partitions by themselves and not the table: new ones are not published`,
    ),
  ];
}
