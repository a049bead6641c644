// A handwritten script that creates partitions: one statement for each month, one session, each its own transaction.
import { spawn, spawnSync } from "node:child_process";
import type { BenchDatabase } from "../support/server";
import { AS_OF } from "../support/tables";

export const SCRIPT = "bench script";

/** Adds to the two existing partitions. */
export async function runScript(database: BenchDatabase, partitions: number): Promise<void> {
  await database.with(SCRIPT, async (client) => {
    for (const statement of statements(partitions)) await client.query(statement);
  });
}

/** Does the same with psql: start of the process and connection are included, as for every user of such a script. */
export async function runByPsql(database: BenchDatabase, partitions: number): Promise<void> {
  const child = spawn("psql", ["-qX", "-v", "ON_ERROR_STOP=1", "-d", database.url], {
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...process.env, PGAPPNAME: SCRIPT },
  });
  child.stdin.end(`${statements(partitions).join(";\n")};\n`);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`psql ended with ${String(code)}`);
}

export function hasPsql(): boolean {
  return spawnSync("psql", ["--version"], { stdio: "ignore" }).status === 0;
}

function statements(partitions: number): string[] {
  return Array.from({ length: partitions }, (_, index) => {
    const [from, to] = [month(index + 2), month(index + 3)];
    return `create table agent_logs_${from.replace("-", "")} partition of agent_logs for values from ('${from}-01Z') to ('${to}-01Z')`;
  });
}

/** Returns `2026-03`, so many months after the present one. */
function month(ahead: number): string {
  const [year = 0, number = 0] = AS_OF.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + ahead)).toISOString().slice(0, 7);
}
