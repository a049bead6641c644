import { type Family, collectFamily } from "../../../core/table/alter/family";
import { dropForeignKey } from "../../../core/table/alter/foreign-keys";
import type { Observation } from "../../../core/observed/observed-table";
import { type Dependent, explainNotDroppable } from "../../../core/plan/retire/dependents";
import { describeRows } from "../../../core/plan/retire/referring";
import { getDecidingNow } from "../../../core/window/clocks";
import {
  type ArchivedDrop,
  type Drop,
  type Leaving,
  toLeavingPartition,
  toLeavingTable,
  type Retirement,
} from "../../../core/plan/retire/retiring";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import type { Instant } from "../../../core/time/instant";
import { recordLedgerStatement } from "../../../postgres/registry/ledger";
import { releaseTableStatement } from "../../../postgres/registry/registry";
import { forgetPreparedStatement } from "../../../postgres/registry/schedule-records";
import { dropSourceTriggers } from "../../../core/partition/branch/source-triggers";
import { readSourceTriggers } from "../../../postgres/read/level-values";
import { listManaged } from "../../../postgres/read/ownership";
import { readDependents } from "../../../postgres/read/dependents";
import { readReferring } from "../../../postgres/read/referring";
import type { WorkContext } from "../../../postgres/work/work-context";
import { retire } from "../../../postgres/work/retire";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { dropFunctionNames } from "./function-names";
import { checkLastCopy } from "./window-archive";
import { isDroppedWithTable } from "../../../core/plan/retire/dropped-with-table";
import { isPlainAgain } from "../shared/plain-again";
import { refuseDestroy } from "../shared/table-problems";
import type { WindowInputs } from "./window-inputs";
import { createWorkContext } from "../shared/run-context";

/**
 * Runs first on destroy, and when the component leaves the program. Refuses for the whole table before a partition is touched,
 * unless the table is gone, plain again, released, of another stack, or named in allowDestroy; then it drops every partition
 * through the regular retirement.
 */
export async function destroyTable(ctx: ResourceContext, runtime: Runtime, inputs: WindowInputs): Promise<void> {
  const { spec } = inputs;
  await runtime.database.withTableLock(spec.schema, spec.table, { signal: ctx.signal, log: ctx.log }, async () => {
    runtime.database.invalidate(spec.schema, spec.table);
    try {
      await destroyLocked(ctx, runtime, inputs);
    } finally {
      // The deletes of its partitions come next and check that they are gone.
      runtime.database.invalidate(spec.schema, spec.table);
    }
  });
}

async function destroyLocked(ctx: ResourceContext, runtime: Runtime, inputs: WindowInputs): Promise<void> {
  const { spec } = inputs;
  const work = createWorkContext(runtime, ctx);
  const observation = await runtime.observe(spec, spec.key);
  const { table, registration } = observation;
  if (!table || !registration || registration.mode === "released" || registration.owner !== runtime.getOwner(ctx))
    return;
  if (isPlainAgain(runtime, spec, observation)) return dropFunctionNames(work, spec, observation);
  if (!spec.ownsTable) return handBack(work, spec, observation);
  if (!runtime.isDestroyAllowed(spec)) throw refuseDestroy(spec, observation);
  const keys = await findKeysToDrop(ctx, runtime, observation, spec, table.oid);
  await requireUnneeded(runtime, spec, [table, ...observation.detached.filter(isDroppedWithTable)], keys);
  let parent = buildObservedParent(table, spec.key, observation);
  const at = getDecidingNow(runtime.getClocks(inputs.asOf, observation));
  await recordDestroying(work, spec, at);
  await dropTriggers(work, spec);
  await dropFunctionNames(work, spec, observation);
  await dropKeys(work, spec, keys);
  // The default partition first: while it exists no other can be detached concurrently.
  for (const partition of [...table.partitions].sort((a, b) => Number(b.isDefault) - Number(a.isDefault))) {
    const gone = {
      table: toLeavingPartition(partition),
      reason: DESTROYED,
      promise: { kind: "drop", after: at },
    } as const;
    const leave: Retirement = partition.detachPending
      ? { verb: "finalize", left: false, ...gone }
      : { verb: "detach", ...gone };
    await retire(work, parent, leave, at);
    await retire(work, parent, dropAtOnce(toLeavingPartition(partition), at), at);
    if (partition.isDefault) parent = { ...parent, defaultPartition: undefined, fallback: undefined };
    ctx.log.info(`dropped ${partition.name}: the table is destroyed (allowDestroy)`);
  }
  for (const detached of observation.detached) {
    const { archived, schema, name } = detached;
    if (detached.toArchive && !archived)
      ctx.log.warn(
        `"${schema}"."${name}" was detached to be archived and is not archived yet: it remains, closed to writers`,
      );
    if (!isDroppedWithTable(detached)) continue;
    const drop = dropAtOnce(toLeavingTable(detached), at);
    if (detached.unrecorded) {
      const promise = { kind: "drop", after: at } as const;
      await retire(work, parent, { verb: "finalize", table: drop.table, reason: DESTROYED, promise, left: true }, at);
    }
    const proved = archived && ({ ...drop, needs: { kind: "archive", archived } } as const);
    if (!proved) await retire(work, parent, drop, at);
    else if (await isArchiveIntact(ctx, runtime, spec, proved, at)) await retire(work, parent, proved, at);
  }
  await recordDestroying(work, spec, at);
}

