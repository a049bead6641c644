import type { ObjectStore } from "../../../archive/store/store";
import { openTable, openPartitionStore, findDestinationProblems } from "../../../archive/table/destination";
import { type ArchiveTable, describeArchiveTable } from "../../../core/declare/archive/table-destination";
import type { KeySpec, WindowSpec } from "../../../core/declare/table/spec";
import type { OpenInterval } from "../../../core/time/interval";
import type { ResourceContext } from "../../runtime/call-context";
import type { Runtime } from "../../runtime/runtime";
import { openStoreOfWindow } from "./archive-store";
import type { ArchiveNeeds } from "./archive-needs";

/** Destination of the archives of one table, for each of its partitions. */
export interface Destination {
  of(partition: { readonly oid: string; readonly key: KeySpec; readonly bounds: OpenInterval }): ObjectStore;
  close(): Promise<void>;
}

/** Connects to the database of an archive table; sends nothing to an object store. */
export async function openDestination(ctx: ResourceContext, runtime: Runtime, spec: WindowSpec): Promise<Destination> {
  const table = spec.archive?.table;
  if (table === undefined) {
    const store = openStoreOfWindow(spec);
    return { of: () => store, close: () => store.close() };
  }
  const { database, close } = await runtime.openArchiveDatabase(table.url);
  try {
    const opened = await openTable(table, { target: database, source: runtime.database, log: ctx.log });
    return { of: (partition) => openPartitionStore(opened, partition), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the reason why the archive table cannot be used; called if a pending step writes to it, or it is declared anew. */
export async function explainTableTrouble(
  ctx: ResourceContext,
  runtime: Runtime,
  spec: WindowSpec,
  { mustArchive, mustDrop, isNew = false }: ArchiveNeeds,
): Promise<string | undefined> {
  const table = spec.archive?.table;
  if (table === undefined || !(mustArchive || mustDrop || isNew)) return undefined;
  const found = await lookAt(ctx, runtime, spec, table).catch((error: unknown) => [
    error instanceof Error ? error.message : String(error),
  ]);
  return found.length === 0 ? undefined : `archive table ${describeArchiveTable(table)}: ${found.join("; ")}`;
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
    return await findDestinationProblems(opened, observed.oid);
  } finally {
    await close();
  }
}
