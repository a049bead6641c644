import { countPartitions } from "../../../core/partition/branch/desired-branches";
import { formatMemberId, formatTableId, parseMemberId } from "../../../core/names/resource-id";
import { indexType } from "../../../core/resources/index-resource";
import { decodeIndexSpec } from "../../../core/declare/table/indexes";
import { type IndexWire, decodeKey, readWire } from "../../../core/declare/table/wire";
import { dropIndexStatement } from "../../../core/table/create/index-build";
import { formatIndexDefinition, buildObservedParent } from "../../../core/partition/carry/parent";
import { forgetNamedStatement } from "../../../postgres/registry/registry";
import { buildIndex, isIndexWhole, previewIndex } from "../../../postgres/work/build-index";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal, Unfinished } from "../../runtime/failures";
import type { Problem } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { defineResource } from "../shared/define-resource";
import { importIndex, listIndexes } from "./index-import";
import { requireWire } from "../shared/inputs";
import { nameTableArguments } from "../shared/judge";
import { isPlainAgain } from "../shared/plain-again";
import { showStatements } from "../shared/show";
import { createWorkContext } from "../shared/run-context";
import { planPrepared } from "../../../core/plan/prepare/prepared";
import { renewPrepared } from "../../../postgres/work/renew-prepared";
import { registeredAsOf, registeredWindow } from "../window/registered-window";

/** One index on the parent and every partition. Built without stopping writers, resumable, never changed in place. */
export const index = defineResource(indexType, (runtime) => ({
  id: (wire) => formatMemberId(wire, wire.name),
  declaredOnce: ({ name }) => ({ property: "name", subject: `index "${name}"` }),
  declared: ["schema", "table", "name", "partitionIndexName", "unique", "method", "columns", "include", "where"],

  check: async (_ctx, wire, { olds }) => {
    runtime.rememberIndex(wire, decodeIndexSpec(wire));
    return { failures: olds ? findDefinitionProblems(olds, wire) : [] };
  },

  diff: async (_ctx, _wire, { oldOutputs }, declared) =>
    oldOutputs["valid"] === false ? { ...declared, valid: "update" } : declared,

  preview: async (ctx, wire) => {
    await previewStatements(ctx, runtime, wire);
    return {};
  },

  perform: (ctx, wire) => build(ctx, runtime, wire),

  observe: async (_ctx, { id, oldInputs }) => {
    const member = parseMemberId(id);
    if (!member) throw new Refusal(`"${id}" is not the id of an index; write schema.table#index`);
    const inputs = oldInputs ?? (await importIndex(runtime, member));
    if (!inputs) return undefined;
    const wire = requireWire(indexType.inputs, inputs);
    const { table } = await runtime.observe(wire, decodeKey(wire.key));
    const found = table?.indexes.find((one) => one.name === wire.name);
    if (!found) return undefined;
    const valid = found.valid || (await isWholeNow(runtime, wire));
    return { inputs, facts: { valid, partitionCount: countPartitions(table) } };
  },

  remove: (ctx, wire) => dropIndex(ctx, runtime, wire),

  list: () => listIndexes(runtime),
}));

/** Checks more than the server's own flag, which is not enough with a foreign table among the partitions. */
function isWholeNow(runtime: Runtime, wire: IndexWire): Promise<boolean> {
  const table = { schema: wire.schema, table: wire.table, key: decodeKey(wire.key) };
  return isIndexWhole({ database: runtime.database }, table, decodeIndexSpec(wire));
}

/** Shows nothing for a table that is only planned: the index is created together with it. */
async function previewStatements(ctx: ResourceContext, runtime: Runtime, wire: IndexWire): Promise<void> {
  if (runtime.planned.has(formatTableId(wire))) return;
  const table = { schema: wire.schema, table: wire.table, key: decodeKey(wire.key) };
  const coming = runtime.coming.get(formatTableId(wire)) ?? [];
  const statements = await previewIndex(createWorkContext(runtime, ctx), table, decodeIndexSpec(wire), coming);
  const builds = statements.filter((statement) => statement.hazards.includes("INDEX_BUILD")).length;
  const heading = `index ${wire.name} on ${wire.schema}.${wire.table}: ${builds} partitions to build, concurrently`;
  runtime.addBeside(ctx, wire, statements);
  showStatements(ctx, heading, statements);
}

