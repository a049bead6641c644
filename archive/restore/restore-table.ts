import type { Manifest } from "../../core/archive/manifest";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { Database } from "../../postgres/database";
import { listMissingTypes } from "../../postgres/rows/column-types";
import { importRows } from "../../postgres/rows/import-rows";
import { hasTable } from "../../postgres/rows/receiving-table";
import type { Log } from "../../postgres/connect/log";
import { withArchivedRows } from "./archived-rows";
import { type ArchiveSource, openArchive, explainArchiveFaults } from "../read/open-archive";
import type { ObjectStore } from "../store/store";

/** Archive to be restored as a table of its own. */
interface RestoreJob {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Location of its manifest. */
  readonly manifest: string;
  /** Database whose ledger may know the archive, perhaps not the one that receives the rows. */
  readonly ledger: Database;
  /** Table to create. Must not exist. */
  readonly target: { readonly schema: string; readonly name: string };
  readonly signal: AbortSignal;
  readonly log: Log;
}

interface Restored {
  readonly rows: number;
  readonly manifest: Manifest;
}

/**
 * Creates a table from an archive: the same columns in the same order with the same types, collations and NOT NULL, the same rows
 * in the same order. Every part is compared with its hashes before its rows count. It is one transaction: a killed run leaves
 * nothing, and starts again.
 */
export async function restoreTable(job: RestoreJob): Promise<Restored> {
  const { ledger, log, signal, store } = job;
  const source = { store, place: job.manifest, ledger, signal, log };
  return explainArchiveFaults(source, "restore", () => restore(job, source));
}

async function restore(job: RestoreJob, archive: ArchiveSource): Promise<Restored> {
  const { database, log, signal, store, target } = job;
  const { manifest, folder } = await openArchive(archive);
  await requireTarget(job, manifest);
  const subject = `restoring "${job.manifest}" as "${target.schema}"."${target.name}"`;
  const request = {
    ...target,
    columns: manifest.columns.map(({ name }) => name),
    create: [{ sql: createStatement(target, manifest) }],
    rows: manifest.rows,
    finish: [{ sql: `ANALYZE ${quoteQualified(target.schema, target.name)}` }],
  };
  const source = { store, manifest, folder, name: target.name, subject, signal, log };
  const rows = await withArchivedRows(source, (texts) => importRows(database, request, { signal, subject }, texts));
  return { rows, manifest };
}

async function requireTarget({ database, target, manifest: place }: RestoreJob, manifest: Manifest): Promise<void> {
  if (await hasTable(database, target))
    throw new Error(
      `"${target.schema}"."${target.name}" exists: nothing was restored. Give another name by --name, or drop that table first`,
    );
  const missing = await listMissingTypes(database, manifest.types);
  if (missing.length === 0) return;
  throw new Error(
    `"${place}" has columns of types that this database does not have: nothing was restored. They are created by: ` +
      missing.map(({ definition }) => `${definition};`).join(" "),
  );
}

/** Writes the columns as they were archived; values that the server computed then are plain values now. */
function createStatement(target: RestoreJob["target"], manifest: Manifest): string {
  const columns = manifest.columns.map(
    ({ name, type, collation, notNull }) =>
      `${quote(name)} ${type}${collation === undefined ? "" : ` COLLATE ${collation}`}${notNull ? " NOT NULL" : ""}`,
  );
  return `CREATE TABLE ${quoteQualified(target.schema, target.name)} (${columns.join(", ")})`;
}
