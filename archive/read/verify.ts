import { openArchive, readingArchive } from "./open-archive";
import { readBack } from "./read-back";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import type { ObjectStore } from "../store/store";

/** An archive that is looked at where it lies. */
interface VerifyJob {
  readonly store: ObjectStore;
  /** Place of its manifest. */
  readonly manifest: string;
  /** What it is called in the status. */
  readonly name: string;
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Reads a whole archive where it lies and compares it with what the ledger knows of it: the manifest, and every byte of every object.
 * Fails with the first thing that is not as it was stored. Changes nothing.
 */
export async function verifyArchive(job: VerifyJob): Promise<void> {
  const { database, log, manifest: place, name, signal, store } = job;
  const source = { store, place, ledger: database, signal, log };
  await readingArchive(source, "verify", async () => {
    const { folder, manifest } = await openArchive(source);
    await readBack({ store, folder, parts: manifest.parts, name, signal, log });
  });
}
