import type { ObservedTable } from "../observed";
import type { ObservedReplication } from "../observed-replication";
import type { TableSpecArgs } from "../spec/args";
import type { PublicationArgs } from "../spec/publication-args";

/** The publications that name the table, as they would be declared; adopting a membership changes nothing. */
export function declaredPublications(replication: ObservedReplication): Pick<TableSpecArgs, "publications"> {
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
 * What the table carries and the declaration leaves out: declared, it would be made equal on every partition, and that is a change
 * that a person decides.
 */
export function carriedNotes(table: ObservedTable, replication: ObservedReplication): string[] {
  const { carried } = table;
  const policies = carried?.policies.map((policy) => `"${policy.name}"`) ?? [];
  const roles = carried?.grants.map((grant) => `"${grant.role}"`) ?? [];
  const single = replication.publications.filter((one) => !one.member && one.leaves.length > 0);
  return [
    ...(carried?.rowSecurity.enabled || policies.length > 0
      ? [
          `row security is ${carried?.rowSecurity.enabled ? "on" : "off"}, with ${policies.length > 0 ? `policies ${policies.join(", ")}` : "no policy"}: not declared, so left as it is. rowSecurity declares it, and then closes partitions to direct reads (or mirrors it to them)`,
        ]
      : []),
    ...(roles.length > 0
      ? [
          `${roles.join(", ")} ${roles.length > 1 ? "have" : "has"} privileges: not declared, so left as they are. grants declares them`,
        ]
      : []),
    ...single.map(
      (one) =>
        `publication "${one.name}" names ${one.leaves.length} partitions by themselves and not the table: new ones are not published`,
    ),
  ];
}
