import type { Database } from "../database";
import { query } from "../queries";

/** Interval at which the progress of a build is read and reported. */
const PROGRESS_EVERY_MS = 2_000;

/**
 * Reports the progress of an index build on one relation every few seconds, until the returned function is called. A failure to
 * read it is ignored: the build continues.
 */
export function reportProgress(
  database: Database,
  relation: string,
  tell: (text: string) => void,
): () => Promise<void> {
  let reading: Promise<void> | undefined;
  const timer = setInterval(() => {
    reading ??= readProgress(database, relation)
      .then((text) => {
        if (text !== undefined) tell(text);
      })
      .catch(() => undefined)
      .finally(() => (reading = undefined));
  }, PROGRESS_EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await reading;
  };
}

async function readProgress(database: Database, relation: string): Promise<string | undefined> {
  const [row] = await database.read(query("index-progress"), [relation]);
  if (!row) return undefined;
  const percent = row["blocks_percent"] ?? row["tuples_percent"];
  const waiting = Number(row["waiting_for"] ?? 0);
  return `${String(row["phase"])}${percent === null ? "" : `, ${String(percent)} %`}${waiting > 0 ? `, waiting for ${waiting} transactions` : ""}`;
}
