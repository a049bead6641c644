import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DatabaseConfig, describeTarget, listSecrets } from "../../postgres/connect/database-config";
import { ConnectionError } from "../../postgres/connect/connection-error";
import { Database } from "../../postgres/database";
import { refuseTransactionPooling } from "../../postgres/connect/pooler";
import type { Session } from "../../postgres/connect/session";
import { setUp } from "../../postgres/connect/set-up";
import { resolveTarget } from "../../postgres/connect/target";
import { readPasswordFromFile } from "../../postgres/connect/password";
import { administer, testVersions, withDatabase } from "../support/database";
import { requestedPooler } from "../support/servers";
import { bareEnvironment, configOf, failureOf, opener } from "./support";

const CANARY = "s3cr3t/ca#na@ry:é";

describe.each(testVersions())("connecting to PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pgpartition-connect-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const failed = async (changes: Partial<DatabaseConfig>, env = bareEnvironment): Promise<ConnectionError> => {
    const database = new Database(configOf(server, changes), env);
    const error = await failureOf(database.connect());
    // Remembered: the same error at once.
    expect(await failureOf(database.observe("public", "t"))).toBe(error);
    await database.close();
    for (const spelling of listSecrets({ password: CANARY }))
      expect(`${error.message}\n${String(error.stack)}\n${JSON.stringify(error)}`).not.toContain(spelling);
    if (!(error instanceof ConnectionError)) throw error;
    return error;
  };

  it("identifies the database", async () => {
    const [row] = await server.query<{ id: string; oid: string }>(
      "select system_identifier::text as id, d.oid::text as oid from pg_control_system(), pg_database d where datname = current_database()",
    );
    const identity = await open().readIdentity();
    expect(identity).toMatchObject({ systemIdentifier: row?.id, databaseOid: row?.oid, database: server.database });
    expect(Math.floor(identity.version / 10_000)).toBe(version);
  });

  it("manages where the system identifier may not be read", async () => {
    await administer(server, async (admin) => {
      await admin.query("drop role if exists plain_reader");
      await admin.query("create role plain_reader login password 'x'");
    });
    await server.query("revoke execute on function pg_control_system() from public");
    try {
      expect((await open({ user: "plain_reader", password: "x" }).readIdentity()).systemIdentifier).toBe("unknown");
    } finally {
      await server.query("grant execute on function pg_control_system() to public");
      await administer(server, (admin) => admin.query("drop role plain_reader"));
    }
  });

  it("reports what is wrong with password, user, database, host and port, never the password", async () => {
    const where = `${server.host}:${server.port}, database "${server.database}", user "${server.user}"`;
    const password = await failed({ password: CANARY });
    expect(password.kind).toBe("authentication");
    expect(password.message).toContain(`cannot connect to ${where}: `);
    expect(password.message).toMatch(/: (?:password|SASL) authentication failed/);
    expect((await failed({ user: "nobody here", password: CANARY })).kind).toBe("authentication");
    // PgBouncer tries again and again to reach it, and answers nothing.
    if (requestedPooler() === "none") {
      const database = await failed({ database: "no such" });
      expect(database.kind).toBe("no-database");
      expect(database.message).toContain('database "no such" does not exist. Create the database first');
    }
    const port = await failed({ port: 1, password: CANARY });
    expect(port.kind).toBe("unreachable");
    expect(port.message).toContain("127.0.0.1:1");
    expect(port.message).toContain("ECONNREFUSED");
    expect((await failed({ host: "no-such-host.invalid", password: CANARY })).kind).toBe("unreachable");
    expect((await failed({ sslMode: "require", password: CANARY })).kind).toBe("tls");
    expect((await failed({ sslMode: "verify-full", sslRootCert: "/nonexistent" })).message).toContain('"/nonexistent"');
    expect((await failed({ url: `postgresql://postgres:${CANARY}@localhost/x` })).kind).toBe("configuration");
    expect(
      (
        await failed({
          passwordCommand: `echo ${encodeURIComponent(CANARY)}; exit 3`,
          password: undefined as unknown as string,
        })
      ).message,
    ).toContain("code 3");
  });

  it("gives up on a server that does not answer", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const error = await failed({
      port: typeof address === "object" && address ? address.port : 0,
      connectTimeoutMs: 300,
      password: CANARY,
    });
    silent.close();
    expect(error.kind).toBe("unreachable");
  });

  it("takes the password from a URL, a command, the environment or a private file", async () => {
    const { host, port, user, password, database } = server;
    const base = { applicationName: "x", managementSchema: "m" };
    const works = async (config: Partial<DatabaseConfig>, env: Record<string, string> = {}): Promise<Database> => {
      const one = new Database({ ...base, ...config }, { ...bareEnvironment, ...env });
      await one.connect();
      await one.close();
      expect(one.secrets).toContain(password);
      return one;
    };
    const target = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database };
    await works({
      url: `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}?sslmode=disable`,
    });
    await works(
      { host, port, user, database, passwordCommand: `printf '%s\\n' '${password}'` },
      { PGPASSWORD: "wrong" },
    );
    expect(await (await works({}, { ...target, PGPASSWORD: password })).describe()).toBe(
      `${host}:${port}/${database} as ${user}`,
    );
    const file = join(folder, "pass");
    writeFileSync(file, `# comment\nother:*:*:*:no\n${host}:*:${database}:${user}:${password}\n*:*:*:*:late\n`, {
      mode: 0o600,
    });
    await works({}, { ...target, PGPASSFILE: file });
    chmodSync(file, 0o644);
    const open = new Database(base, { ...target, HOME: folder, PGPASSFILE: file });
    expect((await failureOf(open.connect())).message).toContain("password file that only you can read");
    await open.close();
  });

  it("sets every session up so that nothing of server, role or database decides", async () => {
    await server.query(`alter database ${server.database} set timezone = 'Pacific/Auckland'`);
    await server.query(`alter database ${server.database} set search_path = public`);
    const [row] = await open().read(
      "select current_setting('TimeZone') as zone, current_setting('search_path') as path, current_setting('client_connection_check_interval') as alive, current_setting('application_name') as name, current_setting('idle_session_timeout') as idle",
    );
    expect(row).toEqual({ zone: "UTC", path: "pg_catalog", alive: "1s", name: "pgpartition-test", idle: "0" });
  });

  it("uses no more sessions than it was given", async () => {
    const database = open({ poolSize: 3, applicationName: "counted" });
    await Promise.all(Array.from({ length: 8 }, () => database.read("select pg_sleep(0.05)")));
    expect(await server.query("select from pg_stat_activity where application_name = 'counted'")).toHaveLength(3);
  });
});

