import type { ManifestPart } from "../../core/archive/manifest";
import { formatBytes } from "../../core/size";
import type { Log } from "../../postgres/connect/log";
import { seldom } from "../../jobs/progress";
import { readPartBack } from "./read-object";
import type { ObjectStore } from "../store/store";
import { openArchive, explainArchiveFaults } from "./open-archive";
import type { Database } from "../../postgres/database";

/** Parts whose bytes are read once more. */
interface ReadBack {
  readonly store: ObjectStore;
  /** Folder of the parts, below the store's prefix. */
  readonly folder: string;
  readonly parts: readonly Pick<ManifestPart, "name" | "bytes" | "sha256" | "version">[];
  /** Name in the status. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Reads every byte of an archive in its store and compares it with the manifest, part by part. Fails with an ArchiveFault at the
 * first object that is not as stored. Costs the traffic of all of it and no disk; memory for one piece of a stream.
 */
export async function readBack({ folder, log, name, parts, signal, store }: ReadBack): Promise<void> {
  const total = formatBytes(parts.reduce((sum, { bytes }) => sum + bytes, 0));
  const tell = seldom((text) => log.status(text));
  let before = 0;
  for (const [index, part] of parts.entries()) {
    const where = `reading back ${name}: part ${index + 1} of ${parts.length}`;
    log.status(where);
    const reportRead = (bytes: number): void => tell(() => `${where}, ${formatBytes(before + bytes)} of ${total}`);
    await readPartBack(store, folder, part, { signal, onRead: reportRead });
    before += part.bytes;
  }
}

/** Archive to be verified in its store. */
interface VerifyJob {
  readonly store: ObjectStore;
  /** Location of its manifest. */
  readonly manifest: string;
  /** Name in the status. */
  readonly name: string;
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Reads a whole archive in its store and compares it with the ledger: the manifest, and every byte of every object. Fails at the
 * first difference. Changes nothing.
 */
export async function verifyArchive(job: VerifyJob): Promise<void> {
  const { database, log, manifest: place, name, signal, store } = job;
  const source = { store, place, ledger: database, signal, log };
  await explainArchiveFaults(source, "verify", async () => {
    const { folder, manifest } = await openArchive(source);
    await readBack({ store, folder, parts: manifest.parts, name, signal, log });
  });
}
