// What the server itself says was sent to it: its statement log, for one database while one piece of work runs.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { TestDatabase } from "./database";
import { administer } from "./database";

export interface LoggedStatement {
  readonly pid: number;
  /** application_name of the session. */
  readonly application: string;
  readonly sql: string;
}

/** Statements of sessions that begin inside `body`; a session that was open before keeps its old setting. */
export async function statementsDuring(
  database: TestDatabase,
  body: () => Promise<unknown>,
): Promise<readonly LoggedStatement[]> {
  const set = (command: string) => administer(database, (admin) => admin.query(`alter database ${command}`));
  await set(`${database.database} set log_statement = 'all'`);
  const from = readFrom(database.logFile, 0).length;
  try {
    await body();
  } finally {
    await set(`${database.database} reset log_statement`);
  }
  return parse(readFrom(database.logFile, from).toString("utf8"), database.database);
}

/** The server writes a line before it runs the statement, so that what has answered is in the file. */
function readFrom(file: string, offset: number): Buffer {
  const handle = openSync(file, "r");
  try {
    const data = Buffer.alloc(Math.max(0, fstatSync(handle).size - offset));
    return data.subarray(0, readSync(handle, data, 0, data.length, offset));
  } finally {
    closeSync(handle);
  }
}

/** log_line_prefix of global-setup.ts; the second and later lines of a statement begin with a tab. */
const line = /^\S+ \S+ \S+ \[(\d+)\] (.*)@(\S+) LOG: {2}(?:statement|execute [^:]*): (.*(?:\n\t.*)*)/gm;

function parse(log: string, database: string): readonly LoggedStatement[] {
  return [...log.matchAll(line)]
    .filter((match) => match[3] === database)
    .map(([, pid = "", application = "", , sql = ""]) => ({
      pid: Number(pid),
      application,
      sql: sql.replaceAll("\n\t", "\n"),
    }));
}
