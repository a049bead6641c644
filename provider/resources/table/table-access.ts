import { quote } from "../../../core/names/identifier";
import { type LeafProfile, profileFromWire } from "../../../core/declare/table/profile";
import { alike, siblingsOf } from "../../../core/partition/carry/siblings";
import type { Observation } from "../../../core/observed/table";
import type { Problem as CoreProblem } from "../../../core/problems/problem";
import type { TableShape } from "../../../core/declare/table/spec";
import { keyFromWire, readWire, type TableWire, tableWireSchema } from "../../../core/declare/table/wire";
import { readSchemaRights } from "../../../postgres/read/schema-rights";
import type { CallContext } from "../../runtime/context";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { asProperties, refuse } from "../shared/inputs";
import { askPolicies } from "../shared/policy-prints";
import { resolvePolicies } from "../shared/policy-source";

/** Returns the settings of partitions, with `copyFrom` resolved, and the problems of the declared policies. */
export async function checkLeaves(
  ctx: CallContext,
  runtime: Runtime,
  wire: TableWire,
  olds: PropertyMap | undefined,
): Promise<{ readonly leaves: LeafProfile | undefined; readonly problems: readonly CoreProblem[] }> {
  const { leaves } = wire;
  if (!leaves?.rowSecurity) return { leaves, problems: [] };
  const before = olds && readWire(tableWireSchema, olds);
  const last = before && "value" in before ? before.value.leaves?.rowSecurity : undefined;
  const resolved = await resolvePolicies(ctx, runtime, wire, leaves.rowSecurity, last);
  if ("problem" in resolved) return { leaves, problems: [resolved.problem] };
  const complete = { ...leaves, ...(resolved.security ? { rowSecurity: resolved.security } : {}) };
  return { leaves: complete, problems: await policyProblems(ctx, runtime, { ...wire, leaves: complete }) };
}

/** Returns the recorded declaration of the partitions, if the table was managed before. */
export function importedLeaves({ registration }: Observation): PropertyMap {
  const leaves = profileFromWire(registration?.profile);
  return Object.keys(leaves).length > 0 ? asProperties({ leaves }) : {};
}

/** Skips existing tables, whose policies belong to their RowPolicy. */
async function policyProblems(ctx: CallContext, runtime: Runtime, wire: TableWire): Promise<readonly CoreProblem[]> {
  const { leaves, columns } = wire;
  if (!leaves?.rowSecurity?.policies?.length || !columns) return [];
  const observation = await runtime.observeIfReachable(ctx, wire, keyFromWire(wire.key));
  if (!observation || observation.table) return [];
  return (await askPolicies(runtime, wire, { rowSecurity: leaves.rowSecurity }, observation)).wrong;
}

/** Checks policies before a new table is created with them: one that the server refuses is named, and nothing is created. */
export async function requirePolicies(runtime: Runtime, shape: TableShape, observation: Observation): Promise<void> {
  const { rowSecurity } = shape.leaves;
  if (observation.table || !rowSecurity) return;
  const { schema, table, columns } = shape;
  const asked = await askPolicies(runtime, { schema, table, columns }, { rowSecurity }, observation);
  const bad = [...asked.wrong, ...asked.missing];
  if (bad.length > 0) refuse(`table "${schema}.${table}"`, bad);
}

/** Checks privileges on a separate schema for partitions. One that a preview does not find may come with the same program. */
export async function requireLeafSchema(
  runtime: Runtime,
  shape: TableShape,
  observation: Observation,
  preview: boolean,
): Promise<void> {
  const siblings = observation.table ? siblingsOf(observation.table).newest(undefined) : [];
  const schema = shape.leaves.schema ?? alike(siblings, (one) => one.schema)?.value;
  if (schema === undefined || schema === shape.schema) return;
  const owner = observation.table?.owner;
  const rights = await readSchemaRights(runtime.database, schema, owner);
  const subject = `table "${shape.schema}.${shape.table}"`;
  const problem = (code: CoreProblem["code"], message: string, fix: string) =>
    refuse(subject, [{ path: "leafSchema", code, message, fix }]);
  if (!rights.there) {
    if (preview) return;
    problem(
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
  problem(
    "privileges",
    `role "${rights.role}" may not create partitions in schema "${schema}".`,
    `An administrator has to run: ${missing.join("; ")}`,
  );
}
