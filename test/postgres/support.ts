// What the tests of postgres/ share: a configuration, a quiet log, tables to work on.
import { afterEach } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import type { DatabaseConfig } from "../../postgres/connect/database-config";
import { Database } from "../../postgres/database";
import type { ExecuteOptions } from "../../postgres/execute/execute-options";
import type { Log } from "../../postgres/connect/log";
import type { ObservedTable } from "../../core/observed/observed-table";
import type { Statement } from "../../core/sql/statement";
import type { TestDatabase } from "../support/database";

/** Nothing of the machine's PG* variables may reach a test. */
export const bareEnvironment = { HOME: "/nonexistent" };

interface RecordingLog extends Log {
  readonly lines: string[];
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const add = (message: string): void => void lines.push(message);
  return { lines, info: add, warn: add, debug: add, status: add };
}

export function configOf(database: TestDatabase, changes: Partial<DatabaseConfig> = {}): DatabaseConfig {
  const { host, port, user, password } = database;
  return {
    host,
    port,
    user,
    password,
    database: database.database,
    applicationName: "pgpartition-test",
    managementSchema: "pgpartition",
    ...changes,
  };
}

/** Opens databases that are closed after each test. */
export function opener(database: TestDatabase): (changes?: Partial<DatabaseConfig>) => Database {
  const opened: Database[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  return (changes) => {
    const made = new Database(configOf(database, changes), bareEnvironment);
    opened.push(made);
    return made;
  };
}

/** A table of schema public as it is now, which has to be there. */
export async function observed(
  database: Database,
  table: string,
  reading?: Parameters<Database["observe"]>[2],
): Promise<ObservedTable> {
  database.invalidate();
  const { table: found } = await database.observe("public", table, reading);
  if (!found) throw new Error(`no table ${table}`);
  return found;
}

export function options(subject = "testing", changes: Partial<ExecuteOptions> = {}): ExecuteOptions {
  return { signal: new AbortController().signal, log: recordingLog(), subject, ...changes };
}

export function statement(sql: string, changes: Partial<Statement> = {}): Statement {
  return {
    sql,
    transaction: undefined,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: [],
    undo: "",
    ...changes,
  };
}

/** How often a statement was tried again for a lock. */
export function attemptsIn(log: RecordingLog): number {
  return log.lines.filter((line) => /: waiting for .*; attempt \d+$/.test(line)).length;
}

/** Waits until `look` finds something. */
export async function eventually<T>(look: () => Promise<T | undefined | false>, milliseconds = 5_000): Promise<T> {
  for (let waited = 0; waited < milliseconds; waited += 20) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(20);
  }
  throw new Error(`not seen in ${milliseconds} ms`);
}

/** The error that a promise ends in. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("it should have failed");
}
