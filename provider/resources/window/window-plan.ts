import { formatTableId } from "../../../core/names/resource-id";
import type { KnownSourceTriggers } from "../../../core/partition/branch/source-triggers";
import type { SourceValues } from "../../../core/partition/branch/tree";
import type { Observation } from "../../../core/observed/table";
import { formatProblem, type Problem as CoreProblem } from "../../../core/problems/problem";
import { cleansUp, planCleanup } from "../../../core/plan/retire/cleanup";
import { type Clocks, decidingNow } from "../../../core/window/clocks";
import type { BackupFact } from "../../../core/plan/retire/backup";
import type { ByteLimit } from "../../../core/plan/retire/byte-limit";
import { couldLeave, type RetirementFacts } from "../../../core/plan/retire/retirement";
import type { Detach } from "../../../core/plan/retire/retiring";
import type { LivePlan } from "../../../core/plan/live-plan";
import { planAgainstDatabase } from "../../../core/plan/window-plan";
import type { WindowSpec } from "../../../core/declare/table/spec";
import { type Instant, parseInstant } from "../../../core/time/instant";
import { intervalKey, type OpenInterval, sameInterval } from "../../../core/time/interval";
import { planWindow } from "../../../core/window/window";
import { ConnectionLost } from "../../../postgres/connect/errors";
import { readEmptyLeaves, readLevelValues, ValueSourceError } from "../../../postgres/read/level-values";
import { readLastBackup } from "../../../postgres/read/last-backup";
import { readSourceTriggers } from "../../../postgres/read/source-triggers";
import { readDependents } from "../../../postgres/read/dependents";
import { readReferring } from "../../../postgres/read/referring";
import { windowFromWire } from "../../../core/window/wire";
import type { ResourceContext } from "../../runtime/context";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";
import { laterKeysOf } from "./later-keys";
import { withDeclaredIndexes } from "../shared/declared-indexes";
import { withCountedRows } from "../shared/default-rows";
import type { WindowInputs } from "./window-inputs";

/** Plans a table against the latest observation. An update performs the steps of a checked plan: it has no limit of its own. */
export async function planLive(
  runtime: Runtime,
  inputs: WindowInputs,
  found: Observation,
  limit: () => Promise<ByteLimit | undefined> = () => Promise.resolve(undefined),
): Promise<LivePlan> {
  const observation = await withCountedRows(runtime, inputs.spec, inputs.spec.key, found, missingRanges(inputs, found));
  const clocks = runtime.clocks(inputs.asOf, observation);
  const values = await valuesOf(runtime, inputs);
  const { empty, ...retiring } = await retirementFacts(runtime, inputs, observation, clocks, values, limit);
  return planAgainstDatabase({
    values,
    sourceTriggers: await triggersOf(runtime, inputs),
    empty,
    spec: inputs.spec,
    registered: registeredWindow(observation),
    registeredAsOf: registeredAsOf(observation),
    observation: withDeclaredIndexes(runtime, inputs.spec, observation),
    clocks,
    retiring,
    indexes: runtime.indexesOf(inputs.spec),
    laterKeys: await laterKeysOf(runtime, inputs.spec, observation),
    altering: runtime.altering.get(formatTableId(inputs.spec)) ?? [],
    profile: runtime.profileOf(inputs.spec),
    planned: runtime.planned.get(formatTableId(inputs.spec)),
    shown: runtime.shown,
    management: runtime.database.managementSchema,
  });
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
  const oids = couldLeave(spec, observation, clocks, cleanup);
  const dropped = spec.onExpire === "detach" ? cleanup.map(({ table }) => table.oid) : oids;
  return {
    referring: await readReferring(database, oids, leaving),
    dependents: await readDependents(database, dropped),
  };
}

