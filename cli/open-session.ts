import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { formatTableId, parseTableId, type TableId } from "../core/names/resource-id";
import { Database } from "../postgres/database";
import { describeManagementSchema } from "../postgres/management/install";
import type { OwnershipOptions } from "../postgres/read/ownership";

/** Session in which a verb runs. */
export interface CliSession {
  readonly database: Database;
  /** Options for verbs that change something: stops at Ctrl-C, names this call in the ledger. */
  readonly options: OwnershipOptions;
}

/** Opens a connection for a verb and closes it afterwards. */
export async function withSession<T>(command: Command, body: (session: CliSession) => Promise<T>): Promise<T> {
  const given = command.optsWithGlobals<{ url?: string; managementSchema: string }>();
  const url = given.url ?? process.env["DATABASE_URL"];
  const database = new Database(
    {
      ...(url === undefined ? {} : { url }),
      applicationName: "pulumi-pgpartition cli",
      managementSchema: given.managementSchema,
      // The service session, the work, and a look at the server beside it.
      poolSize: 3,
    },
    process.env,
  );
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const log = { info: print, warn: print, status: print, debug: () => undefined };
  try {
    return await body({ database, options: { signal: stop.signal, log, run: `cli ${randomUUID()}` } });
  } finally {
    await database.close();
  }
}

/** Does the same for a verb that changes something, which requires a registry. */
export async function withRegistry<T>(command: Command, body: (session: CliSession) => Promise<T>): Promise<T> {
  return withSession(command, async (session) => {
    const { database } = session;
    if ((await describeManagementSchema(database)).kind !== "ours") {
      throw new Error(
        `no management schema "${database.managementSchema}" of pgpartition exists in ${await database.describe()}: no table is managed there; ` +
          "--management-schema names another one",
      );
    }
    return body(session);
  });
}

export function createNotRegisteredError(table: TableId): Error {
  return new Error(`"${formatTableId(table)}" is not in the registry; pgpartition status lists what is`);
}

/** Reads `schema.table`; a dot inside a name is written %2E. */
export function requireTable(text: string): TableId {
  const table = parseTableId(text);
  if (!table) throw new Error(`"${text}" is not a table; write schema.table`);
  return table;
}

export function print(message: string): void {
  console.error(message);
}
