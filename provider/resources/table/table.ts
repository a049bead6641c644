import { formatPolicy } from "../../../core/partition/carry/security-statements";
import { formatTableId, parseTableId } from "../../../core/names/resource-id";
import { tableType } from "../../../core/resources/table";
import { describeUnindexed, findUnindexedKeys } from "../../../core/table/compare/foreign-key-indexes";
import type { TableShape } from "../../../core/declare/table/spec";
import { decodeKey, decodeTable } from "../../../core/declare/table/wire";
import { createTableStatements } from "../../../core/table/create/create-table";
import { buildPlannedParent } from "../../../core/partition/carry/parent";
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
import { containsUnknown, type PropertyMap } from "../../runtime/values";
import { defineResource } from "../shared/define-resource";
import { toProperties, diffDeclared, toFailures, importKey, requireWire, refuse } from "../shared/inputs";
import { judgeTable, nameArguments, tellProblems } from "../shared/judge";
import { omitLaterKeys } from "../window/add-later-keys";
import { checkPartitions, readImportedProfile, requirePartitionSchema } from "./table-access";
import { findMissingSchema } from "../management/required-schema";
import { changeTable, previewChange } from "./table-change";
import { canonicalize, importTableInputs } from "./table-import";
import { refreshInputs } from "./table-live";
import { refuseDestroy, findTableRenameProblems, requireNoProblems } from "../shared/table-problems";
import { isPlainAgain } from "../shared/plain-again";
import { createWorkContext } from "../shared/run-context";
import { listTypesToResolve, applyResolvedTypes } from "../../../core/table/alter/resolved-types";
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
  "profile",
  "comment",
] as const;

/** The partitioned parent. Created if missing, adopted if equal, altered where that blocks no session; never replaced. */
export const table = defineResource(tableType, (runtime) => ({
  id: formatTableId,
  declaredOnce: ({ schema, table: name }) => ({ property: "table", subject: `"${schema}.${name}"` }),
  declared: DECLARED,
  withoutUnknowable: omitAwaited,

  check: async (ctx, wire, { olds, news: given }) => {
    const { profile, problems } = await checkPartitions(runtime, wire);
    const shape = { ...decodeTable(wire), profile: profile ?? {} };
    const news = omitAwaited(given);
    if (containsUnknown(given["awaited"])) runtime.awaiting.add(formatTableId(wire));
    else runtime.awaiting.delete(formatTableId(wire));
    runtime.rememberProfile(wire, profile ?? {});
    runtime.rememberShape(shape);
    for (const key of findUnindexedKeys(shape))
      ctx.log.warn(`table "${wire.schema}.${wire.table}": ${describeUnindexed(key)}`);
    const renamed = olds ? findTableRenameProblems(olds, wire) : [];
    const inputs = profile ? { ...news, ...toProperties({ profile }) } : news;
    if (renamed.length > 0) return { inputs, failures: toFailures([...renamed, ...problems]) };
    const observation = await runtime.observe(shape, shape.window.key);
    const judged = tellProblems(ctx, runtime, wire, await judgeTable(runtime, shape, observation));
    // What the state has, or imports, says nothing about a schema that its update may still come to.
    const unmanaged = olds ? [] : await findMissingSchema(runtime, wire);
    return { inputs, failures: toFailures([...unmanaged, ...problems, ...judged]) };
  },

  diff: async (_ctx, _wire, { oldInputs, news }) =>
    diffDeclared(canonicalize(oldInputs, news), canonicalize(news), DECLARED),

  preview: async (ctx, wire) => {
    await previewTable(ctx, runtime, decodeTable(wire));
    return { qualifiedName: `${wire.schema}.${wire.table}` };
  },

  perform: async (ctx, wire) => {
    const owner = await makeTable(ctx, runtime, decodeTable(wire));
    return { qualifiedName: `${wire.schema}.${wire.table}`, owner };
  },

  observe: async (_ctx, { id, oldInputs }) => {
    const named = parseTableId(id);
    if (!named) throw new Refusal(`"${id}" is not the id of a table; write schema.table`);
    const key = oldInputs && decodeKey(requireWire(tableType.inputs, oldInputs).key);
    const observation = await runtime.observe(named, key);
    const found = observation.table;
    if (found?.kind !== "partitioned") return undefined;
    const recorded = observation.registration?.expressions ?? [];
    const inputs = oldInputs
      ? refreshInputs(oldInputs, found, observation)
      : { ...importTableInputs(found, importKey(observation), recorded), ...readImportedProfile(observation) };
    return { inputs, facts: { qualifiedName: `${named.schema}.${named.table}`, owner: found.owner } };
  },

  remove: (ctx, wire) => deleteTable(ctx, runtime, decodeTable(wire)),

  list: async function* () {
    for (const found of await listPartitionedTables(runtime.database))
      yield { id: formatTableId(found), name: found.table };
  },
}));

