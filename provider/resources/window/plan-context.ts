import { formatTableId } from "../../../core/names/resource-id";
import type { Observation } from "../../../core/observed/observed-table";
import type { KnownSourceTriggers } from "../../../core/partition/branch/source-triggers";
import type { SourceValues } from "../../../core/partition/branch/desired-branches";
import type { CreateContext, RetireContext } from "../../../core/plan/plan-changes";
import type { ByteLimit } from "../../../core/plan/retire/byte-limit";
import { cleansUp, planCleanup } from "../../../core/plan/retire/cleanup";
import { listLeavable, type RetirementFacts } from "../../../core/plan/retire/plan-retirement";
import type { Detach } from "../../../core/plan/retire/retiring";
import type { PlanContext } from "../../../core/plan/table-plan";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { toIntervalKey, type OpenInterval } from "../../../core/time/interval";
import { type Clocks, getDecidingNow } from "../../../core/window/clocks";
import { listReferences } from "../../../core/partition/carry/parent";
import { planWindow } from "../../../core/window/window-partitions";
import { ConnectionLost } from "../../../postgres/connect/session-errors";
import { readDependents } from "../../../postgres/read/dependents";
import { readRequiredBackup } from "../../../postgres/read/last-backup";
import {
  readEmptyPartitions,
  readLevelValues,
  readSourceTriggers,
  ValueSourceError,
} from "../../../postgres/read/level-values";
import { readReferring } from "../../../postgres/read/referring";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { addDeclaredIndexes } from "../shared/declared-indexes";
import { addCountedRows } from "../shared/counted-default";
import { readTaken } from "./function-names";
import { findLaterKeys } from "./add-later-keys";
import { registeredAsOf, registeredWindow } from "./registered-window";
import type { WindowInputs } from "./window-inputs";

/** What an update that performs a checked plan leaves out: it has no limit of its own, and may retire nothing. */
interface Reading {
  /** Reads this table's share of maxBytesPerUpdate. @default no limit */
  readonly limit?: () => Promise<ByteLimit | undefined>;
  /** False to read and plan nothing about retirement. @default true */
  readonly mayRetire?: boolean;
}

/** Reads everything from which a table is planned, on the latest observation. */
export async function readPlanContext(
  runtime: Runtime,
  inputs: WindowInputs,
  found: Observation,
  { limit, mayRetire = true }: Reading = {},
): Promise<PlanContext> {
  const { spec } = inputs;
  const create = await readCreateContext(runtime, inputs, found);
  const { observation } = create;
  return {
    ...create,
    mayRetire,
    ...(mayRetire ? await readRetireFactsOnce(runtime, create, found, limit) : {}),
    sourceTriggers: await triggersOf(runtime, inputs),
    takenNames: await readTaken(runtime.database, spec, observation),
    registered: registeredWindow(observation),
    registeredAsOf: registeredAsOf(observation),
    indexes: runtime.getIndexes(spec),
    laterKeys: await findLaterKeys(runtime, spec, observation),
    besides: runtime.listBesides(spec),
    shown: runtime.shown,
    management: runtime.database.managementSchema,
  };
}

/** Reads the facts from which creations and restores are planned. */
export async function readCreateContext(
  runtime: Runtime,
  inputs: WindowInputs,
  found: Observation,
): Promise<
  CreateContext & Pick<PlanContext, "profile" | "planned" | "references"> & { readonly values: SourceValues }
> {
  const { spec } = inputs;
  const counted = await addCountedRows(runtime, spec, spec.key, found, missingRanges(inputs, found));
  return {
    ...(await readShared(runtime, inputs, addDeclaredIndexes(runtime, spec, counted))),
    profile: runtime.getProfile(spec),
    planned: runtime.planned.get(formatTableId(spec)),
    references: listDeclaredReferences(runtime, spec, found),
  };
}

/** Returns undefined for a table of another tool, whose keys are as they are. */
function listDeclaredReferences(
  runtime: Runtime,
  spec: WindowSpec,
  { table }: Observation,
): readonly string[] | undefined {
  const shape = runtime.getShape(spec);
  if (!shape?.columns) return undefined;
  const later = runtime.laterKeys.get(formatTableId(spec)) ?? [];
  // A deferred key that the window has added by now counts.
  const isThere = (name: string) => table?.constraints.some((one) => one.kind === "foreign" && one.name === name);
  return listReferences(shape.foreignKeys.filter(({ name }) => !later.includes(name) || isThere(name)));
}

