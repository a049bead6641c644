import { decodeBranchPath } from "../../../core/levels/levels";
import { getDecidingNow } from "../../../core/window/clocks";
import { findLatestArchive } from "../../../core/plan/create/history";
import {
  type ArchivedDrop,
  computeGraceEnd,
  isArchivedDrop,
  type Retirement,
} from "../../../core/plan/retire/retiring";
import { planRetired } from "../../../core/plan/plan-changes";
import { hasWork } from "../../../core/plan/change/work";
import type { ParentShape } from "../../../core/partition/carry/parent";
import { formatInterval } from "../../../core/time/interval";
import { archivePartition } from "../../../archive/export/archive-partition";
import { checkArchive } from "../../../archive/export/check-archive";
import type { ArchiveJob } from "../../../archive/export/archive-job";
import type { Observation } from "../../../core/observed/observed-table";
import type { WindowSpec } from "../../../core/declare/table/spec";
import type { Instant } from "../../../core/time/instant";
import { toStoreSettings } from "../../../core/declare/archive/archive-spec";
import { openStoreOfManifest } from "../../../archive/store/archive-place";
import { StoreError } from "../../../archive/store/store-errors";
import type { ObjectStore } from "../../../archive/store/store";
import { StillNeeded } from "../../../postgres/read/dependents";
import type { WorkContext } from "../../../postgres/work/work-context";
import { retire } from "../../../postgres/work/retire";
import type { ResourceContext } from "../../runtime/call-context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { type Destination, openDestination } from "./archive-table";
import { Failures, type RetiredStep } from "./window-turn";
import type { WindowInputs } from "./window-inputs";
import { readRetireContext } from "./plan-context";
import { createWorkContext } from "../shared/run-context";

/** Steps that the first half of an update leaves to be archived, and those that depend on an archive. */
export interface LeftToArchive {
  readonly observation: Observation;
  readonly parent: ParentShape;
  readonly toArchive: readonly Retirement[];
}

/**
 * Archives pending partitions one after the other, and drops those whose archive permits it. The archive is looked up in the
 * store again just before its partition is dropped; rows, fence and ledger are checked under the lock of the drop.
 */
export async function archiveDue(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  left: LeftToArchive,
  failures: Failures,
): Promise<RetiredStep[]> {
  if (left.toArchive.length === 0) return [];
  if (inputs.spec.archive === undefined) return dropArchived(ctx, runtime, inputs, left, undefined, failures);
  const store = await openDestination(ctx, runtime, inputs.spec).catch((error: unknown) => {
    for (const { verb, table } of left.toArchive) failures.add(`${verb} "${table.name}"`, error);
  });
  if (!store) return [];
  try {
    const archives = left.toArchive.filter(({ verb }) => verb === "archive");
    const done: RetiredStep[] = [];
    for (const retirement of archives) {
      if (ctx.signal.aborted) break;
      const archive = () => archiveOne(ctx, runtime, inputs, left, store, retirement);
      if (await attempt(failures, retirement, archive))
        done.push({ verb: "archive", partition: retirement.table.name });
    }
    return [...done, ...(await dropArchived(ctx, runtime, inputs, left, store, failures))];
  } finally {
    await store.close();
  }
}

/**
 * Takes a lock for one partition only: the schedule and other updates may create partitions meanwhile. Decides on facts read
 * under it, so that a partition which another update archived or dropped while this one waited is not archived twice. Returns
 * true if it was archived here.
 */
async function archiveOne(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  left: LeftToArchive,
  store: Destination,
  retirement: Retirement,
): Promise<boolean> {
  const job = jobOf(ctx, runtime, inputs, left, store, retirement);
  const lock = { signal: ctx.signal, log: ctx.log };
  const { schema, name, bounds } = retirement.table;
  return runtime.database.withTableLock(schema, `archive of ${name}`, lock, async () => {
    if (!(await isStillDue(ctx, runtime, inputs, retirement))) return false;
    const { manifest, rows, objects } = await archivePartition(job);
    const range = formatInterval(bounds);
    ctx.log.info(`archived ${name} (${range}): ${rows} rows in ${objects} objects, proved, ${manifest}`);
    return true;
  });
}

