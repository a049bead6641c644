import { tmpdir } from "node:os";
import { spaceProblem, spoolBytes } from "../../archive/disk-space";
import { openStore } from "../../archive/store/open";
import { StoreError, type StoreErrorKind } from "../../archive/store/errors";
import type { ObjectStore } from "../../archive/store/store";
import { type ArchiveSpec, storeSettingsOf } from "../../core/archive/archive-spec";
import { describeArchiveTable } from "../../core/archive/table-destination";
import type { Problem as CoreProblem } from "../../core/problem";
import { needsArchive } from "../../core/plan/retiring";
import type { LivePlan } from "../../core/plan/live-plan";
import type { WindowSpec } from "../../core/spec/spec";
import type { ResourceContext } from "../context";
import { Refusal } from "../failures";
import type { Runtime } from "../runtime";

/** Time that a preview waits for the answer of a store. */
const PATIENCE_MS = 15_000;

/** What no later try would mend. */
const WRONG: readonly StoreErrorKind[] = ["no-bucket", "wrong-region", "configuration", "unsupported"];

/** The store of a table's archives. Its bucket has to be known by now. */
export function storeOf(spec: WindowSpec): ObjectStore {
  const { archive } = spec;
  if (archive?.table)
    throw new Refusal(
      `archives of table "${spec.schema}.${spec.table}" are rows of ${describeArchiveTable(archive.table)}, and no objects of a store: INSERT … SELECT brings them back`,
    );
  const settings = storeSettingsOf(archive);
  if (!settings)
    throw new Refusal(`table "${spec.schema}.${spec.table}" has partitions to archive, and archive.to is not known`);
  return openStore(settings);
}

/**
 * Asks the store, once for each in a run, when something is due that needs it: a preview must not promise what the update
 * cannot do. A store that is only away is a warning: partitions are made all the same.
 */
export async function storeProblems(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  live: LivePlan,
): Promise<CoreProblem[]> {
  const needed = live.restores.some(({ kind }) => kind === "restore") || live.retirements.some(needsArchive);
  if (!needed || spec.archive?.to === undefined) return [];
  const writing = live.retirements.some(({ verb }) => verb === "archive");
  if (writing) await warnOfSpace(ctx, spec, spec.archive);
  const name = JSON.stringify([spec.archive, writing]);
  const asked = runtime.stores.get(name) ?? ask(spec, writing);
  runtime.stores.set(name, asked);
  const error = await asked;
  if (error === undefined) return [];
  if (!WRONG.includes(error.kind)) {
    ctx.log.warn(`table "${spec.schema}.${spec.table}": nothing can be archived or restored now. ${error.message}`);
    return [];
  }
  return [{ path: "archive.to", code: "archive-store", message: error.message, fix: "Nothing was changed." }];
}

/** A warning and no more: the update may run on another machine. */
async function warnOfSpace(ctx: ResourceContext, spec: WindowSpec, archive: ArchiveSpec): Promise<void> {
  const problem = await spaceProblem(tmpdir(), spoolBytes(archive.spoolMegabytes * 1_000_000, archive));
  if (problem === undefined) return;
  ctx.log.warn(`table "${spec.schema}.${spec.table}": nothing can be archived on this machine. ${problem}`);
}

async function ask(spec: WindowSpec, writing: boolean): Promise<StoreError | undefined> {
  const store = storeOf(spec);
  try {
    await store.check({ signal: AbortSignal.timeout(PATIENCE_MS), writing });
    return undefined;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  } finally {
    await store.close();
  }
}
