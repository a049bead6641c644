// The table that most fault tests declare, the provider's configuration, and a database made empty again.
import type { TableSpecArgs } from "../../../core/declare/table/args";
import type { PropertyMap } from "../../../provider/runtime/values";
import type { TestDatabase } from "../database";
import type { Program } from "./declare";
import { dumpSchemas, orphans } from "./dump";
import { dropManagement, freshManagement } from "./kept-management";
import { setTimeout as sleep } from "node:timers/promises";

export const SCHEMA = "app";

/** Three months back to one ahead, with a referenced table, an index and a grace. */
export function eventsTable(changes: Partial<TableSpecArgs> = {}): TableSpecArgs {
  return {
    schema: SCHEMA,
    table: "events",
    columns: { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
    primaryKey: ["id", "at"],
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
    grace: "7 days",
    indexes: { by_note: { columns: ["note"] } },
    ...changes,
  };
}

export function program(asOf: string, changes: Partial<TableSpecArgs> = {}): Program {
  return { tables: { events: eventsTable(changes) }, asOf };
}

/** The simulated clock decides, so that months pass in a test. */
export function configOf(database: Pick<TestDatabase, "url">, changes: PropertyMap = {}): PropertyMap {
  return { url: database.url, sslMode: "disable", trustAsOf: "true", lockBudgetMs: "5000", ...changes };
}

/** As a fresh database: no table of ours, no management schema. */
export async function reset(database: TestDatabase, schemas?: readonly string[]): Promise<void> {
  await empty(database, schemas);
  await dropManagement(database);
}

/** No table of ours, and a management schema that knows of none. */
export async function resetManaged(database: TestDatabase, schemas?: readonly string[]): Promise<void> {
  await empty(database, schemas);
  await freshManagement(database);
}

async function empty(database: TestDatabase, schemas: readonly string[] = [SCHEMA]): Promise<void> {
  await sessionsGone(database);
  for (const schema of schemas) await database.query(`drop schema if exists "${schema}" cascade`);
  for (const schema of schemas) await database.query(`create schema "${schema}"`);
  const publications = await database.query<{ name: string }>("select pubname as name from pg_publication");
  for (const { name } of publications) await database.query(`drop publication "${name}"`);
}

/** Milliseconds until no session of a killed plugin is left; its locks go with it. */
export async function sessionsGone(database: TestDatabase, withinMs = 5_000): Promise<number> {
  const start = performance.now();
  for (;;) {
    const rows = await database.query(
      "select from pg_stat_activity where application_name like 'pulumi-pgpartition%' and datname = current_database()",
    );
    const waited = performance.now() - start;
    if (rows.length === 0) return waited;
    if (waited > withinMs)
      throw new Error(`sessions of the plugin are still there after ${String(Math.round(waited))} ms`);
    await sleep(10);
  }
}

/** What a run left, for comparing: the dump, and orphans, of which there must be none. */
export async function left(
  database: TestDatabase,
  schemas: readonly string[] = [SCHEMA],
): Promise<{ dump: string; orphans: string[] }> {
  await sessionsGone(database);
  return { dump: await dumpSchemas(database, schemas), orphans: await orphans(database) };
}