/** Reads the database again, because another update may have been faster; reports what that one has done. */
async function isStillDue(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  { table: { oid, name, bounds } }: Retirement,
): Promise<boolean> {
  const { spec } = inputs;
  const observation = await runtime.observeAgain(spec, spec.key);
  const found = observation.detached.find((table) => table.oid === oid);
  if (found && !found.archived) return true;
  const archive = found?.archived?.manifest ?? findLatestArchive(bounds, observation.ledger)?.manifest;
  const done = found ? "has archived it" : "has removed it";
  const where = archive === undefined ? "the ledger has no archive of it" : `its archive is ${archive}`;
  ctx.log.info(`${name} is not archived by this update: another one ${done} meanwhile; ${where}`);
  return false;
}

/** Decides again on fresh facts: a partition archived a moment ago may be dropped now, unless a hold was added meanwhile. */
async function dropArchived(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  left: LeftToArchive,
  store: Destination | undefined,
  failures: Failures,
): Promise<RetiredStep[]> {
  const { spec } = inputs;
  const lookedUp = new Set<string>();
  for (const drop of await dueDrops(runtime, inputs)) {
    if (ctx.signal.aborted) continue;
    const look = () => lookUp(ctx, runtime, inputs, left, store, drop);
    if (await attempt(failures, drop, look)) lookedUp.add(nameOf(drop));
  }
  if (lookedUp.size === 0) return [];
  const lock = { signal: ctx.signal, log: ctx.log };
  const done: RetiredStep[] = [];
  return runtime.database.withTableLock(spec.schema, spec.table, lock, async ({ mayRepeat }) => {
    const round = new Failures();
    for (const drop of await dueDrops(runtime, inputs)) {
      if (ctx.signal.aborted || !lookedUp.has(nameOf(drop))) continue;
      const at = getDecidingNow(runtime.getClocks(inputs.asOf, left.observation));
      const retired = () => retire(createWorkContext(runtime, ctx), left.parent, drop, at).then(() => true);
      if (!(await attempt(round, drop, retired, ctx.log))) continue;
      const { name, bounds } = drop.table;
      done.push({ verb: "drop", partition: name });
      ctx.log.info(`dropped ${name} (${formatInterval(bounds)}): its archive is ${drop.needs.archived.manifest}`);
    }
    runtime.database.invalidate(spec.schema, spec.table);
    if (round.passing && mayRepeat(round.passing)) throw round.passing;
    failures.reasons.push(...round.reasons);
    return done;
  });
}

/** Checks that the archive matches the ledger; false if another update has already dropped the table. */
async function lookUp(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  left: LeftToArchive,
  store: Destination | undefined,
  drop: ArchivedDrop,
): Promise<boolean> {
  const found = await lookAtStore(ctx, runtime, inputs, left, store, drop);
  if (!found) ctx.log.info(`${drop.table.name} is not dropped by this update: another one has dropped it meanwhile`);
  return found;
}

/** Looks at the store; if no archive is declared any more, the ledger has its location and proof. */
async function lookAtStore(
  ctx: ResourceContext,
  runtime: Runtime,
  inputs: WindowInputs,
  left: LeftToArchive,
  store: Destination | undefined,
  drop: ArchivedDrop,
): Promise<boolean> {
  if (store) return checkArchive(jobOf(ctx, runtime, inputs, left, store, drop), drop.needs.archived, true);
  const at = getDecidingNow(runtime.getClocks(inputs.asOf, left.observation));
  return checkUndeclared(createWorkContext(runtime, ctx), inputs.spec, drop, at);
}

/**
 * Checks the archive before a drop that no archive follows any more, as in a destroy, at the location in the program or the
 * ledger. False if the table no longer exists.
 */
