import { openArchive, readingArchive } from "./open-archive";
import { readBack } from "./read-back";
import type { Database } from "../../postgres/database";
import type { Log } from "../../postgres/connect/log";
import type { ObjectStore } from "../store/store";

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
  await readingArchive(source, "verify", async () => {
    const { folder, manifest } = await openArchive(source);
    await readBack({ store, folder, parts: manifest.parts, name, signal, log });
  });
}
