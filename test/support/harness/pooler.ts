// A PgBouncer before the server of a test, as a managed platform has one; where the package is not to be had its tests are
// skipped, with the reason.
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach } from "vitest";
import {
  findPgBouncer,
  type PgBouncer,
  type PgBouncerOptions,
  startPgBouncer,
} from "../../../tools/postgres/pgbouncer";
import { type TestDatabase, urlOf } from "../database";

interface Pooler {
  /** The product's way to the test's database. */
  readonly url: string;
  readonly port: number;
  /** As the application: a connection through the pool, of the product's role. The test ends it. */
  connect(): Promise<Client>;
}

/** One pooler for the file or describe block; every test in it is skipped where there is none. */
export function withPooler(
  database: TestDatabase,
  mode: PgBouncerOptions["mode"],
  settings: PgBouncerOptions["settings"] = {},
): Pooler {
  let pooler: PgBouncer | undefined;
  let reason: string | undefined;
  const login = () => {
    if (!pooler) throw new Error("the pooler exists only inside hooks and tests");
    const { user, password } = database;
    return { host: pooler.host, port: pooler.port, user, password };
  };
  beforeAll(async () => {
    const found = await findPgBouncer();
    if ("reason" in found) {
      reason = found.reason;
      console.log(`skipped: ${reason}`);
      return;
    }
    pooler = await startPgBouncer(found.files, { server: database.superuser, mode, settings });
  });
  beforeEach((context) => {
    if (reason !== undefined) context.skip(reason);
  });
  afterAll(() => pooler?.stop());
  return {
    get url() {
      return urlOf(login(), database.database);
    },
    get port() {
      return login().port;
    },
    connect: async () => {
      const client = new Client({ ...login(), database: database.database, application_name: "application" });
      await client.connect();
      return client;
    },
  };
}
