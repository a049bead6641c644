import { type ArchiveReader, type ArchiveStanding, describeReaderFix } from "../../core/archive/fault-words";
import { findKeyInStore } from "../../core/store/layout";
import { type Manifest, ManifestError, parseManifest } from "../../core/archive/manifest";
import { type KnownArchive, readKnownArchive } from "../../postgres/archive/known-archive";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import { ArchiveFault } from "../store/mismatch";
import { readSmall, type SmallObject } from "./read-object";
import type { ObjectStore } from "../store/store";

/** Archive to be read. */
export interface ArchiveSource {
  readonly store: ObjectStore;
  /** Location of its manifest, as the ledger or a user writes it. */
  readonly place: string;
  /** Database whose ledger may know it; undefined: none is at hand. */
  readonly ledger: Database | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: Log;
}

/** Archive whose manifest is the one that was archived, as far as a database knows it. */
export interface OpenedArchive {
  readonly manifest: Manifest;
  /** Folder of its parts, below the store's prefix. */
  readonly folder: string;
  /** Its record; undefined: no ledger knows it, and it is checked against its own manifest only. */
  readonly known: KnownArchive | undefined;
}

/**
 * Opens an archive for any reader: the manifest has to be the one that the ledger knows, and its parts those recorded before they
 * were stored. Fails with an ArchiveFault that states the finding without its consequences.
 */
export async function openArchive(source: ArchiveSource): Promise<OpenedArchive> {
  const { ledger, log, place, store } = source;
  const key = resolveKey(store, place);
  const known = ledger && (await readKnownArchive(ledger, [place, `${store.url}/${key}`]));
  const { text, sha256 } = await readManifestText(source, key, known?.manifestSha256);
  const manifest = requireManifest(place, text, sha256, known);
  if (known) requireParts(place, manifest, known);
  else
    log.warn(
      `"${place}": ${ledger ? "this archive is not in the ledger of this database" : "no ledger is at hand"}, so that it is checked against its own manifest only`,
    );
  return { manifest, folder: key.slice(0, key.lastIndexOf("/") + 1), known };
}

/** Runs `body`, and adds to a fault found in it the next step for this reader. */
export async function explainArchiveFaults<T>(
  source: ArchiveSource,
  reader: Exclude<ArchiveReader, "drop">,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error;
    throw new ArchiveFault(error.kind, error.finding, describeReaderFix(reader, await readStanding(source)));
  }
}

async function readStanding({ ledger, place, store }: ArchiveSource): Promise<ArchiveStanding | undefined> {
  const known = ledger && (await readKnownArchive(ledger, [place, `${store.url}/${resolveKey(store, place)}`]));
  return known?.standing;
}

function resolveKey(store: ObjectStore, place: string): string {
  const key = findKeyInStore(store.url, place);
  if (key !== undefined) return key;
  throw new Error(
    `"${place}" is not in "${store.url}", the declared store. Declare the former archive.to until that partition is dropped`,
  );
}

async function readManifestText(
  { place, signal, store }: ArchiveSource,
  key: string,
  wanted: string | undefined,
): Promise<SmallObject> {
  try {
    return await readSmall(store, key, wanted, { signal });
  } catch (error) {
    // Named as in the ledger.
    if (error instanceof ArchiveFault && error.kind === "gone") throw new ArchiveFault("gone", `"${place}" is gone`);
    throw error;
  }
}

function requireManifest(place: string, text: string, sha256: string, known: KnownArchive | undefined): Manifest {
  const wanted = known?.manifestSha256;
  const other =
    wanted === undefined || wanted === sha256
      ? undefined
      : `"${place}" is damaged: its SHA-256 is ${sha256}, in the ledger ${wanted}`;
  let manifest: Manifest;
  try {
    manifest = parseManifest(text, place);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new ArchiveFault("damaged", other === undefined ? error.message : `${other}; ${error.message}`);
  }
  if (other !== undefined) throw new ArchiveFault("damaged", other);
  return manifest;
}

const FIGURES = ["rows", "bytes", "sha256", "textBytes", "textSha256"] as const;

/** Compares the parts with their records; these exist even if the manifest itself was not recorded. */
function requireParts(place: string, manifest: Manifest, known: KnownArchive): void {
  const refuse = (what: string, found: unknown, wanted: unknown): never => {
    throw new ArchiveFault(
      "damaged",
      `"${place}" is not the manifest that was stored there: ${what} is ${String(found)} in it, in the ledger ${String(wanted)}`,
    );
  };
  if (manifest.schema !== known.schema) refuse("the schema", manifest.schema, known.schema);
  if (manifest.table !== known.table) refuse("the table", manifest.table, known.table);
  if (manifest.rows !== known.rows) refuse("the number of rows", manifest.rows, known.rows);
  if (manifest.parts.length !== known.parts.length)
    refuse("the number of parts", manifest.parts.length, known.parts.length);
  const parts = new Map(known.parts.map((part) => [part.key.slice(part.key.lastIndexOf("/") + 1), part]));
  for (const part of manifest.parts) {
    const wanted = parts.get(part.name);
    if (!wanted) refuse("the name of a part", part.name, [...parts.keys()].join(", "));
    else
      for (const figure of FIGURES)
        if (part[figure] !== wanted[figure]) refuse(`${figure} of ${part.name}`, part[figure], wanted[figure]);
  }
}