const DESTROYED = "the table is destroyed";

function dropAtOnce(table: Leaving, at: Instant): Drop {
  return { verb: "drop", table, reason: DESTROYED, dropAfter: at, needs: { kind: "nothing" } };
}

/** Checks the archive, which is the copy to retain: without it the table remains, like one not archived yet. */
async function isArchiveIntact(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  drop: ArchivedDrop,
  at: Instant,
): Promise<boolean> {
  try {
    return await checkLastCopy(ctx, runtime, spec, drop, at);
  } catch (error) {
    if (ctx.signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log.warn(`"${drop.table.schema}"."${drop.table.name}" remains, closed to writers: ${reason}`);
    return false;
  }
}

/** Drops the triggers that request branches. */
async function dropTriggers(work: WorkContext, spec: WindowSpec): Promise<void> {
  if (spec.levels.above.length === 0) return;
  const statements = dropSourceTriggers(await readSourceTriggers(work.database, spec));
  if (statements.length === 0) return;
  const subject = `dropping triggers that call for branches of "${spec.schema}.${spec.table}"`;
  await work.database.execute(statements, { signal: work.signal, log: work.log, subject });
}

/** A foreign key that points to the table, and the relation that has it. */
interface PointingKey {
  readonly family: Family;
  readonly key: string;
}

/**
 * Returns the foreign keys to drop first, because PostgreSQL drops nothing that is referred to: the table's own, and those of
 * tables that the same destroy drops (of this stack, named in allowDestroy, no longer in the program), in either order: two
 * may refer to each other. Throws, before anything is dropped, if any other table refers to it.
 */
async function findKeysToDrop(
  ctx: ResourceContext,
  runtime: Runtime,
  observation: Observation,
  spec: WindowSpec,
  oid: string,
): Promise<PointingKey[]> {
  const found = [...(await readReferring(runtime.database, [oid])).values()].flat();
  if (found.length === 0) return [];
  const families = [...listFamilies(observation), ...(await listOtherFamilies(ctx, runtime, spec))];
  const pointing = found.map((one) => ({
    one,
    family: families.find(({ schema, table }) => one.relation?.schema === schema && one.relation.name === table),
  }));
  const staying = pointing.filter(({ family }) => family === undefined).map(({ one }) => one);
  if (staying.length > 0) {
    const keys = staying.map(
      ({ table, key, rows }) => `${table} refers to it by the foreign key "${key}" (${describeRows(rows)})`,
    );
    throw new Refusal(
      `table "${spec.schema}.${spec.table}" is not destroyed: ${keys.join("; ")}. Drop these foreign keys first, then run the destroy again`,
    );
  }
  return pointing.flatMap(({ one, family }) => (family ? [{ family, key: one.key }] : []));
}

async function listOtherFamilies(ctx: ResourceContext, runtime: Runtime, spec: WindowSpec): Promise<Family[]> {
  const managed = await listManaged(runtime.database);
  const destroyed = managed.filter(
    (other) =>
      !(other.schema === spec.schema && other.table === spec.table) &&
      other.owner === runtime.getOwner(ctx) &&
      runtime.isDestroyAllowed(other) &&
      !runtime.declaresTable(other),
  );
  const observed = await Promise.all(
    destroyed.map((other) => {
      return runtime.observeAgain(other);
    }),
  );
  return observed.flatMap(listFamilies);
}

/** Returns the table, and the detached tables that are dropped with it. */
function listFamilies({ table, detached }: Observation): Family[] {
  return [
    ...(table ? [collectFamily(table)] : []),
    ...detached.filter(isDroppedWithTable).map(({ schema, name }): Family => ({ schema, table: name, partitions: [] })),
  ];
}

async function dropKeys(work: WorkContext, spec: WindowSpec, keys: readonly PointingKey[]): Promise<void> {
  const references = { schema: spec.schema, table: spec.table };
  for (const { family, key } of keys) {
    const transaction = `drop foreign key ${key} of ${family.schema}.${family.table}`;
    const subject = `dropping foreign key "${key}" of "${family.schema}.${family.table}", which is destroyed as well`;
    await work.database.execute(dropForeignKey(family, { name: key, references }, transaction), {
      signal: work.signal,
      log: work.log,
      subject,
    });
    work.log.info(
      `dropped foreign key ${key} of ${family.schema}.${family.table}: both tables are destroyed (allowDestroy)`,
    );
  }
}

/**
 * Throws likewise if views or other objects would block the last drop, except foreign keys that are dropped before it. Those
 * on a partition are found from the table.
 */
async function requireUnneeded(
  runtime: Runtime,
  spec: WindowSpec,
  tables: readonly { readonly schema: string; readonly name: string; readonly oid: string }[],
  keys: readonly PointingKey[],
): Promise<void> {
  const oids = tables.map(({ oid }) => oid);
  const found = await readDependents(runtime.database, oids);
  const isDroppedToo = ({ names: [schema, table, key] }: Dependent) =>
    keys.some((one) => one.family.schema === schema && one.family.table === table && one.key === key);
  const needed = tables.flatMap(({ schema, name, oid }) => {
    const staying = (found.get(oid) ?? []).filter((one) => !isDroppedToo(one));
    return explainNotDroppable({ schema, partition: name }, staying) ?? [];
  });
  if (needed.length === 0) return;
  throw new Refusal(
    `table "${spec.schema}.${spec.table}" is not destroyed: ${needed.join("; ")}. Then run the destroy again`,
  );
}

/** Hands back a table that another tool created: it is not dropped, and its partitions remain, unmanaged. */
async function handBack(work: WorkContext, spec: WindowSpec, observation: Observation): Promise<void> {
  await dropTriggers(work, spec);
  await dropFunctionNames(work, spec, observation);
  const subject = `releasing "${spec.schema}.${spec.table}"`;
  await work.database.execute([releaseTableStatement(work.management, spec)], {
    signal: work.signal,
    log: work.log,
    subject,
  });
  work.log.info(
    `table "${spec.schema}.${spec.table}" belongs to another tool: it keeps its partitions; only the state forgets it`,
  );
}

/**
 * Records the destroy, before it as the intent, and after it: entries before the last of these belong to a table that is gone,
 * and do not apply to a later one of the same name. Also stops the schedule in the database.
 */
async function recordDestroying(work: WorkContext, spec: WindowSpec, at: Instant): Promise<void> {
  const record = recordLedgerStatement(work.management, {
    schema: spec.schema,
    table: spec.table,
    partition: spec.table,
    bounds: { from: undefined, to: undefined },
    event: "destroying",
    effectiveAt: at,
    run: work.run,
    detail: {},
  });
  const subject = `destroying "${spec.schema}.${spec.table}"`;
  const statements = [record, forgetPreparedStatement(work.management, spec)];
  const transaction = `destroy ${spec.schema}.${spec.table}`;
  await work.database.execute(
    statements.map((statement) => ({ ...statement, transaction })),
    { signal: work.signal, log: work.log, subject },
  );
}
