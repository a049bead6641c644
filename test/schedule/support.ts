// What the tests of the schedule ask beside what the harness does.
import { expect } from "vitest";
import { ddlOf } from "../provider/support";
import type { TestDatabase } from "../support/database";
import type { Deployment } from "../support/harness/deployment";
import type { Program } from "../support/harness/declare";
import { named, preview, refresh, type RunOptions, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { statementsDuring } from "../support/statement-log";

/** `up` that has to succeed; its steps in short. */
export async function apply(
  database: Pick<TestDatabase, "url">,
  deployment: Deployment,
  program: Program,
  options: RunOptions = {},
): Promise<string[]> {
  const run = await up(database, deployment, program, options);
  if (run.error !== undefined) throw new Error(run.error);
  return named(run.steps);
}

/** The update finds what the schedule made: it sends no DDL and changes no relation, and leaves nothing to do. */
export async function adoptsWithoutDdl(
  database: TestDatabase,
  deployment: Deployment,
  program: Program,
  relations: () => Promise<readonly string[]>,
): Promise<void> {
  const before = await relations();
  const sent = await statementsDuring(database, () => apply(database, deployment, program));
  expect(ddlOf(sent)).toEqual([]);
  expect(await relations()).toEqual(before);
  expect((await preview(database, deployment, program)).steps).toEqual([]);
  const result = await refresh(database, deployment, program);
  expect(result).toEqual([]);
  expect(await apply(database, deployment, program)).toEqual([]);
}

/** What the schedule does on a day, as pg_cron would start it. */
export async function scheduleRuns(
  database: { query(sql: string): Promise<unknown> },
  day: string,
  table = "app.events",
): Promise<void> {
  await database.query(`call pgpartition.ensure_window('${table}', '${day}')`);
}

/** Resolves when another session than the test's own runs a function of the schedule. */
export function whenRunning(database: TestDatabase, name: string): Promise<void> {
  return until(
    async () =>
      (
        await database.query(
          "select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like $1",
          [`%${name}%`],
        )
      ).length > 0,
  );
}

/** The error of a statement: its SQLSTATE, text and hint. */
export async function failure(query: Promise<unknown>): Promise<string> {
  try {
    await query;
  } catch (error) {
    const { code, message, hint } = error as { code?: string; message: string; hint?: string };
    return [code, message, hint].filter((part) => part !== undefined).join(" | ");
  }
  return "no error";
}

/** The first column of the rows, as text. */
export async function column(database: TestDatabase, sql: string): Promise<string[]> {
  const rows = await database.query<Record<string, unknown>>(sql);
  return rows.map((row) => String(Object.values(row)[0]));
}

/** The day of the tests of values. */
export const DAY = "2025-03-10";

/** What becomes of each value that has appeared, a line each. */
export const outcomes = `select concat_ws(' ', branch, branch_name, outcome) from pgpartition.ensure_values('app.petri_obs', '${DAY}')`;