/** Reads the facts that only retirement needs: if that fails nothing is retired, and partitions are created anyway. */
async function retirementFacts(
  runtime: Runtime,
  { spec }: WindowInputs,
  observation: Observation,
  clocks: Clocks,
  values: SourceValues,
  limit: () => Promise<ByteLimit | undefined>,
): Promise<RetirementFacts & { readonly empty: ReadonlySet<string> }> {
  const { database } = runtime;
  try {
    const empty = cleansUp(spec) ? await readEmptyLeaves(database, spec) : new Set<string>();
    const cleanup = planCleanup(spec, values, observation, empty, decidingNow(clocks));
    const leaving = [...runtime.leaving].flatMap(([id, oids]) => (id === formatTableId(spec) ? [] : oids));
    return {
      empty,
      ...(await readKeeping(runtime, spec, observation, clocks, cleanup, leaving)),
      byteLimit: await limit(),
      backup: await backupOf(runtime, spec),
    };
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    return { empty: new Set(), unread: error instanceof Error ? error.message : String(error) };
  }
}

async function backupOf(runtime: Runtime, spec: WindowSpec): Promise<BackupFact | undefined> {
  if (!spec.requireBackupSince) return undefined;
  return readLastBackup(runtime.database, spec.requireBackupSince.query);
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
  const there = new Set(observation.table.leaves.flatMap((leaf) => (leaf.bounds ? [intervalKey(leaf.bounds)] : [])));
  return planWindow(spec, asOf).desired.filter((partition) => !there.has(intervalKey(partition)));
}

/** Treats a source that cannot be read as a wrong input: it changes nothing. */
async function valuesOf(runtime: Runtime, inputs: WindowInputs): Promise<SourceValues> {
  try {
    return await readLevelValues(runtime.database, inputs.spec.levels);
  } catch (error) {
    throw error instanceof ValueSourceError ? new Refusal(error.message) : error;
  }
}

export function registeredWindow(observation: Observation): WindowSpec | undefined {
  const window = windowFromWire(observation.registration?.window);
  return "spec" in window ? window.spec : undefined;
}

/** Refuses to plan on a recorded window that cannot be read: the guard against a cut would be disabled. */
export function registryProblems(observation: Observation): CoreProblem[] {
  const recorded = observation.registration?.window;
  if (recorded === undefined || recorded === null) return [];
  const read = windowFromWire(recorded);
  if ("spec" in read) return [];
  return [
    {
      path: "table",
      code: "conflict",
      message: `the window that the registry keeps for this table cannot be read (${read.problems.map(formatProblem).join("; ")}).`,
      fix: "A newer version may have written it: use that version.",
    },
  ];
}

/** Returns the recorded moment of the window. */
export function registeredAsOf(observation: Observation): Instant | undefined {
  const window = observation.registration?.window;
  if (typeof window !== "object" || window === null || !("asOf" in window) || typeof window.asOf !== "string")
    return undefined;
  return parseInstant(window.asOf, "UTC");
}

/**
 * Warns about a partition that the last update left in place and that is gone: no plan removed it, and writers of its range
 * fail. With partitions as resources the engine trusts its state until a refresh.
 */
export function warnOfLost(ctx: ResourceContext, inputs: WindowInputs, observation: Observation, live: LivePlan): void {
  const missing = live.creations.filter(({ kind }) => kind !== "present" && kind !== "restore");
  if (missing.length === 0 || inputs.spec.resources === "window") return;
  const before = registeredWindow(observation);
  const asOf = registeredAsOf(observation);
  if (!before || !asOf) return;
  const stood = planWindow(before, asOf).desired;
  const lost = missing.filter((creation) => stood.some((partition) => sameInterval(partition, creation.partition)));
  if (lost.length === 0) return;
  const names = lost.map((creation) => `"${creation.partition.name}"`).join(", ");
  ctx.log.warn(
    `table "${inputs.spec.schema}.${inputs.spec.table}" lacks ${names}, which the last update left in place: detached or dropped outside Pulumi. ` +
      "Rows for that range are refused (SQLSTATE 23514). `pulumi up --refresh` brings it back",
  );
}
