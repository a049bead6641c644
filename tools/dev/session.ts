// A dev database for the length of a session: an embedded PostgreSQL 18, or the one that DATABASE_URL names.
import { join } from "node:path";
import { workFolder } from "../paths";
import { account } from "../postgres/account";
import { reachableDataFolder } from "../postgres/reachable";
import { type Server, startServer } from "../postgres/server";
import { type Connection, connectionFile, parseDatabaseUrl, removeConnection, writeConnection } from "./connection";
import { createDatabase, createPrerequisites } from "./database";

export interface DevSession {
  readonly connection: Connection;
  /** Undefined when DATABASE_URL was given and nothing was started. */
  readonly server: Server | undefined;
  /** Stops what was started and removes the connection file. */
  stop(): Promise<void>;
}

interface DevOptions {
  readonly databaseUrl?: string | undefined;
  /** Stores data in a temporary folder that is removed at the end; the default is .pgpartition, which is kept. */
  readonly throwAway?: boolean;
  readonly file?: string;
}

const databaseName = "dev";

export async function startDev(options: DevOptions = {}): Promise<DevSession> {
  const file = options.file ?? connectionFile;
  const { connection, server } =
    options.databaseUrl === undefined
      ? await embedded(options.throwAway === true)
      : { connection: parseDatabaseUrl(options.databaseUrl), server: undefined };
  const stop = async (): Promise<void> => {
    removeConnection(file);
    await server?.stop();
  };
  try {
    await createPrerequisites(connection);
    writeConnection(connection, file);
    return { connection, server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function embedded(throwAway: boolean): Promise<{ connection: Connection; server: Server }> {
  // Kept between runs, like the state of the dev stack: the two belong together.
  const dataDir = throwAway
    ? {}
    : { dataDir: join(reachableDataFolder(join(workFolder, "postgres"), account()), "18") };
  const server = await startServer({
    version: 18,
    settings: { wal_level: "logical" },
    ...dataDir,
    logFile: join(workFolder, "postgres.log"),
  });
  const { host, port, user, password } = server;
  try {
    const connection = await createDatabase({ host, port, user, password, database: "postgres" }, databaseName);
    return { connection, server };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
