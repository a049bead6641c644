// Statements sent to the server and their durations, from the server's own log. Never our own counter.
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import type { BenchDatabase, BenchServer } from "./server";

export interface Logged {
  readonly application: string;
  readonly sql: string;
  /** Milliseconds in the server, with parsing and planning. */
  readonly ms: number;
  /** Its end, in milliseconds since 1970 by the server's clock. */
  readonly ended: number;
}

/** Returns the statements of one application in one database while `body` ran, without those that set a connection up. */
export async function statementsDuring(
  server: BenchServer,
  database: BenchDatabase,
  application: string,
  body: () => Promise<unknown>,
): Promise<readonly Logged[]> {
  return statementsOf(await logDuring(server, database, body), application);
}

/** Returns the statements of all applications in one database while `body` ran. */
export async function logDuring(
  server: BenchServer,
  database: BenchDatabase,
  body: () => Promise<unknown>,
): Promise<readonly Logged[]> {
  const from = statSync(server.logFile).size;
  await body();
  return parse(readFrom(server.logFile, from), database.name);
}

/** Returns those of one application, without those that set a connection up. */
export function statementsOf(logged: readonly Logged[], application: string): readonly Logged[] {
  return logged.filter((one) => one.application === application && !isSetUp(one.sql));
}

export function totalMs(statements: readonly Logged[]): number {
  return statements.reduce((sum, { ms }) => sum + ms, 0);
}

/** Returns the statements that overlap others in time. */
export function listOverlapping(statements: readonly Logged[], others: readonly Logged[]): Logged[] {
  const from = Math.min(...others.map(({ ended, ms }) => ended - ms));
  const to = Math.max(...others.map(({ ended }) => ended));
  return statements.filter(({ ended, ms }) => ended >= from && ended - ms <= to);
}

/** Returns the time, in milliseconds, than which 99 of 100 statements are not slower. */
export function findP99(statements: readonly Logged[]): number {
  const sorted = statements.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? NaN;
}

/**
 * Matches settings, facts and identity: postgres/connect/set-up.ts, postgres/connect/connections.ts. Sent once for each
 * connection, of which the pool opens a few in any case.
 */
function isSetUp(sql: string): boolean {
  return /pg_is_in_recovery\(\) as in_recovery|json_each_text\(\$1|pg_control_system\(\)/.test(sql);
}

/** With the prefix of server.ts. Continuation lines begin with a tab. The extended protocol logs three lines for a statement. */
const line =
  /^(\S+ \S+ \S+) \[(\d+)\] (.*)@(\S+) LOG: {2}duration: ([\d.]+) ms {2}(parse|bind|execute|statement)[^:]*: (.*(?:\n\t.*)*)/gm;

function parse(log: string, database: string): Logged[] {
  const found: Logged[] = [];
  const begun = new Map<string, number>();
  for (const [, time = "", pid = "", application = "", name, ms, step, sql = ""] of log.matchAll(line)) {
    if (name !== database) continue;
    const before = begun.get(pid) ?? 0;
    const so = before + Number(ms);
    if (step === "parse" || step === "bind") begun.set(pid, so);
    else {
      begun.delete(pid);
      found.push({ application, sql: sql.replaceAll("\n\t", "\n"), ms: so, ended: Date.parse(time) });
    }
  }
  return found;
}

function readFrom(file: string, offset: number): string {
  const handle = openSync(file, "r");
  try {
    const data = Buffer.alloc(Math.max(0, fstatSync(handle).size - offset));
    return data.subarray(0, readSync(handle, data, 0, data.length, offset)).toString("utf8");
  } finally {
    closeSync(handle);
  }
}
