// A PostgreSQL 15 with pg_cron, for tests of the schedule; where the package is not to be had they are skipped, with the reason.
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { withDebianExtension } from "../../../tools/postgres/debian-extension";
import { type Server, startServer } from "../../../tools/postgres/server";
import { type TestDatabase, urlOf } from "../database";
import { handOver, makeOwnerRole } from "../owner-role";
import { ownerRole, productLogin } from "../servers";

/** pg_cron's own database, which is the one that it is made for. */
const HOME = "postgres";

interface CronServer extends TestDatabase {
  connect(options?: { readonly application_name?: string; readonly database?: string }): Promise<Client>;
  /** Runs without a server of its own; undefined: there is one. */
  readonly missing: () => string | undefined;
}

/** One server for the file. Call it at the top: the tests below it are skipped where there is no pg_cron. */
export function withCronServer(): CronServer {
  let server: Server | undefined;
  let own: Client | undefined;
  let reason: string | undefined;
  const running = (): Server => {
    if (!server) throw new Error("the server exists only inside hooks and tests");
    return server;
  };
  const connect: CronServer["connect"] = async (options = {}) => {
    const { host, port, user, password } = running();
    const client = new Client({ host, port, user, password, database: HOME, ...options });
    await client.connect();
    return client;
  };
  beforeAll(async () => {
    const found = await withDebianExtension("postgresql-15-cron");
    if ("reason" in found) {
      reason = found.reason;
      console.log(`skipped: ${reason}`);
      return;
    }
    server = await startServer({
      version: 15,
      binaries: found.binaries,
      settings: {
        // Data that nobody keeps.
        fsync: "off",
        full_page_writes: "off",
        shared_buffers: "32MB",
        jit: "off",
        log_line_prefix: "%m [%p] %q%a@%d ",
        shared_preload_libraries: "pg_cron",
        "cron.database_name": HOME,
        // No connection of its own, which would need a password file.
        "cron.use_background_workers": "on",
        max_worker_processes: "20",
      },
    });
    own = await connect({ application_name: "test" });
    await own.query("create extension pg_cron");
    await makeOwnerRole(own, server.password);
    // What docs/schedule.md gives to the role of a job, and what `active: false` needs.
    await own.query(`grant create on database ${HOME} to ${ownerRole}; grant usage on schema cron to ${ownerRole};
      grant execute on function cron.alter_job, cron.schedule_in_database to ${ownerRole}`);
    await handOver(own);
  });
  beforeEach((context) => {
    if (reason !== undefined) context.skip(reason);
  });
  afterAll(async () => {
    await own?.end();
    await server?.stop();
  });
  return {
    version: 15,
    get superuser() {
      const { host, port, user, password } = running();
      return { host, port, user, password };
    },
    host: "127.0.0.1",
    get port() {
      return running().port;
    },
    get user() {
      return productLogin(running()).user;
    },
    get password() {
      return running().password;
    },
    database: HOME,
    get url() {
      return urlOf(productLogin(running()), HOME);
    },
    get logFile() {
      return running().logFile;
    },
    connect,
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
      if (own === undefined) throw new Error("the server exists only inside hooks and tests");
      const { rows } = await own.query<Row>(sql, [...values]);
      return rows;
    },
    missing: () => reason,
  };
}
