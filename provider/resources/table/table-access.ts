import { quote } from "../../../core/names/identifier";
import { type PartitionProfile, decodeProfile } from "../../../core/declare/table/profile";
import { findSharedValue, getSiblings } from "../../../core/partition/carry/siblings";
import type { Observation } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { TableShape } from "../../../core/declare/table/spec";
import type { TableWire } from "../../../core/declare/table/wire";
import { readSchemaRights } from "../../../postgres/read/rights";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { toProperties, refuse } from "../shared/inputs";
import { resolvePolicies } from "../shared/policy-source";

/** Returns the settings of partitions, with `copyFrom` resolved, or why it cannot be. */
export async function checkPartitions(
  runtime: Runtime,
  wire: TableWire,
): Promise<{ readonly profile: PartitionProfile | undefined; readonly problems: readonly CoreProblem[] }> {
  const { profile } = wire;
  if (!profile?.rowSecurity) return { profile, problems: [] };
  const resolved = await resolvePolicies(runtime, wire, profile.rowSecurity);
  if ("problem" in resolved) return { profile, problems: [resolved.problem] };
  return { profile: { ...profile, ...(resolved.security ? { rowSecurity: resolved.security } : {}) }, problems: [] };
}

/** Returns the recorded declaration of the partitions, if the table was managed before. */
export function readImportedProfile({ registration }: Observation): PropertyMap {
  const profile = decodeProfile(registration?.profile);
  return Object.keys(profile).length > 0 ? toProperties({ profile }) : {};
}

/** Checks privileges on a separate schema for partitions. One that a preview does not find may come with the same program. */
export async function requirePartitionSchema(
  runtime: Runtime,
  shape: TableShape,
  observation: Observation,
  preview: boolean,
): Promise<void> {
  const siblings = observation.table ? getSiblings(observation.table).newest(undefined) : [];
  const schema = shape.profile.schema ?? findSharedValue(siblings, (one) => one.schema)?.value;
  if (schema === undefined || schema === shape.schema) return;
  const owner = observation.table?.owner;
  const rights = await readSchemaRights(runtime.database, schema, owner);
  const subject = `table "${shape.schema}.${shape.table}"`;
  const refuseWith = (code: CoreProblem["code"], message: string, fix: string) =>
    refuse(subject, [{ path: "partitionSchema", code, message, fix }]);
  if (!rights.there) {
    if (preview) return;
    refuseWith(
      "invalid-value",
      `the schema "${schema}" of its partitions does not exist.`,
      `Create it first: CREATE SCHEMA ${quote(schema)}.`,
    );
  }
  const missing = [
    ...(rights.creates ? [] : [`GRANT USAGE, CREATE ON SCHEMA ${quote(schema)} TO ${quote(rights.role)}`]),
    ...(rights.ownerCreates || owner === undefined || owner === rights.role
      ? []
      : [`GRANT CREATE ON SCHEMA ${quote(schema)} TO ${quote(owner)}`]),
  ];
  if (missing.length === 0) return;
  refuseWith(
    "privileges",
    `role "${rights.role}" may not create partitions in schema "${schema}".`,
    `An administrator has to run: ${missing.join("; ")}`,
  );
}