describe("connecting", () => {
  it("refuses servers older than 15", async () => {
    const fake = {
      set: async (text: string) => (text.includes("server_version_num") ? [{ version: "140023", pid: 1 }] : []),
    };
    const error = await failureOf(setUp(fake as unknown as Session));
    expect(error).toMatchObject({ kind: "unsupported-version" });
    expect(error.message).toContain("PostgreSQL 14.23");
  });

  it("distinguishes a pooler in transaction mode from one in session mode and from none", async () => {
    const session = (pid: number, announced: number, pids: () => number): Session =>
      ({
        pid,
        client: { processID: announced },
        set: async () => [{ pid: pids() }],
        destroy: () => undefined,
      }) as unknown as Session;
    const never = () => Promise.reject(new Error("not needed"));
    await refuseTransactionPooling(
      session(7, 7, () => 7),
      never,
    );
    await refuseTransactionPooling(
      session(7, 1, () => 7),
      async () => session(8, 2, () => 8),
    );
    const shared = await failureOf(
      refuseTransactionPooling(
        session(7, 1, () => 7),
        async () => session(7, 2, () => 7),
      ),
    );
    expect(shared).toMatchObject({ kind: "pooler" });
    let turn = 0;
    const robin = await failureOf(
      refuseTransactionPooling(
        session(7, 1, () => (turn += 1)),
        async () => session(9, 2, () => 99),
      ),
    );
    expect(robin).toMatchObject({ kind: "pooler" });
    // Two servers in turn: asked one after the other, each session would get the same one again and again.
    let two = 0;
    const next = () => (two += 1) % 2;
    const inTurn = await failureOf(refuseTransactionPooling(session(7, 1, next), async () => session(8, 2, next)));
    expect(inTurn).toMatchObject({ kind: "pooler" });
  });

  it("describes a target without its password, and knows every spelling of it", () => {
    const url = `postgresql://me:${encodeURIComponent(CANARY)}@db.example:6543/shop`;
    expect(describeTarget({ url })).toBe("db.example:6543/shop as me");
    expect(describeTarget({ url, host: "other" })).toBe("other:6543/shop as me");
    expect(listSecrets({ url })).toEqual(expect.arrayContaining([CANARY, encodeURIComponent(CANARY)]));
    expect(listSecrets({ url: `postgresql://me:${CANARY}@db/x` })).toContain(CANARY);
    expect(listSecrets({})).toEqual([]);
  });

  it("resolves by libpq's order", () => {
    const base = { applicationName: "x", managementSchema: "m" };
    const env = {
      ...bareEnvironment,
      PGHOST: "envhost",
      PGPORT: "6000",
      PGUSER: "envuser",
      PGSSLMODE: "require",
      PGCONNECT_TIMEOUT: "3",
    };
    expect(resolveTarget(base, env)).toMatchObject({
      host: "envhost",
      port: 6000,
      user: "envuser",
      database: "envuser",
      sslMode: "require",
      connectTimeoutMs: 3000,
    });
    expect(resolveTarget({ ...base, url: "postgres://u@h/d?sslmode=verify-full", port: 7 }, env)).toMatchObject({
      host: "h",
      port: 7,
      user: "u",
      database: "d",
      sslMode: "verify-full",
    });
    expect(() => resolveTarget(base, { PGPORT: "x" })).toThrow(ConnectionError);
    expect(() => resolveTarget(base, { PGSSLMODE: "maybe" })).toThrow("verify-full");
    expect(() => resolveTarget({ ...base, url: "mysql://x" }, {})).toThrow("postgresql://");
  });

  it("reads escapes in a password file", () => {
    const folder = mkdtempSync(join(tmpdir(), "pgpartition-pass-"));
    const file = join(folder, "pass");
    writeFileSync(file, "h\\:1:5432:d:u:a\\:b\\\\c:d\n", { mode: 0o600 });
    const target = resolveTarget(
      { applicationName: "x", managementSchema: "m", host: "h:1", database: "d", user: "u" },
      { PGPASSFILE: file },
    );
    expect(readPasswordFromFile(target)).toBe("a:b\\c:d");
    rmSync(folder, { recursive: true });
  });
});
