import type { TableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import { removeOuterBrackets } from "../../../core/plan/publish/membership";
import {
  findPublication,
  publishesImplicitly,
  findRegistered,
  wasMade,
} from "../../../core/plan/publish/publication-to-be";
import type { publicationMemberType } from "../../../core/resources/publication-member";
import type { PublicationMemberWire } from "../../../core/declare/table/publications";
import type { PropertyMap } from "../../runtime/values";
import type { Facts } from "../shared/define-resource";

export type MembershipFacts = Facts<typeof publicationMemberType>;

/** Returns the facts of one membership; undefined where it does not exist. */
export function collectMembershipFacts(
  spec: Pick<PublicationMemberWire, "schema" | "publication">,
  observation: Observation,
): MembershipFacts | undefined {
  const found = findPublication(observation, spec.publication);
  if (observation.table?.kind !== "partitioned" || !found) return undefined;
  const implicit = publishesImplicitly(found, spec.schema);
  if (!implicit && !found.member) return undefined;
  return {
    implicit,
    publishes: found.changes,
    viaPartitionRoot: found.viaRoot,
    made: wasMade(findRegistered(observation, spec.publication), found),
    rowFilter: found.member?.where,
    publishedColumns: found.member?.columns,
  };
}

/** Returns the inputs of an imported membership: as declared if the registry has them, else as the server prints it. */
export function importMembership(
  id: TableId & { readonly member: string },
  observation: Observation,
): PropertyMap | undefined {
  const found = findPublication(observation, id.member);
  if (!found || (!found.member && !publishesImplicitly(found, id.schema))) return undefined;
  const registered = findRegistered(observation, id.member);
  const where = found.member?.where;
  const declared = registered?.printed === where ? registered?.declared : undefined;
  const made = wasMade(registered, found);
  return {
    schema: id.schema,
    table: id.table,
    publication: id.member,
    ...(where === undefined ? {} : { where: declared ?? removeOuterBrackets(where) }),
    ...(found.member?.columns === undefined ? {} : { columns: [...found.member.columns] }),
    ...(made ? { viaRoot: found.viaRoot, create: { publish: [...found.changes] } } : {}),
  };
}
