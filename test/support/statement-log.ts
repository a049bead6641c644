// What the server itself says was sent to it: its statement log, for one database while one piece of work runs.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { TestDatabase } from "./database";
import { administer } from "./database";

export interface LoggedStatement {
  readonly pid: number;
  /** application_name of the session. */
  readonly application: string;
  readonly sql: string;
  /** Values of $1, $2 and so on; null is NULL. */
  readonly values: readonly (string | null)[];
}

/** Statements of sessions that begin inside `body`; a session that was open before keeps its old setting. */
export async function statementsDuring(
  database: TestDatabase,
  body: () => Promise<unknown>,
): Promise<readonly LoggedStatement[]> {
  return parse(await serverLogDuring(database, body), database.database);
}

/** The server's log while `body` runs, with the statements of sessions that begin inside. */
export async function serverLogDuring(database: TestDatabase, body: () => Promise<unknown>): Promise<string> {
  const set = (command: string) => administer(database, (admin) => admin.query(`alter database ${command}`));
  await set(`${database.database} set log_statement = 'all'`);
  const from = readFrom(database.logFile, 0).length;
  try {
    await body();
  } finally {
    await set(`${database.database} reset log_statement`);
  }
  return readFrom(database.logFile, from).toString("utf8");
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

/** log_line_prefix of global-setup.ts; the second and later lines of an entry begin with a tab. */
const entry =
  /^\S+ \S+ \S+ \[(\d+)\] (.*)@(\S+) (LOG: {2}(?:statement|execute [^:]*)|DETAIL: {2}[Pp]arameters): (.*(?:\n\t.*)*)/gm;

function parse(log: string, database: string): readonly LoggedStatement[] {
  const statements: LoggedStatement[] = [];
  for (const [, pid = "", application = "", of, kind = "", logged = ""] of log.matchAll(entry)) {
    if (of !== database) continue;
    const text = logged.replaceAll("\n\t", "\n");
    const last = statements.at(-1);
    // The server writes the values of a statement right after it.
    if (kind.startsWith("LOG")) statements.push({ pid: Number(pid), application, sql: text, values: [] });
    else if (last) statements.splice(-1, 1, { ...last, values: parseValues(text) });
  }
  return statements;
}

/** Parses `$1 = 'it''s', $2 = NULL`. */
function parseValues(text: string): readonly (string | null)[] {
  return [...text.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)].map(
    ([, value]) => value?.replaceAll("''", "'") ?? null,
  );
}
