import type { PartitionProfile } from "../../declare/table/profile";
import type { Observation } from "../../observed/observed-table";
import type { ObservedPublication, RegisteredPublication } from "../../observed/replication";
import type { PublicationMemberWire } from "../../declare/table/publications";
import type { ParentShape } from "../../partition/carry/parent";
import { type RowIdentity, determineRowIdentity } from "./replica-identity";

/** Facts and declarations from which a membership is planned. */
export interface MembershipContext {
  readonly spec: PublicationMemberWire;
  readonly observation: Observation;
  readonly profile: PartitionProfile;
  /** The table as it will be, if only this preview knows it. */
  readonly planned: ParentShape | undefined;
}

/** The publication as it will be after the statements. */
export interface PublicationToBe extends Pick<ObservedPublication, "name" | "changes" | "viaRoot"> {
  /** Undefined: it does not exist yet. */
  readonly found: ObservedPublication | undefined;
  readonly made: boolean;
  readonly identity: RowIdentity;
}

export function predictPublication(
  context: MembershipContext,
  found: ObservedPublication | undefined,
): PublicationToBe {
  const { spec, observation } = context;
  const made = found === undefined || wasMade(findRegistered(observation, spec.publication), found);
  const changes = made ? (spec.create?.publish ?? found?.changes ?? []) : found.changes;
  const viaRoot = made ? (spec.viaRoot ?? found?.viaRoot ?? false) : found.viaRoot;
  const identity = determineRowIdentity(observation.table, context.planned, context.profile);
  return { name: spec.publication, found, made, changes, viaRoot, identity };
}

export function findPublication(observation: Observation, name: string): ObservedPublication | undefined {
  return observation.replication.publications.find((publication) => publication.name === name);
}

export function findRegistered(observation: Observation, name: string): RegisteredPublication | undefined {
  return observation.registration?.publications.find((publication) => publication.name === name);
}

/** True if this product created the publication. One of the same name that another session created again is not managed. */
export function wasMade(registered: RegisteredPublication | undefined, found: ObservedPublication): boolean {
  return registered !== undefined && registered.made && registered.oid === found.oid;
}

/** True for FOR ALL TABLES without an exception for this one, or FOR TABLES IN SCHEMA of the table's own. */
export function publishesImplicitly(
  publication: Pick<ObservedPublication, "allTables" | "excepted" | "schemas">,
  schema: string,
): boolean {
  return (publication.allTables && publication.excepted !== true) || publication.schemas.includes(schema);
}
