// Load of single-row transactions by pgbench, whose own cost is small beside that of the server.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { benchFolder } from "../support/bundles";
import type { BenchDatabase } from "../support/server";

/** The rows of `events` (plain-table.ts) that are updated, by id, from 1 to this. */
export const UPDATED_ROWS = 100_000;

/** One-row transactions on `events`. An insert takes its id from the sequence `more`. */
export const SCRIPTS = {
  updates: `\\set id random(1, ${String(UPDATED_ROWS)})\nupdate events set kind = 'changed' where id = :id;\n`,
  inserts: "insert into events (id, at, kind) values (nextval('more'), '2026-05-09 12:00:00+00', 'late');\n",
} as const;

export type Script = keyof typeof SCRIPTS;

/** How much, and how fast: as many transactions as stated, or at a rate for some time. */
type Amount = { readonly transactions: number } | { readonly perSecond: number; readonly seconds: number };

const CLIENTS = 4;

/**
 * Runs four clients; returns transactions per second. Commits are not waited for: the worst case of a ratio, because the disk would
 * cost both sides the same.
 */
export async function runPgbench(database: BenchDatabase, script: Script, amount: Amount): Promise<number> {
  const file = join(benchFolder, `${script}.sql`);
  writeFileSync(file, SCRIPTS[script]);
  const much =
    "transactions" in amount
      ? ["--transactions", String(Math.ceil(amount.transactions / CLIENTS))]
      : ["--rate", String(amount.perSecond), "--time", String(amount.seconds)];
  const args = ["--no-vacuum", "--client", String(CLIENTS), ...much, "--file", file, database.url];
  const env = { ...process.env, PGOPTIONS: "-c synchronous_commit=off", PGAPPNAME: "pgbench" };
  const { stdout } = await promisify(execFile)("pgbench", args, { env });
  const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
  if (tps === undefined) throw new Error(`pgbench printed no tps:\n${stdout}`);
  return Number(tps);
}

/** Returns why pgbench cannot be run; undefined: it can. */
export async function findPgbenchMissing(): Promise<string | undefined> {
  try {
    await promisify(execFile)("pgbench", ["--version"]);
    return undefined;
  } catch (error) {
    return `pgbench --version: ${error instanceof Error ? error.message : String(error)}`;
  }
}
