import type { BackupFact, BackupRequired } from "../../core/plan/retire/backup-guard";
import { parseInstant } from "../../core/time/instant";
import type { Database } from "../database";

/** Reads the last backup of a table that requires one. */
export async function readRequiredBackup(
  database: Database,
  { requireBackupSince: required }: BackupRequired,
): Promise<BackupFact | undefined> {
  return required && readLastBackup(database, required.query);
}

/**
 * Runs the user's query for the start of the last good backup, in a read-only transaction, as one statement. A failure is part of
 * the result: partitions must still be created, and nothing is dropped.
 */
export async function readLastBackup(database: Database, query: string): Promise<BackupFact> {
  try {
    const rows = await database.readLong(wrapQuery(query), []);
    if (rows.length > 1) return toFailed("it returns more than one row");
    const { type, at } = rows[0] ?? {};
    if (type !== undefined && type !== "timestamp with time zone")
      return toFailed(`its value is of type ${String(type)}, not timestamp with time zone`);
    return { at: typeof at === "string" ? parseInstant(at, "UTC") : undefined };
  } catch (error) {
    return toFailed(error instanceof Error ? error.message : String(error));
  }
}

/** Wraps the query as a subquery, which can only be one SELECT; the line break ends a comment in its last line. */
function wrapQuery(query: string): string {
  return `select pg_typeof(b.at)::text as type, to_json(b.at) #>> '{}' as at
from (
${query.replace(/[\s;]+$/, "")}
) as b(at) limit 2`;
}

function toFailed(because: string): BackupFact {
  return { at: undefined, failed: because };
}
