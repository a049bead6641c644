import { policyText } from "../../core/leaf/security-statements";
import type { Problem as CoreProblem } from "../../core/problem";
import { formatTableId, parseTableId } from "../../core/names/resource-id";
import { describeUnindexed, unindexedKeys } from "../../core/spec/foreign-key-indexes";
import type { TableShape } from "../../core/spec/spec";
import { keyFromWire, tableFromWire, tableWireSchema } from "../../core/spec/wire";
import { createTableStatements } from "../../core/statements/create-table";
import { plannedParent } from "../../core/statements/parent";
import type { Statement } from "../../core/statements/statement";
import {
  recordPoliciesStatement,
  recordProfileStatement,
  registerTableStatement,
  unregisterTableStatement,
} from "../../postgres/registry";
import { recordDeclared } from "../../postgres/work/alter-table";
import { recordNewIndex } from "../../postgres/work/build-index";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { ResourceHandler } from "../handler";
import { listPartitionedTables } from "../../postgres/list-tables";
import type { Runtime } from "../runtime";
import { containsUnknown, type PropertyMap, UNKNOWN } from "../values";
import { asProperties, declaredDiff, diffResult, failures, importedKey, requireWire } from "./inputs";
import { readWire } from "../../core/spec/wire";
import { withoutLaterKeys } from "./later-keys";
import { checkLeaves, importedLeaves, requireLeafSchema, requirePolicies } from "./table-access";
import { changeTable, previewChange } from "./table-change";
import { canonical, importedInputs } from "./table-import";
import { settleTypes } from "./table-types";
import { liveInputs } from "./table-live";
import { declaredTwice, destroyRefused, renameProblems, requireNoProblems } from "./table-problems";
import { workContext } from "./work";

/** Declared keys. `indexes` is left out: they are made with a new table, and are resources of their own from then on. */
const DECLARED = [
  "schema",
  "table",
  "key",
  "columns",
  "dropColumns",
  "primaryKey",
  "uniques",
  "checks",
  "foreignKeys",
  "leaves",
  "comment",
];

/** The partitioned parent. Made when missing, adopted when equal, altered where that stalls nobody; never replaced. */
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
      const { leaves, problems } = await checkLeaves(ctx, runtime, read.value, olds);
      runtime.rememberProfile(read.value, leaves ?? {});
      runtime.rememberShape(tableFromWire(read.value));
      const inputs = leaves ? { ...news, ...asProperties({ leaves }) } : news;
      for (const key of unindexedKeys(tableFromWire(read.value)))
        ctx.log.warn(`table "${read.value.schema}.${read.value.table}": ${describeUnindexed(key)}`);
      const renamed = olds ? renameProblems(olds, read.value) : [];
      const other = runtime.declare(ctx, formatTableId(read.value));
      const twice: CoreProblem[] = other ? [declaredTwice(read.value, other)] : [];
      return { inputs, failures: failures([...renamed, ...twice, ...problems]) };
    },

    diff: async (_ctx, { oldInputs, news }) =>
      diffResult(declaredDiff(canonical(oldInputs, news), canonical(news), DECLARED)),

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
      const recorded = observation.registration?.expressions ?? [];
      const inputs = oldInputs
        ? liveInputs(oldInputs, found, observation)
        : { ...importedInputs(found, importedKey(observation), recorded), ...importedLeaves(observation) };
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

async function previewTable(ctx: ResourceContext, runtime: Runtime, declared: TableShape): Promise<void> {
  const observation = await runtime.observeIfReachable(ctx, declared, declared.window.key);
  let shape = observation ? await withoutLaterKeys(runtime, declared) : declared;
  if (observation) {
    requireNoProblems(shape, observation, runtime.owner(ctx));
    await requireLeafSchema(runtime, shape, observation, true);
    const { table } = observation;
    shape = await settleTypes(runtime, shape, table);
    if (table) return previewChange(ctx, runtime, shape, { ...observation, table });
  }
  const grantees = observation?.defaultGrantees ?? [];
  runtime.planned.set(formatTableId(shape), {
    parent: plannedParent(shape, { now: observation?.now, defaultGrantees: grantees }),
    statements: createTableStatements(shape, grantees),
  });
}

/** Observe, decide, execute. The table, its row of the registry and its indexes come together or not at all. */
async function makeTable(ctx: ResourceContext, runtime: Runtime, declared: TableShape): Promise<string> {
  const { schema, table: name } = declared;
  return runtime.database.withTableLock(schema, name, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(schema, name);
    const observation = await runtime.observe(declared, declared.window.key);
    requireNoProblems(declared, observation, runtime.owner(ctx));
    const shape = await settleTypes(runtime, declared, observation.table);
    await requireLeafSchema(runtime, shape, observation, false);
    await requirePolicies(runtime, shape, observation);
    const { table } = observation;
    const now = await withoutLaterKeys(runtime, shape);
    if (table) await changeTable(ctx, runtime, now, { ...observation, table });
    else await createTable(ctx, runtime, now, observation.defaultGrantees);
    runtime.database.invalidate(shape.schema, shape.table);
    const after = await runtime.observe(shape, shape.window.key);
    return after.table?.owner ?? "";
  });
}

async function createTable(
  ctx: ResourceContext,
  runtime: Runtime,
  shape: TableShape,
  defaultGrantees: readonly string[],
): Promise<void> {
  const work = workContext(runtime, ctx);
  const statements = createTableStatements(shape, defaultGrantees);
  const transaction = statements[0]?.transaction;
  const records = [
    registerTableStatement(work.management, { ...nameOf(shape), owner: runtime.owner(ctx) }),
    recordProfileStatement(work.management, { ...nameOf(shape), profile: shape.leaves }),
    recordDeclaredPolicies(work.management, shape),
    recordDeclared(work, shape),
  ];
  await runtime.database.execute(
    [
      ...statements,
      ...records.map((record) => ({ ...record, transaction })),
      ...shape.indexes.map((index) => recordNewIndex(work, shape, index, transaction)),
    ],
    { signal: ctx.signal, log: ctx.log, subject: `creating table "${shape.schema}.${shape.table}"` },
  );
}

function nameOf(shape: TableShape): { schema: string; table: string } {
  return { schema: shape.schema, table: shape.table };
}

function recordDeclaredPolicies(management: string, shape: TableShape): Statement {
  const policies = (shape.leaves.rowSecurity?.policies ?? []).map((policy) => ({
    name: policy.name,
    declared: policyText(policy),
  }));
  return recordPoliciesStatement(management, { ...nameOf(shape), policies });
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
