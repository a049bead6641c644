import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { Client } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { startDev } from "../../tools/dev/session";
import { type Server, startServer } from "../../tools/postgres/server";
import { alive } from "../support/processes";

const folder = mkdtempSync(join(tmpdir(), "pgpartition-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function scalar(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(`select (${sql}) as value`);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}

describe.each([15, 18] as const)("embedded PostgreSQL %i", (version) => {
  it("starts on loopback with a password, takes settings, and leaves neither process nor data behind", async () => {
    const server: Server = await startServer({ version, settings: { fsync: "off", work_mem: "5MB" } });
    try {
      expect(await scalar(server.url, "current_setting('server_version_num')::int / 10000")).toBe(version);
      expect(await scalar(server.url, "current_setting('work_mem')")).toBe("5MB");
      expect(await scalar(server.url, "current_setting('listen_addresses')")).toBe("127.0.0.1");
      await expect(scalar(server.url.replace(server.password, "wrong"), "1")).rejects.toThrow(
        /password authentication/,
      );
    } finally {
      await server.stop();
    }
    expect(alive(server.pid)).toBe(false);
    expect(existsSync(dirname(server.logFile))).toBe(false);
  });
});

describe("dev database", () => {
  it("has what the dev tables refer to, and its connection file is private and goes with it", async () => {
    const file = join(folder, "dev.json");
    const session = await startDev({ throwAway: true, file });
    try {
      const { host, port, user, password, database } = session.connection;
      const url = `postgresql://${user}:${password}@${host}:${String(port)}/${database}`;
      expect(await scalar(url, "to_regclass('public.workflow_runs')::text")).toBe("workflow_runs");
      expect(existsSync(file)).toBe(true);
    } finally {
      await session.stop();
    }
    expect(existsSync(file)).toBe(false);
  });

  it("refuses a DATABASE_URL without a user and starts nothing", async () => {
    await expect(startDev({ databaseUrl: "postgresql://localhost/dev" })).rejects.toThrow("DATABASE_URL has no user");
  });
});
