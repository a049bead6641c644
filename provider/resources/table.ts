import type { Problem as CoreProblem } from "../../core/problem";
import { formatTableId, parseTableId } from "../../core/names/resource-id";
import type { TableShape } from "../../core/spec/spec";
import { keyFromWire, tableFromWire, tableWireSchema } from "../../core/spec/wire";
import { createTableStatements } from "../../core/statements/create-table";
import { plannedParent } from "../../core/statements/parent";
import { registerTableStatement, unregisterTableStatement } from "../../postgres/registry";
import { recordNewIndex } from "../../postgres/work/build-index";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import { listPartitionedTables } from "../../postgres/list-tables";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { declaredDiff, diffResult, failures, importedKey, requireWire } from "./inputs";
import { readWire } from "../../core/spec/wire";
import { canonical, importedInputs } from "./table-import";
import { declaredTwice, destroyRefused, renameProblems, requireNoProblems } from "./table-problems";
import { workContext } from "./work";

/** Declared keys. `indexes` is left out: they are made with a new table, and are resources of their own from then on. */
const DECLARED = ["schema", "table", "key", "columns", "primaryKey", "uniques", "checks", "foreignKeys"];

/** The partitioned parent. Made when missing, adopted when equal, refused when different; never altered, never replaced. */
export function tableHandler(runtime: Runtime): ResourceHandler {
  const apply = async (ctx: ResourceContext, inputs: PropertyMap, preview: boolean): Promise<PropertyMap> => {
    const shape = tableFromWire(requireWire(tableWireSchema, inputs));
    if (preview) {
      await previewTable(ctx, runtime, shape);
      return { ...inputs, qualifiedName: `${shape.schema}.${shape.table}`, owner: UNKNOWN, database: UNKNOWN };
    }
    const owner = await makeTable(ctx, runtime, shape);
    return { ...inputs, qualifiedName: `${shape.schema}.${shape.table}`, owner, database: await runtime.identity() };
  };
  return {
    token: "pgpartition:index:Table",

    check: async (ctx, { olds, news }) => {
      if (containsUnknown(news)) return { inputs: news, failures: [] };
      const read = readWire(tableWireSchema, news);
      if ("problems" in read) return { inputs: news, failures: failures(read.problems) };
      const renamed = olds ? renameProblems(olds, read.value) : [];
      const other = runtime.declare(ctx, formatTableId(read.value));
      const twice: CoreProblem[] = other ? [declaredTwice(read.value, other)] : [];
      return { inputs: news, failures: failures([...renamed, ...twice]) };
    },

    diff: async (_ctx, { oldInputs, news }) =>
      diffResult(declaredDiff(canonical(oldInputs), canonical(news), DECLARED)),

    create: async (ctx, { inputs, preview }) => ({ id: idOf(inputs), outputs: await apply(ctx, inputs, preview) }),

    update: async (ctx, { news, oldOutputs, preview }) => {
      if (!preview) await runtime.requireSameDatabase(oldOutputs);
      return { outputs: await apply(ctx, news, preview) };
    },

    read: async (_ctx, { id, oldInputs, oldOutputs }) => {
      const table = parseTableId(id);
      if (!table) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
      if (oldOutputs) await runtime.requireSameDatabase(oldOutputs);
      const key = oldInputs && keyFromWire(requireWire(tableWireSchema, oldInputs).key);
      const observation = await runtime.observe(table, key);
      const found = observation.table;
      if (found?.kind !== "partitioned") return undefined;
      const inputs = oldInputs ?? importedInputs(found, importedKey(observation));
      return {
        id,
        inputs,
        outputs: {
          ...inputs,
          qualifiedName: `${table.schema}.${table.table}`,
          owner: found.owner,
          database: await runtime.identity(),
        },
      };
    },

    delete: async (ctx, { id, oldInputs, oldOutputs }) => {
      await runtime.requireSameDatabase(oldOutputs);
      if (runtime.renamed(ctx, id)) return;
      await deleteTable(ctx, runtime, tableFromWire(requireWire(tableWireSchema, oldInputs)));
    },

    list: async function* () {
      for (const { schema, table } of await listPartitionedTables(runtime.database)) {
        yield { id: formatTableId({ schema, table }), name: table };
      }
    },
  };
}

