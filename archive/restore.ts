import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import type { Manifest, ManifestPart } from "../core/archive/manifest";
import { quote, quoteQualified } from "../core/names/identifier";
import type { Database } from "../postgres/database";
import { missingTypes, tableExists } from "../postgres/archive-table";
import type { Log } from "../postgres/log";
import { readManifest } from "./check-archive";
import { requireSpace } from "./disk-space";
import { fetchPart } from "./fetch-part";
import { type ChunkCodec, openCodec } from "./parquet/codec";
import type { ObjectStore } from "./store/store";

/** One archive that is to become a table. */
export interface RestoreJob {
  readonly database: Database;
  readonly store: ObjectStore;
  /** Place of its manifest. */
  readonly manifest: string;
  /** The table that is made. Must not exist. */
  readonly target: { readonly schema: string; readonly name: string };
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface Restored {
  readonly rows: number;
  readonly manifest: Manifest;
}

/**
 * Makes a table of an archive: the same columns in the same order with the same types, collations and NOT NULL, the same rows in
 * the same order. Every part is compared with its hashes before its rows count. All of it is one transaction: killed, it leaves
 * nothing, and is begun again.
 */
export async function restoreTable(job: RestoreJob): Promise<Restored> {
  const { database, signal, store, target } = job;
  const { manifest, folder } = await readManifest(store, job.manifest, signal);
  await requireTarget(job, manifest);
  const directory = await mkdtemp(join(tmpdir(), "pgpartition-restore-"));
  try {
    const largest = Math.max(0, ...manifest.parts.map((part) => part.bytes));
    const subject = `restoring "${job.manifest}" as "${target.schema}"."${target.name}"`;
    await requireSpace(directory, largest, subject);
    const codec = await openCodec(
      manifest.columns.map(({ file }) => file),
      { directory, maxTextBytes: Infinity },
    );
    try {
      const request = {
        ...target,
        columns: manifest.columns.map(({ name }) => name),
        create: [createStatement(target, manifest)],
        finish: [`ANALYZE ${quoteQualified(target.schema, target.name)}`],
      };
      const texts = textsOf(job, manifest, folder, codec, directory);
      const rows = await database.importRows(request, { signal, subject }, texts);
      return { rows, manifest };
    } finally {
      await codec.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The rows of the parts, in order. A part that is not what the manifest says fails before its last row is given. */
async function* textsOf(
  job: RestoreJob,
  manifest: Manifest,
  folder: string,
  codec: ChunkCodec,
  directory: string,
): AsyncGenerator<Readable> {
  for (const [index, part] of manifest.parts.entries()) {
    job.log.status(`restoring ${job.target.name}: part ${index + 1} of ${manifest.parts.length} (${part.rows} rows)`);
    const file = join(directory, part.name);
    await fetchPart(job.store, `${folder}${part.name}`, part, file, job.signal);
    yield proved(await codec.read(file, { signal: job.signal }), part, `${folder}${part.name}`);
    await rm(file, { force: true });
  }
}

/** Passes the text on, and ends with an error unless all of it is what the server once sent. */
function proved(text: Readable, part: ManifestPart, key: string): Readable {
  const hash = createHash("sha256");
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const found = hash.digest("hex");
      done(
        found === part.textSha256
          ? null
          : new Error(`"${key}" does not give back the rows that were archived: nothing was restored`),
      );
    },
  });
  text.once("error", (error) => check.destroy(error));
  return text.pipe(check);
}

async function requireTarget({ database, target, manifest: place }: RestoreJob, manifest: Manifest): Promise<void> {
  if (await tableExists(database, target))
    throw new Error(
      `"${target.schema}"."${target.name}" exists: nothing was restored. Give another name by --name, or drop that table first`,
    );
  const missing = await missingTypes(database, manifest.types);
  if (missing.length === 0) return;
  throw new Error(
    `"${place}" has columns of types that this database does not have: nothing was restored. They are made by: ` +
      missing.map(({ definition }) => `${definition};`).join(" "),
  );
}

/** As it was archived; values that the server computed then are plain values now. */
function createStatement(target: RestoreJob["target"], manifest: Manifest): string {
  const columns = manifest.columns.map(
    ({ name, type, collation, notNull }) =>
      `${quote(name)} ${type}${collation === undefined ? "" : ` COLLATE ${collation}`}${notNull ? " NOT NULL" : ""}`,
  );
  return `CREATE TABLE ${quoteQualified(target.schema, target.name)} (${columns.join(", ")})`;
}
