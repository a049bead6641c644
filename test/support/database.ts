// Gives a test file its own PostgreSQL database, and fails the file when it leaves connections open.
import { Client } from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Version } from "../../tools/postgres/binaries";
import { type Login, requestedScope, templateDatabase, type TestServer } from "./servers";

/** Address, role and URL are those of the product, which owns the database; the connections of tests are the superuser's. */
export interface TestDatabase extends Login {
  readonly version: Version;
  readonly superuser: Login;
  /** Made in beforeAll: read it in hooks and tests, not while tests are collected. */
  readonly database: string;
  readonly url: string;
  readonly logFile: string;
  /** A new connection to the server itself; the test ends it. */
  connect(options?: {
    readonly application_name?: string;
    readonly user?: string;
    readonly password?: string;
  }): Promise<Client>;
  /**
   * Remembers the database as it is now, without its settings; the answer brings it back to that, under the same name and oid, and
   * ends all sessions. Much cheaper than what a plugin has done to make it. Left out where a worker of the server stays connected.
   */
  readonly keep?: () => Promise<() => Promise<void>>;
  /** Rows of one statement on the file's own connection, which the helper closes. */
  query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** The versions that this run has servers of, for `describe.each(testVersions())`. */
export function testVersions(): readonly Version[] {
  return inject("servers").map((server) => server.version);
}

/**
 * For tests that every version answers alike, such as of guards, texts and the order of our own steps: the newest server alone, and
 * with PGPARTITION_TEST_SCOPE=all each of the run. What depends on statements, locks or the catalogue asks for testVersions().
 */
export function anyVersion(): readonly Version[] {
  return requestedScope() === "all" ? testVersions() : [newestVersion()];
}

/** The newest server of this run, for tests of what no version does differently. */
function newestVersion(): Version {
  const newest = testVersions().at(-1);
  if (newest === undefined) throw new Error("this run has no PostgreSQL server");
  return newest;
}

/** Call it at the top of a file or of a describe block: the database lives as long as that. */
export function withDatabase(version = newestVersion()): TestDatabase & Required<Pick<TestDatabase, "keep">> {
  const server = serverOf(version);
  const name = `t_${randomBytes(6).toString("hex")}`;
  const kept: string[] = [];
  let own: Client | undefined;
  // A client takes one query at a time: tests ask for several at once.
  let last: Promise<unknown> = Promise.resolve();
  const connect: TestDatabase["connect"] = async (options = {}) => {
    const client = new Client({ ...server.superuser, database: name, ...options });
    await client.connect();
    return client;
  };

  const { user } = server.product;
  const openOwn = async (): Promise<void> => void (own = await connect({ application_name: "test" }));
  const endOwn = async (): Promise<void> => {
    await own?.end();
    own = undefined;
  };
  const remove = (admin: Client, one = name) => admin.query(`drop database if exists ${one} with (force)`);
  /** No database can be copied or replaced while a session uses it. */
  const withoutOwn = async (body: (admin: Client) => Promise<unknown>): Promise<void> => {
    await endOwn();
    await administer(server, body);
    await openOwn();
  };

  beforeAll(async () => {
    await administer(server, (admin) =>
      admin.query(`create database ${name} owner ${user} template ${templateDatabase}`),
    );
    await openOwn();
  });
  afterAll(async () => {
    await endOwn();
    const open = await openConnections(server, name);
    await administer(server, async (admin) => {
      for (const one of [name, ...kept]) await remove(admin, one);
    });
    if (open.length > 0) throw new Error(`the tests left connections to their database open: ${open.join("; ")}`);
  });

  return {
    version,
    ...server.product,
    superuser: server.superuser,
    logFile: server.logFile,
    database: name,
    url: urlOf(server.product, name),
    connect,
    keep: async () => {
      const copy = `${name}_${String(kept.length)}`;
      kept.push(copy);
      let oid: string | undefined;
      await withoutOwn(async (admin) => {
        await admin.query(`create database ${copy} template ${name} allow_connections false`);
        const found = await admin.query<{ oid: string }>(
          "select oid::text as oid from pg_database where datname = $1",
          [name],
        );
        oid = found.rows[0]?.oid;
      });
      return () =>
        withoutOwn(async (admin) => {
          await remove(admin);
          // The product tells databases apart by it.
          await admin.query(`create database ${name} oid = ${String(oid)} owner ${user} template ${copy}`);
        });
    },
    query: async <Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
      if (own === undefined) throw new Error("the database exists only inside hooks and tests");
      const client = own;
      const answer = last.then(() => client.query<Row>(sql, [...values]));
      last = answer.catch(() => undefined);
      return (await answer).rows;
    },
  };
}

/** A connection to the server's `postgres` database, for roles and other things outside a test's own database. */
export async function administer<T>(
  { superuser }: { readonly superuser: Login },
  body: (admin: Client) => Promise<T>,
): Promise<T> {
  const admin = new Client({ ...superuser, database: "postgres" });
  await admin.connect();
  try {
    return await body(admin);
  } finally {
    await admin.end();
  }
}

function serverOf(version: Version): TestServer {
  const server = inject("servers").find((one) => one.version === version);
  if (server === undefined) {
    throw new Error(
      `this run has no PostgreSQL ${String(version)}: PGPARTITION_TEST_VERSIONS=${String(version)} asks for it`,
    );
  }
  return server;
}

/** For sessions of the application whose state and age the product is to see: a role sees those of its own sessions. */
export function ownRole({ user, password }: Login): Pick<Login, "user" | "password"> {
  return { user, password };
}

/** For the few tests in which the product is to be the superuser. */
export function asSuperuser(database: Pick<TestDatabase, "superuser" | "database">): { readonly url: string } {
  return { url: urlOf(database.superuser, database.database) };
}

export function urlOf({ host, port, user, password }: Login, database: string): string {
  return `postgresql://${user}:${password}@${host}:${String(port)}/${database}`;
}

/**
 * A backend needs a moment to see that its client has gone; what is still there after a second was left open. A pooler keeps
 * sessions of nobody, which have no name.
 */
async function openConnections(server: TestServer, database: string): Promise<readonly string[]> {
  return administer(server, async (admin) => {
    for (let attempt = 0; ; attempt += 1) {
      const { rows } = await admin.query<{ application_name: string; state: string | null; query: string }>(
        "select application_name, state, query from pg_stat_activity where datname = $1 and backend_type = 'client backend' and not ($2 and state = 'idle' and application_name = '')",
        [database, server.pooled],
      );
      if (rows.length === 0 || attempt === 20) {
        return rows.map(
          (row) => `${row.application_name || "(no name)"} (${row.state ?? "?"}): ${row.query.slice(0, 80)}`,
        );
      }
      await sleep(50);
    }
  });
}