async function previewTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const observation = await runtime.observeIfReachable(ctx, shape, shape.window.key);
  if (observation) {
    requireNoProblems(shape, observation, runtime.owner(ctx));
    if (observation.table) return;
  }
  runtime.planned.set(formatTableId(shape), { parent: plannedParent(shape), statements: createTableStatements(shape) });
}

/** Observe, decide, execute. The table, its row of the registry and its indexes come together or not at all. */
async function makeTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<string> {
  const work = workContext(runtime, ctx);
  return runtime.database.withTableLock(shape.schema, shape.table, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(shape.schema, shape.table);
    const observation = await runtime.observe(shape, shape.window.key);
    requireNoProblems(shape, observation, runtime.owner(ctx));
    const statements = observation.table ? [] : createTableStatements(shape);
    const register = registerTableStatement(work.management, {
      schema: shape.schema,
      table: shape.table,
      owner: runtime.owner(ctx),
    });
    const transaction = statements[0]?.transaction;
    // Indexes that were found are not recorded: whether they are the declared ones is for their own resources to judge.
    const indexes = transaction === undefined ? [] : shape.indexes;
    await runtime.database.execute(
      [
        ...statements,
        { ...register, transaction: transaction ?? register.transaction },
        ...indexes.map((index) => recordNewIndex(work, shape, index, transaction)),
      ],
      {
        signal: ctx.signal,
        log: ctx.log,
        subject: `${observation.table ? "adopting" : "creating"} table "${shape.schema}.${shape.table}"`,
      },
    );
    runtime.database.invalidate(shape.schema, shape.table);
    const after = await runtime.observe(shape, shape.window.key);
    return after.table?.owner ?? "";
  });
}

/** A table that another tool made is only forgotten. Ours is dropped when destroy is allowed and its partitions are gone. */
async function deleteTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const work = workContext(runtime, ctx);
  const options = { signal: ctx.signal, log: ctx.log, subject: `deleting table "${shape.schema}.${shape.table}"` };
  await runtime.database.withTableLock(shape.schema, shape.table, options, async () => {
    runtime.database.invalidate(shape.schema, shape.table);
    const observation = await runtime.observe(shape, shape.window.key);
    const forget = unregisterTableStatement(work.management, { schema: shape.schema, table: shape.table });
    if (observation.registration?.owner !== runtime.owner(ctx)) return;
    if (!observation.table || !shape.columns || observation.registration.mode === "released") {
      await runtime.database.execute([forget], options);
      return;
    }
    if (!runtime.destroyAllowed(shape)) throw destroyRefused(shape);
    if (observation.table.leaves.length > 0) {
      throw new Refusal(
        `table "${shape.schema}.${shape.table}" still has ${observation.table.leaves.length} partitions; they are retired first, by its PartitionWindow`,
      );
    }
    const [create] = createTableStatements(shape);
    const drop = {
      sql: create?.undo ?? "",
      transaction: `drop table ${shape.schema}.${shape.table}`,
      timeouts: "strong" as const,
      locks: [
        { relation: `${shape.schema}.${shape.table}`, role: "parent" as const, mode: "ACCESS EXCLUSIVE" as const },
      ],
      hold: "instant" as const,
      hazards: ["DELETES_DATA" as const, "LOCK_PARENT_AX" as const],
      undo: "none",
    };
    await runtime.database.execute([drop, { ...forget, transaction: drop.transaction }], options);
  });
}

function idOf(inputs: PropertyMap): string {
  return formatTableId(requireWire(tableWireSchema, inputs));
}