/** Builds the index. A failure half-way is saved as partial, and the next update continues from the catalogue. */
async function build(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: IndexWire,
): Promise<{ valid: boolean; partitionCount: number }> {
  const spec = decodeIndexSpec(wire);
  const table = { schema: wire.schema, table: wire.table, key: decodeKey(wire.key) };
  try {
    const { valid, partitionCount } = await runtime.database.withTableLock(
      wire.schema,
      wire.table,
      { signal: ctx.signal, log: ctx.log },
      () =>
        nameTableArguments(runtime, wire, "the server refused it", () =>
          buildIndex(createWorkContext(runtime, ctx), table, spec),
        ),
    );
    return { valid, partitionCount };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unfinished({ valid: false }, [
      `index "${wire.name}" (${formatIndexDefinition(spec)}) is not on every partition yet: ${why}; \`pulumi up\` continues`,
    ]);
  }
}

async function dropIndex(ctx: ResourceContext, runtime: Runtime, wire: IndexWire): Promise<void> {
  const options = { signal: ctx.signal, log: ctx.log, subject: `dropping index "${wire.name}"` };
  await runtime.database.withTableLock(wire.schema, wire.table, options, async () => {
    const observation = await runtime.observeAgain(wire, decodeKey(wire.key));
    const { table, registration } = observation;
    if (isPlainAgain(runtime, wire, observation)) return;
    if (registration?.mode === "released") return;
    if (registration && registration.owner !== runtime.getOwner(ctx)) return;
    if (!table?.indexes.some((index) => index.name === wire.name)) return;
    const drop = dropIndexStatement(
      { schema: wire.schema, table: wire.table },
      wire.name,
      table.partitions.map((partition) => `${partition.schema}.${partition.name}`),
    );
    const forget = forgetNamedStatement(runtime.config.managementSchema, { ...wire, list: "indexes" });
    await runtime.database.execute(
      registration ? [drop, { ...forget, transaction: drop.transaction }] : [drop],
      options,
    );
    await renewAfterDelete(ctx, runtime, wire);
  });
}

/** Refuses another definition under the same name: it would mean a moment without the index. */
function findDefinitionProblems(olds: PropertyMap, wire: IndexWire): Problem[] {
  const before = readWire(indexType.inputs, olds);
  if ("problems" in before) return [];
  const same =
    formatIndexDefinition(decodeIndexSpec(before.value)) === formatIndexDefinition(decodeIndexSpec(wire)) &&
    before.value.unique === wire.unique;
  if (same && before.value.name === wire.name) return [];
  return [
    {
      property: "columns",
      reason: `the definition of index "${wire.name}" changed; an index is never changed in place. Declare the new one under another key, run \`pulumi up\`, then remove the old one`,
    },
  ];
}

/**
 * Updates the schedule's prepared statements after an index is dropped, which happens at the end of an update, after the
 * window. The caller holds the table's lock.
 */
async function renewAfterDelete(
  ctx: ResourceContext,
  runtime: Runtime,
  name: { readonly schema: string; readonly table: string },
): Promise<void> {
  const observation = await runtime.observeAgain(name);
  const { table, registration } = observation;
  const spec = registeredWindow(observation);
  const asOf = registeredAsOf(observation);
  // Nothing is prepared for a table that is being destroyed.
  if (!table || !spec || !asOf || registration?.prepared === undefined) return;
  const parent = buildObservedParent(table, spec.key, {
    ...runtime.collectKnown(name, observation),
    levels: spec.levels,
  });
  const prepared = planPrepared(spec, parent, registration, runtime.getClocks(asOf, observation));
  const work = createWorkContext(runtime, ctx);
  const subject = `preparing the schedule of "${name.schema}.${name.table}"`;
  const statements = renewPrepared(work.management, name, prepared, subject);
  if (statements.length > 0) await runtime.database.execute(statements, { signal: ctx.signal, log: ctx.log, subject });
}
