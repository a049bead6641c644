import { leafCount } from "../../core/levels/tree";
import { formatMemberId, formatTableId, parseMemberId } from "../../core/names/resource-id";
import { indexSpecFromWire, type IndexWire, indexWireSchema, keyFromWire, readWire } from "../../core/spec/wire";
import { dropIndexStatement } from "../../core/statements/index-build";
import { indexDefinition } from "../../core/statements/parent";
import { type BuiltIndex, buildIndex, indexIsWhole, previewIndex } from "../../postgres/work/build-index";
import type { ResourceContext } from "../context";
import { PartialFailure, Refusal } from "../failures";
import type { Problem, ResourceHandler } from "../handler";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { importedIndex, listIndexes } from "./index-import";
import { declaredDiff, diffResult, failures, requireWire } from "./inputs";
import { renewAfterDelete } from "./prepared";
import { showStatements } from "./show";
import { workContext } from "./work";

const DECLARED = ["schema", "table", "name", "leafName", "unique", "method", "columns", "include", "where"];

/** One index on the parent and every partition. Built without stopping writers, resumable, never changed in place. */
export function indexHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const wire = requireWire(indexWireSchema, inputs);
    if (preview) {
      await previewStatements(ctx, runtime, wire);
      return { ...inputs, valid: UNKNOWN, leaves: UNKNOWN, database: UNKNOWN };
    }
    const built = await build(ctx, runtime, wire, inputs);
    return { ...inputs, ...built, database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:Index",

    check: async (ctx, { olds, news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(indexWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const other = runtime.declare(ctx, formatMemberId(read.value, read.value.name));
      runtime.rememberIndex(read.value, indexSpecFromWire(read.value));
      const twice = other
        ? [{ property: "name", reason: `index "${read.value.name}" is declared twice: also by ${other}` }]
        : [];
      return { inputs: news, failures: [...twice, ...(olds ? definitionProblems(olds, read.value) : [])] };
    },

    diff: async (_ctx, { oldInputs, oldOutputs, news }) => {
      const declared = declaredDiff(oldInputs, news, DECLARED);
      return diffResult(oldOutputs["valid"] === false ? { ...declared, valid: "update" } : declared);
    },

    create: async (ctx, { inputs, preview }) => {
      const wire = requireWire(indexWireSchema, inputs);
      return { id: formatMemberId(wire, wire.name), outputs: await apply(ctx, inputs, preview) };
    },

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const member = parseMemberId(id);
      if (!member) throw new Refusal(`"${id}" is not the id of an index; write schema.table#index`);
      const inputs = oldInputs ?? (await importedIndex(runtime, member));
      if (!inputs) return undefined;
      const wire = requireWire(indexWireSchema, inputs);
      const { table } = await runtime.observe(wire, keyFromWire(wire.key));
      const found = table?.indexes.find((index) => index.name === wire.name);
      if (!found) return undefined;
      return {
        id,
        inputs,
        outputs: {
          ...inputs,
          valid: found.valid || (await isWholeNow(runtime, wire)),
          leaves: leafCount(table),
          database: await runtime.identity(),
        },
      };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await dropIndex(ctx, runtime, requireWire(indexWireSchema, oldInputs));
    },

    list: () => listIndexes(runtime),
  };
}

/** With a foreign table among the partitions the server's own word is not enough. */
function isWholeNow(runtime: Runtime, wire: IndexWire): Promise<boolean> {
  const table = { schema: wire.schema, table: wire.table, key: keyFromWire(wire.key) };
  return indexIsWhole({ database: runtime.database }, table, indexSpecFromWire(wire));
}

/** An index of a table that is only planned is made together with it. */
async function previewStatements(ctx: ResourceContext, runtime: Runtime, wire: IndexWire): Promise<void> {
  if (runtime.planned.has(formatTableId(wire))) return;
  await runtime.ifReachable(ctx, async () => {
    const table = { schema: wire.schema, table: wire.table, key: keyFromWire(wire.key) };
    const statements = await previewIndex(workContext(runtime, ctx), table, indexSpecFromWire(wire));
    const builds = statements.filter((statement) => statement.hazards.includes("INDEX_BUILD")).length;
    const heading = `index ${wire.name} on ${wire.schema}.${wire.table}: ${builds} partitions to build, concurrently`;
    showStatements(ctx, heading, statements);
  });
}

/** What is built stays: a failure half-way is kept as partial, and the next update goes on from the facts. */
async function build(
  ctx: ResourceContext,
  runtime: Runtime,
  wire: IndexWire,
  inputs: PropertyMap,
): Promise<{ valid: boolean; leaves: number }> {
  const spec = indexSpecFromWire(wire);
  const table = { schema: wire.schema, table: wire.table, key: keyFromWire(wire.key) };
  let result: BuiltIndex | undefined;
  try {
    result = await runtime.database.withTableLock(wire.schema, wire.table, { signal: ctx.signal, log: ctx.log }, () =>
      buildIndex(workContext(runtime, ctx), table, spec),
    );
  } catch (error) {
    throw new PartialFailure({
      id: formatMemberId(wire, wire.name),
      outputs: { ...inputs, valid: false, database: await runtime.identity() },
      reasons: [
        `index "${wire.name}" (${indexDefinition(spec)}) is not on every partition yet: ${error instanceof Error ? error.message : String(error)}; \`pulumi up\` goes on`,
      ],
    });
  }
  return { valid: result.valid, leaves: result.leaves };
}

async function dropIndex(ctx: ResourceContext, runtime: Runtime, wire: IndexWire): Promise<void> {
  const options = { signal: ctx.signal, log: ctx.log, subject: `dropping index "${wire.name}"` };
  await runtime.database.withTableLock(wire.schema, wire.table, options, async () => {
    runtime.database.invalidate(wire.schema, wire.table);
    const { table, registration } = await runtime.observe(wire, keyFromWire(wire.key));
    if (registration?.mode === "released") return;
    if (registration && registration.owner !== runtime.owner(ctx)) return;
    if (!table?.indexes.some((index) => index.name === wire.name)) return;
    await runtime.database.execute(
      [
        dropIndexStatement(
          { schema: wire.schema, table: wire.table },
          wire.name,
          table.leaves.map((leaf) => `${leaf.schema}.${leaf.name}`),
        ),
      ],
      options,
    );
    await renewAfterDelete(ctx, runtime, wire);
  });
}

/** Another definition under the same name would mean a moment without the index. */
function definitionProblems(olds: PropertyMap, wire: IndexWire): Problem[] {
  const before = readWire(indexWireSchema, olds);
  if ("problems" in before) return [];
  const same =
    indexDefinition(indexSpecFromWire(before.value)) === indexDefinition(indexSpecFromWire(wire)) &&
    before.value.unique === wire.unique;
  if (same && before.value.name === wire.name) return [];
  return [
    {
      property: "columns",
      reason: `the definition of index "${wire.name}" changed; an index is never changed in place. Declare the new one under another key, run \`pulumi up\`, then remove the old one`,
    },
  ];
}
