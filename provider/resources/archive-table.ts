import type { ObjectStore } from "../../archive/store/store";
import { openTable, storeOfPartition, tableProblems } from "../../archive/table/destination";
import { type ArchiveTable, describeArchiveTable } from "../../core/archive/table-destination";
import { needsArchive } from "../../core/plan/retiring";
import type { LivePlan } from "../../core/plan/live-plan";
import type { Problem as CoreProblem } from "../../core/problem";
import type { KeySpec, WindowSpec } from "../../core/spec/spec";
import type { OpenInterval } from "../../core/time/interval";
import { ConnectionError, type ConnectionErrorKind } from "../../postgres/connection-error";
import type { ResourceContext } from "../context";
import type { Runtime } from "../runtime";
import { storeOf } from "./archive-store";

/** Where the archives of one table go, for each of its partitions. */
export interface Destination {
  of(partition: { readonly oid: string; readonly key: KeySpec; readonly bounds: OpenInterval }): ObjectStore;
  close(): Promise<void>;
}

/** Connects to the database of an archive table; a store of objects is asked nothing. */
export async function openDestination(ctx: ResourceContext, runtime: Runtime, spec: WindowSpec): Promise<Destination> {
  const table = spec.archive?.table;
  if (table === undefined) {
    const store = storeOf(spec);
    return { of: () => store, close: () => store.close() };
  }
  const { database, close } = await runtime.openArchiveDatabase(table.url);
  try {
    const opened = await openTable(table, { target: database, source: runtime.database, log: ctx.log });
    return { of: (partition) => storeOfPartition(opened, partition), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What passes by itself, so that partitions are made all the same. */
const PASSING: readonly ConnectionErrorKind[] = ["unreachable", "starting", "busy"];

/** Looked at when something is due that goes there: a preview must not promise what the update cannot do. */
export async function archiveTableProblems(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  live: LivePlan,
): Promise<CoreProblem[]> {
  const table = spec.archive?.table;
  const needed = live.retirements.some(needsArchive);
  if (table === undefined || !needed) return [];
  const name = describeArchiveTable(table);
  try {
    const found = await lookAt(ctx, runtime, spec, table);
    return found.map((message) => problem(`archive table ${name}: ${message}.`));
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (!PASSING.includes(error.kind)) return [problem(`archive table ${name}: ${error.message}`)];
    ctx.log.warn(`table "${spec.schema}.${spec.table}": nothing can be archived now. ${error.message}`);
    return [];
  }
}

async function lookAt(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  table: ArchiveTable,
): Promise<string[]> {
  const { table: observed } = await runtime.observe(spec, spec.key);
  if (!observed) return [];
  const { database, close } = await runtime.openArchiveDatabase(table.url);
  try {
    const opened = await openTable(table, { target: database, source: runtime.database, log: ctx.log });
    return await tableProblems(opened, observed.oid);
  } finally {
    await close();
  }
}

function problem(message: string): CoreProblem {
  return { path: "archive.to", code: "archive-store", message, fix: "Nothing was changed." };
}
