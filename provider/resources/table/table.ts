import { policyText } from "../../../core/partition/carry/security-statements";
import { formatTableId, parseTableId } from "../../../core/names/resource-id";
import { tableType } from "../../../core/resources/table";
import { describeUnindexed, unindexedKeys } from "../../../core/table/compare/foreign-key-indexes";
import type { TableShape } from "../../../core/declare/table/spec";
import { keyFromWire, tableFromWire } from "../../../core/declare/table/wire";
import { createTableStatements } from "../../../core/table/create/create-table";
import { plannedParent } from "../../../core/partition/carry/parent";
import type { Statement } from "../../../core/sql/statement";
import { listPartitionedTables } from "../../../postgres/read/list-tables";
import {
  recordPoliciesStatement,
  recordProfileStatement,
  registerTableStatement,
  unregisterTableStatement,
} from "../../../postgres/registry/registry";
import { recordDeclared } from "../../../postgres/work/alter-table";
import { recordNewIndex } from "../../../postgres/work/build-index";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { defineResource } from "../shared/define-resource";
import { asProperties, declaredDiff, failures, importedKey, requireWire, refuse } from "../shared/inputs";
import { withoutLaterKeys } from "../window/add-later-keys";
import { checkLeaves, importedLeaves, requireLeafSchema, requirePolicies } from "./table-access";
import { changeTable, previewChange } from "./table-change";
import { canonical, importedInputs } from "./table-import";
import { liveInputs } from "./table-live";
import { destroyRefused, renameProblems, requireNoProblems } from "../shared/table-problems";
import { workContext } from "../shared/run-context";
import { typeProblems, typesToResolve, withResolvedTypes } from "../../../core/table/alter/resolved-types";
import type { ObservedTable } from "../../../core/observed/observed-table";
import { resolveTypes } from "../../../postgres/read/alter-facts";

/** `indexes` is left out: they are created with a new table, and are separate resources from then on. */
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
] as const;

/** The partitioned parent. Created if missing, adopted if equal, altered where that blocks no session; never replaced. */
export const table = defineResource(tableType, (runtime) => ({
  id: formatTableId,
  declaredOnce: ({ schema, table: name }) => ({ property: "table", subject: `"${schema}.${name}"` }),
  declared: DECLARED,

  check: async (ctx, wire, { olds, news }) => {
    const { leaves, problems } = await checkLeaves(ctx, runtime, wire, olds);
    const shape = tableFromWire(wire);
    runtime.rememberProfile(wire, leaves ?? {});
    runtime.rememberShape(shape);
    for (const key of unindexedKeys(shape))
      ctx.log.warn(`table "${wire.schema}.${wire.table}": ${describeUnindexed(key)}`);
    const renamed = olds ? renameProblems(olds, wire) : [];
    const inputs = leaves ? { ...news, ...asProperties({ leaves }) } : news;
    return { inputs, failures: failures([...renamed, ...problems]) };
  },

  diff: async (_ctx, _wire, { oldInputs, news }) => declaredDiff(canonical(oldInputs, news), canonical(news), DECLARED),

  preview: async (ctx, wire) => {
    await previewTable(ctx, runtime, tableFromWire(wire));
    return { qualifiedName: `${wire.schema}.${wire.table}` };
  },

  perform: async (ctx, wire) => {
    const owner = await makeTable(ctx, runtime, tableFromWire(wire));
    return { qualifiedName: `${wire.schema}.${wire.table}`, owner };
  },

  observe: async (_ctx, { id, oldInputs }) => {
    const named = parseTableId(id);
    if (!named) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
    const key = oldInputs && keyFromWire(requireWire(tableType.inputs, oldInputs).key);
    const observation = await runtime.observe(named, key);
    const found = observation.table;
    if (found?.kind !== "partitioned") return undefined;
    const recorded = observation.registration?.expressions ?? [];
    const inputs = oldInputs
      ? liveInputs(oldInputs, found, observation)
      : { ...importedInputs(found, importedKey(observation), recorded), ...importedLeaves(observation) };
    return { inputs, facts: { qualifiedName: `${named.schema}.${named.table}`, owner: found.owner } };
  },

  remove: (ctx, wire) => deleteTable(ctx, runtime, tableFromWire(wire)),

  list: async function* () {
    for (const found of await listPartitionedTables(runtime.database))
      yield { id: formatTableId(found), name: found.table };
  },
}));

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

/** Observes, decides and executes. The table, its row of the registry and its indexes are committed together. */
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
    const after = await runtime.observeAgain(shape, shape.window.key);
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

/** Only forgets a table of another tool. One of this provider is dropped if destroy is allowed and its partitions are gone. */
async function deleteTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const work = workContext(runtime, ctx);
  const options = { signal: ctx.signal, log: ctx.log, subject: `deleting table "${shape.schema}.${shape.table}"` };
  await runtime.database.withTableLock(shape.schema, shape.table, options, async () => {
    const observation = await runtime.observeAgain(shape, shape.window.key);
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

/** Resolves the types of the declared columns on the server; refuses one that the statements of this provider would not find. */
async function settleTypes(runtime: Runtime, shape: TableShape, table: ObservedTable | undefined): Promise<TableShape> {
  const resolved = await resolveTypes(runtime.database, typesToResolve(shape, table));
  const problems = typeProblems(shape, resolved);
  if (problems.length > 0) refuse(`table "${shape.schema}.${shape.table}"`, problems);
  return withResolvedTypes(shape, resolved);
}