async function previewTable(ctx: ResourceContext, runtime: Runtime, declared: TableShape): Promise<void> {
  const observation = await runtime.observe(declared, declared.window.key);
  const now = await omitLaterKeys(runtime, declared);
  requireNoProblems(now, observation, runtime.getOwner(ctx));
  await requirePartitionSchema(runtime, now, observation, true);
  const { table, defaultGrantees: grantees } = observation;
  const shape = await settleTypes(runtime, now, table);
  if (table) return previewChange(ctx, runtime, shape, { ...observation, table });
  runtime.planned.set(formatTableId(shape), {
    parent: buildPlannedParent(shape, { now: runtime.getNow(observation), defaultGrantees: grantees }),
    statements: createTableStatements(shape, grantees),
  });
}

/** Observes, decides and executes. The table, its row of the registry and its indexes are committed together. */
async function makeTable(ctx: ResourceContext, runtime: Runtime, declared: TableShape): Promise<string> {
  const { schema, table: name } = declared;
  return runtime.database.withTableLock(schema, name, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(schema, name);
    const observation = await runtime.observe(declared, declared.window.key);
    requireNoProblems(declared, observation, runtime.getOwner(ctx));
    const subject = `table "${schema}.${name}"`;
    const judge = () => judgeTable(runtime, declared, observation);
    const problems = await judge();
    if (problems.length > 0) refuse(subject, problems);
    const shape = await settleTypes(runtime, declared, observation.table);
    await requirePartitionSchema(runtime, shape, observation, false);
    const { table } = observation;
    const now = await omitLaterKeys(runtime, shape);
    await nameArguments(subject, judge, async () => {
      if (table) await changeTable(ctx, runtime, now, { ...observation, table });
      else await createTable(ctx, runtime, now, observation.defaultGrantees);
    });
    if (!table) runtime.created.add(formatTableId(shape));
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
  const work = createWorkContext(runtime, ctx);
  const statements = createTableStatements(shape, defaultGrantees);
  const transaction = statements[0]?.transaction;
  const records = [
    registerTableStatement(work.management, { ...toTableName(shape), owner: runtime.getOwner(ctx) }),
    recordProfileStatement(work.management, { ...toTableName(shape), profile: shape.profile }),
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

function toTableName(shape: TableShape): { schema: string; table: string } {
  return { schema: shape.schema, table: shape.table };
}

function recordDeclaredPolicies(management: string, shape: TableShape): Statement {
  const policies = (shape.profile.rowSecurity?.policies ?? []).map((policy) => ({
    name: policy.name,
    declared: formatPolicy(policy),
  }));
  return recordPoliciesStatement(management, { ...toTableName(shape), policies });
}

/**
 * Only forgets a table of another tool, or one that is plain again. One of this provider is dropped if destroy is allowed and
 * its partitions are gone.
 */
async function deleteTable(ctx: ResourceContext, runtime: Runtime, shape: TableShape): Promise<void> {
  const work = createWorkContext(runtime, ctx);
  const options = { signal: ctx.signal, log: ctx.log, subject: `deleting table "${shape.schema}.${shape.table}"` };
  await runtime.database.withTableLock(shape.schema, shape.table, options, async () => {
    const observation = await runtime.observeAgain(shape, shape.window.key);
    const forget = unregisterTableStatement(work.management, { schema: shape.schema, table: shape.table });
    if (observation.registration?.owner !== runtime.getOwner(ctx)) return;
    const plain = isPlainAgain(runtime, shape, observation);
    if (plain || !observation.table || !shape.columns || observation.registration.mode === "released") {
      await runtime.database.execute([forget], options);
      return;
    }
    if (!runtime.isDestroyAllowed(shape)) throw refuseDestroy(shape, observation);
    if (observation.table.partitions.length > 0) {
      throw new Refusal(
        `table "${shape.schema}.${shape.table}" still has ${observation.table.partitions.length} partitions; they are retired first, by its PartitionWindow`,
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

/** Replaces the types of the declared columns by what they mean on the server. Check has refused unknown ones. */
async function settleTypes(runtime: Runtime, shape: TableShape, table: ObservedTable | undefined): Promise<TableShape> {
  return applyResolvedTypes(shape, await resolveTypes(runtime.database, listTypesToResolve(shape, table)));
}

/** Removes what says only whether something has yet to come. */
function omitAwaited(inputs: PropertyMap): PropertyMap {
  const { awaited: _, ...others } = inputs;
  return others;
}