/** Reads the facts from which retirement is planned. */
export async function readRetireContext(
  runtime: Runtime,
  inputs: WindowInputs,
  observation: Observation,
  limit?: Reading["limit"],
): Promise<RetireContext> {
  const shared = await readShared(runtime, inputs, observation);
  const facts = await readRetireFactsOnce(runtime, shared, observation, limit);
  return { ...shared, registered: registeredWindow(observation), ...facts };
}

/** Reads what every topic needs. */
async function readShared(runtime: Runtime, inputs: WindowInputs, observation: Observation) {
  return {
    spec: inputs.spec,
    observation,
    clocks: runtime.getClocks(inputs.asOf, observation),
    values: await readValues(runtime, inputs),
  };
}

/**
 * Reads the references that prevent retirement: two queries if something could be retired now, otherwise none.
 *
 * @param leaving oids of partitions of other tables that leave in this run: their rows block nothing
 */
export async function readKeeping(
  { database }: Runtime,
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
  cleanup: readonly Detach[] = [],
  leaving: readonly string[] = [],
): Promise<Pick<RetirementFacts, "referring" | "dependents">> {
  const oids = listLeavable(spec, observation, clocks, cleanup);
  const dropped = spec.onExpire === "detach" ? cleanup.map(({ table }) => table.oid) : oids;
  return {
    referring: await readReferring(database, oids, leaving),
    dependents: await readDependents(database, dropped),
  };
}

type RetireFacts = Pick<RetireContext, "retiring" | "empty">;

/** Facts by the observation that they complete: the program asks for its partitions, then Check plans the window. */
const known = new WeakMap<Observation, Promise<RetireFacts>>();

/** Reads the facts once for each observation of a table, which is read anew after every change. */
function readRetireFactsOnce(
  runtime: Runtime,
  shared: Awaited<ReturnType<typeof readShared>>,
  found: Observation,
  limit: Reading["limit"],
): Promise<RetireFacts> {
  if (!limit) return readRetireFacts(runtime, shared);
  const facts = known.get(found) ?? readRetireFacts(runtime, shared, limit);
  known.set(found, facts);
  return facts;
}

/** Reads the facts that only retirement needs: if that fails nothing is retired, and partitions are created anyway. */
async function readRetireFacts(
  runtime: Runtime,
  { spec, observation, clocks, values }: Awaited<ReturnType<typeof readShared>>,
  limit?: Reading["limit"],
): Promise<RetireFacts> {
  const { database } = runtime;
  try {
    const empty = cleansUp(spec) ? await readEmptyPartitions(database, spec) : new Set<string>();
    const cleanup = planCleanup(spec, values, observation, empty, getDecidingNow(clocks));
    const leaving = [...runtime.leaving].flatMap(([id, oids]) => (id === formatTableId(spec) ? [] : oids));
    return {
      empty,
      retiring: {
        ...(await readKeeping(runtime, spec, observation, clocks, cleanup, leaving)),
        byteLimit: await limit?.(),
        backup: await readRequiredBackup(database, spec),
      },
    };
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    return { retiring: { unread: error instanceof Error ? error.message : String(error) } };
  }
}

/** Reads triggers only if a level could have one, or had. */
async function triggersOf(runtime: Runtime, { spec }: WindowInputs): Promise<KnownSourceTriggers | undefined> {
  if (spec.levels.above.length === 0) return undefined;
  const { database } = runtime;
  return { management: database.managementSchema, found: await readSourceTriggers(database, spec) };
}

/** Returns ranges of the window without a partition. */
function missingRanges({ spec, asOf }: WindowInputs, observation: Observation): readonly OpenInterval[] {
  if (!observation.table?.defaultPartition) return [];
  const there = new Set(
    observation.table.partitions.flatMap((partition) => (partition.bounds ? [toIntervalKey(partition.bounds)] : [])),
  );
  return planWindow(spec, asOf).desired.filter((partition) => !there.has(toIntervalKey(partition)));
}

/** Treats a source that cannot be read as a wrong input: it changes nothing. */
async function readValues(runtime: Runtime, inputs: WindowInputs): Promise<SourceValues> {
  try {
    return await readLevelValues(runtime.database, inputs.spec.levels);
  } catch (error) {
    throw error instanceof ValueSourceError ? new Refusal(error.message) : error;
  }
}
