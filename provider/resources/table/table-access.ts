import { quote } from "../../../core/names/identifier";
import { type PartitionProfile, decodeProfile } from "../../../core/declare/table/profile";
import { findSharedValue, getSiblings } from "../../../core/partition/carry/siblings";
import type { Observation } from "../../../core/observed/observed-table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { TableShape } from "../../../core/declare/table/spec";
import { decodeKey, type TableWire } from "../../../core/declare/table/wire";
import { readSchemaRights } from "../../../postgres/read/rights";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { toProperties, refuse } from "../shared/inputs";
import { askPolicies } from "../shared/policy-prints";
import { resolvePolicies } from "../shared/policy-source";

/** Returns the settings of partitions, with `copyFrom` resolved, and the problems of the declared policies. */
export async function checkPartitions(
  runtime: Runtime,
  wire: TableWire,
): Promise<{ readonly profile: PartitionProfile | undefined; readonly problems: readonly CoreProblem[] }> {
  const { profile } = wire;
  if (!profile?.rowSecurity) return { profile, problems: [] };
  const resolved = await resolvePolicies(runtime, wire, profile.rowSecurity);
  if ("problem" in resolved) return { profile, problems: [resolved.problem] };
  const complete = { ...profile, ...(resolved.security ? { rowSecurity: resolved.security } : {}) };
  return { profile: complete, problems: await findPolicyProblems(runtime, { ...wire, profile: complete }) };
}

/** Returns the recorded declaration of the partitions, if the table was managed before. */
export function readImportedProfile({ registration }: Observation): PropertyMap {
  const profile = decodeProfile(registration?.profile);
  return Object.keys(profile).length > 0 ? toProperties({ profile }) : {};
}

/** Skips existing tables, whose policies belong to their RowPolicy. */
async function findPolicyProblems(runtime: Runtime, wire: TableWire): Promise<readonly CoreProblem[]> {
  const { profile, columns } = wire;
  if (!profile?.rowSecurity?.policies?.length || !columns) return [];
  const observation = await runtime.observe(wire, decodeKey(wire.key));
  if (observation.table) return [];
  return (await askPolicies(runtime, wire, { rowSecurity: profile.rowSecurity }, observation)).wrong;
}

/** Checks policies before a new table is created with them: one that the server refuses is named, and nothing is created. */
export async function requirePolicies(runtime: Runtime, shape: TableShape, observation: Observation): Promise<void> {
  const { rowSecurity } = shape.profile;
  if (observation.table || !rowSecurity) return;
  const { schema, table, columns } = shape;
  const asked = await askPolicies(runtime, { schema, table, columns }, { rowSecurity }, observation);
  const bad = [...asked.wrong, ...asked.missing];
  if (bad.length > 0) refuse(`table "${schema}.${table}"`, bad);
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