export async function checkLastCopy(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  drop: ArchivedDrop,
  at: Instant,
): Promise<boolean> {
  const work = createWorkContext(runtime, ctx);
  if (spec.archive === undefined) return checkUndeclared(work, spec, drop, at);
  const away = awayOf(spec, drop);
  const { archived } = drop.needs;
  const destination = await openDestination(ctx, runtime, spec);
  try {
    const store = destination.of({ oid: away.oid, bounds: away.bounds, key: spec.key });
    return await checkArchive({ work, store, away, at, settings: spec.archive }, archived, false);
  } finally {
    await destination.close();
  }
}

/** Checks a location that no program declares. One that needs settings of a program refuses the drop: it is the last copy. */
async function checkUndeclared(work: WorkContext, spec: WindowSpec, drop: ArchivedDrop, at: Instant): Promise<boolean> {
  const away = awayOf(spec, drop);
  const { archived } = drop.needs;
  const opened = openUndeclared(spec, archived.manifest);
  try {
    return await checkArchive(
      { work, store: opened, away, at, settings: { verify: archived.verify } },
      archived,
      false,
    );
  } catch (error) {
    throw error instanceof StoreError ? new Error(`${error.message} ${DECLARE_AGAIN}`, { cause: error }) : error;
  } finally {
    await opened.close();
  }
}

const DECLARE_AGAIN =
  "Nothing was dropped: declare the archive as it was until the partition is dropped, because no program has its settings now";

function openUndeclared(spec: WindowSpec, manifest: string): ObjectStore {
  try {
    return openStoreOfManifest(spec, toStoreSettings(spec.archive), manifest);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}. ${DECLARE_AGAIN}`, { cause: error });
  }
}

async function dueDrops(runtime: Runtime, inputs: WindowInputs): Promise<ArchivedDrop[]> {
  const { spec } = inputs;
  const observation = await runtime.observeAgain(spec, spec.key);
  const { due, problems } = planRetired(await readRetireContext(runtime, inputs, observation));
  if (problems.length > 0) return [];
  return due.filter(isArchivedDrop).filter(({ verb, table }) => hasWork(inputs.work, verb, table.bounds));
}

/** Returns a name that includes the manifest, which identifies an archive. */
function nameOf({ table, needs }: ArchivedDrop): string {
  return `${table.oid} ${needs.archived.manifest}`;
}

async function attempt(
  failures: Failures,
  { verb, table }: Retirement,
  body: () => Promise<boolean>,
  log?: WorkContext["log"],
): Promise<boolean> {
  try {
    return await body();
  } catch (error) {
    if (log && error instanceof StillNeeded) log.warn(error.message);
    else failures.add(`${verb} "${table.name}"`, error);
    return false;
  }
}

function jobOf(
  ctx: ResourceContext,
  runtime: Runtime,
  { spec, asOf }: WindowInputs,
  { observation, parent }: LeftToArchive,
  store: Destination,
  retirement: Retirement,
): ArchiveJob {
  const { archive } = spec;
  if (!archive) throw new Refusal(`table "${spec.schema}.${spec.table}" declares no archive`);
  const deciding = (now: Instant): Instant => getDecidingNow(runtime.getClocks(asOf, { now }));
  const away = awayOf(spec, retirement);
  const { oid, bounds, branch } = away;
  return {
    work: createWorkContext(runtime, ctx),
    store: store.of({ oid, bounds, key: spec.key }),
    away,
    path: decodeBranchPath(branch),
    key: spec.key,
    settings: archive,
    references: parent.references,
    at: deciding(observation.now),
    atProof: async () => {
      const at = deciding(await runtime.database.readNow());
      return { at, dropAfter: computeGraceEnd(spec, at) };
    },
    product: runtime.product,
    approvedBy: spec.approvedBy,
    commit: runtime.commit,
  };
}

function awayOf(spec: WindowSpec, { table }: Retirement): ArchiveJob["away"] {
  const { schema: partitionSchema, name: partition, oid, branch = "", bounds } = table;
  return { schema: spec.schema, table: spec.table, partition, partitionSchema, oid, branch, bounds };
}
