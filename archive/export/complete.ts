import { createHash } from "node:crypto";
import { type ParquetColumn, chooseParquetColumns } from "../../core/archive/format/parquet-columns";
import { MANIFEST_NAME } from "../../core/store/layout";
import { formatManifest, type Manifest, type ManifestPart, parseManifest } from "../../core/archive/manifest";
import { formatInstant, type Instant } from "../../core/time/instant";
import {
  archiveEventStatement,
  type ArchivedDetail,
  assertFencedStatement,
} from "../../postgres/archive/archive-records";
import { readColumnTypes } from "../../postgres/rows/column-types";
import { countWithKeys } from "../../postgres/rows/count-all";
import { readColumns } from "../../postgres/rows/read-columns";
import { faultpoint } from "../../postgres/connect/faultpoint";
import { ArchiveContradicted, ArchiveFault } from "../store/mismatch";
import type { StoredPart } from "./export-parts";
import { type ArchiveJob, type Export, describeSubject } from "./archive-job";
import { readBack } from "../read/read-back";
import { readSmall } from "../read/read-object";
import { ObjectConflict } from "../store/store-errors";

/** Archive that is complete and proved, as the ledger records it. */
export interface CompletedArchive {
  readonly manifest: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
}

/**
 * Completes an archive: counts the rows once more, reads every part back if asked to, writes the manifest, and records it in a
 * transaction that fails if the fence was opened meanwhile.
 */
export async function completeArchive(
  job: ArchiveJob,
  current: Export,
  parts: readonly StoredPart[],
): Promise<CompletedArchive> {
  const { away, settings, store, work } = job;
  const sorted = [...parts].sort((a, b) => a.part - b.part);
  const columns = await readColumns(work.database, away.oid);
  const key = columns.find((column) => column.name === job.key.column);
  if (!key) throw new Error(`${describeSubject(job)}: it has no column "${job.key.column}"`);
  const counted = await countWithKeys(work.database, { schema: away.partitionSchema, name: away.partition }, key);
  const rows = sum(sorted, "rows");
  if (counted.rows !== rows)
    throw new ArchiveContradicted(
      `${describeSubject(job)}: the table holds ${counted.rows} rows and its parts ${rows}`,
    );
  if (store.confirm) await store.confirm(current.detail.folder, sorted);
  else if (settings.verify === "readBack") await readEveryPart(job, current.detail.folder, sorted);
  const files = chooseParquetColumns(columns);
  const identity = await work.database.readIdentity();
  const { from, to } = away.bounds;
  const manifest: Manifest = {
    format: 1,
    product: job.product,
    database: {
      name: identity.database,
      systemIdentifier: identity.systemIdentifier,
      oid: identity.databaseOid,
      serverVersion: identity.version,
    },
    schema: away.schema,
    table: away.table,
    ...(job.path.length > 0 ? { branch: [...job.path] } : {}),
    partition: { schema: away.partitionSchema, name: away.partition, oid: away.oid },
    bounds: { ...(from ? { from: formatInstant(from) } : {}), ...(to ? { to: formatInstant(to) } : {}) },
    key: { column: job.key.column, encoding: job.key.encoding, zone: job.key.zone },
    ...(counted.keys ? { keys: counted.keys } : {}),
    generation: current.detail.generation,
    startedAt: current.at,
    run: current.run,
    encoding: current.detail.encoding ?? "parquet",
    columns: columns.map((column, index) => ({ ...column, file: files[index] as ParquetColumn })),
    types: await readColumnTypes(work.database, away.oid),
    rows,
    bytes: sum(sorted, "bytes"),
    textBytes: sum(sorted, "textBytes"),
    parts: sorted.map((part) => toManifestPart(part, current.detail.folder)),
  };
  const where = `${current.detail.folder}${MANIFEST_NAME}`;
  const manifestSha256 = await putManifest(job, where, manifest);
  await faultpoint(`after manifest of ${away.partition}`);
  const done = { manifest: `${store.url}/${where}`, rows, bytes: manifest.bytes, objects: sorted.length };
  const { at, dropAfter } = await job.atProof();
  const detail: ArchivedDetail = {
    ...done,
    manifestSha256,
    generation: current.detail.generation,
    export: current.id,
    verify: settings.verify,
    fence: current.fence,
    dropAfter: formatInstant(dropAfter),
    ...(job.approvedBy === undefined ? {} : { approvedBy: job.approvedBy }),
    ...(job.commit === undefined ? {} : { commit: job.commit }),
  };
  await recordArchived(job, current, detail, at);
  return done;
}

/** Records the archive as good, in a transaction that checks the fence. */
async function recordArchived(job: ArchiveJob, current: Export, detail: ArchivedDetail, at: Instant): Promise<void> {
  const { away, work } = job;
  const transaction = `archived ${away.partitionSchema}.${away.partition}`;
  await work.database.execute(
    [
      { ...assertFencedStatement(work.management, away, current.fence), transaction },
      { ...archiveEventStatement(work.management, away, work.run, { event: "archived", detail }, at), transaction },
    ],
    { signal: work.signal, log: work.log, subject: describeSubject(job) },
  );
}

/** Reads every part back: a part that is damaged in the store is useless. */
async function readEveryPart(job: ArchiveJob, folder: string, parts: readonly StoredPart[]): Promise<void> {
  const { away, store, work } = job;
  const { signal, log } = work;
  const wanted = parts.map((part) => ({ ...part, name: part.key.slice(folder.length) }));
  await readBack({ store, folder, parts: wanted, name: away.partition, signal, log }).catch((error: unknown) => {
    throw error instanceof ArchiveFault ? new ArchiveContradicted(error.finding) : error;
  });
}

/**
 * Stores the manifest and returns the SHA-256 of its text. An existing one has to state the same, though perhaps as another
 * version of this product would.
 */
async function putManifest(job: ArchiveJob, key: string, manifest: Manifest): Promise<string> {
  const { signal } = job.work;
  const body = Buffer.from(formatManifest(manifest));
  try {
    await job.store.put(key, { body }, { signal });
    return createHash("sha256").update(body).digest("hex");
  } catch (error) {
    if (!(error instanceof ObjectConflict)) throw error;
    const { text, sha256 } = await readSmall(job.store, key, undefined, { signal });
    const there = parseManifest(text, error.object);
    if (JSON.stringify(collectIdentity(there)) !== JSON.stringify(collectIdentity(manifest))) throw error;
    return sha256;
  }
}

/**
 * Returns the facts that identify an archive: a database of the same name on another server may archive into the same store, and
 * then the manifest belongs to that.
 */
function collectIdentity({
  bounds,
  branch,
  columns,
  encoding,
  key,
  parts,
  partition,
  rows,
  schema,
  table,
  types,
}: Manifest) {
  const { from, to } = bounds;
  return { schema, table, oid: partition.oid, branch, from, to, key, encoding, columns, types, rows, parts };
}

function toManifestPart(part: StoredPart, folder: string): ManifestPart {
  return {
    name: part.key.slice(folder.length),
    rows: part.rows,
    bytes: part.bytes,
    sha256: part.sha256,
    textBytes: part.textBytes,
    textSha256: part.textSha256,
    ...(part.version === undefined ? {} : { version: part.version }),
  };
}

function sum(parts: readonly StoredPart[], figure: "rows" | "bytes" | "textBytes"): number {
  return parts.reduce((total, part) => total + part[figure], 0);
}
