import { describe, expect, it } from "vitest";
import { InvalidSpecError, type Problem } from "../../core/problems/problem";
import type { Outside } from "../../stacks/connection";
import { requireStack } from "../../stacks/stack";
import { rawConfig } from "./raw-config";

const file = '{"host":"127.0.0.1","port":5433,"database":"dev","user":"postgres","password":"canary"}';
const outside: Outside = { environment: { DB_PASSWORD: "canary" }, readFile: () => file };
const PROJECT = "pulumi-pgpartition";

const dev = (changes: Readonly<Record<string, unknown>> = {}, given = outside) => {
  const prefixed = Object.entries(changes).map(([key, value]) => [
    key.includes(":") ? key : `${PROJECT}:${key}`,
    value,
  ]);
  return requireStack(rawConfig("dev", Object.fromEntries(prefixed)), PROJECT, "dev", given);
};

/** All problems of a broken configuration; none may show a password. */
function problems(changes: Readonly<Record<string, unknown>>, given = outside): readonly Problem[] {
  try {
    dev(changes, given);
  } catch (error) {
    if (!(error instanceof InvalidSpecError)) throw error;
    expect(error.message).not.toContain("canary");
    return error.problems;
  }
  throw new Error("it was accepted");
}

const server = { host: "db", database: "app", user: "owner" };

describe("the configuration of a stack", () => {
  it("gives the tables of its systems with what the environment changes", () => {
    const stack = dev({ systems: ["arxos"], tables: { audit_logs: { window: { lead: "2 months" }, paused: true } } });
    expect(Object.keys(stack.tables)).toEqual(["audit_logs", "object_history", "slow_query_log", "chat_messages"]);
    expect(stack.tables["audit_logs"]).toMatchObject({
      onExpire: "drop",
      grace: "7 days",
      paused: true,
      window: { lead: "2 months", retention: "12 months" },
    });
    expect(stack.tables["object_history"]).toMatchObject({ onExpire: "drop", window: { lead: "3 months" } });
    expect(stack).toMatchObject({ trustAsOf: false, allowDestroy: [] });
  });

  it("leaves the grace of all tables behind where one is only detached", () => {
    const { tables } = dev({ tables: { audit_logs: { onExpire: "detach" } } });
    expect(tables["audit_logs"]).not.toHaveProperty("grace");
  });

  it("takes booleans as `pulumi config set` writes them", () => {
    expect(dev({ trustAsOf: "true" }).trustAsOf).toBe(true);
  });

  it.each([
    [
      "enviroment",
      "dev",
      "enviroment",
      "Allowed are: environment, database, systems, allTables, tables, trustAsOf, allowDestroy, maxBytesPerUpdate.",
    ],
    [
      "tables",
      { audit_log: {} },
      "tables.audit_log",
      "Allowed are: workflow_events, audit_logs, object_history, slow_query_log, chat_messages.",
    ],
    [
      "tables",
      { audit_logs: { window: { retain: "1 month" } } },
      "tables.audit_logs.window.retain",
      "Allowed are: lead, retention, start.",
    ],
    ["database", { ...server, hots: "db" }, "database.hots", "Allowed are: host, port, database, user, password"],
    ["pgpartition:asof", "2026-01-01", "pgpartition:asof", "Allowed are: asOf."],
  ])("refuses an unknown key: %s", (key, value, path, fix) => {
    const found = problems({ [key]: value });
    expect(found).toMatchObject([{ path, code: "unknown-property" }]);
    expect(found[0]?.fix).toContain(fix);
  });

  it("refuses an option that was removed with the reason and the fix", () => {
    expect(problems({ allTables: { archive: { to: "s3://bucket/x", method: "aws_s3" } } })).toMatchObject([
      {
        path: "allTables.archive.method",
        message: expect.stringContaining("was removed"),
        fix: expect.stringMatching(/^Delete it/),
      },
    ]);
  });

  it.each([
    ["environment", "test", "environment", '"dev", "staging", "prod"'],
    ["environment", undefined, "environment", ""],
    ["systems", ["arxos", "atlas"], "systems[1]", '"meshhook", "arxos"'],
    ["trustAsOf", "yes", "trustAsOf", "true or false"],
    ["allTables", { maxDropsPerUpdate: "3" }, "allTables.maxDropsPerUpdate", "number"],
    ["allTables", { onExpire: "burn" }, "allTables.onExpire", '"archive", "detach", "drop"'],
    ["tables", { audit_logs: { window: { retention: 12 } } }, "tables.audit_logs.window.retention", '"12 months"'],
    ["tables", { audit_logs: { window: { retention: "12" } } }, "tables.audit_logs.window.retention", '"12 months"'],
    ["tables", { audit_logs: { confirmDrops: ["January"] } }, "tables.audit_logs.confirmDrops[0]", "preview"],
    ["database", { ...server, port: "5432" }, "database.port", "number"],
    ["database", {}, "database.host", "text"],
    ["pgpartition:asOf", "soon", "pgpartition:asOf", "ISO 8601"],
    ["pgpartition:asOf", "2026-01-01 00:00:00 +0000 UTC", "pgpartition:asOf", 'Write it in quotes: "2026-01-01"'],
    ["pgpartition:asOf", ["2026-01-01"], "pgpartition:asOf", "text"],
    ["pgpartition:asOf", true, "pgpartition:asOf", "text"],
  ])("refuses a wrong value of %s: %j", (key, value, path, fix) => {
    const found = problems({ [key]: value });
    expect(found.map((problem) => problem.path)).toContain(path);
    expect(found.find((problem) => problem.path === path)?.fix).toContain(fix);
  });

  it("reports all problems at once", () => {
    const found = problems({
      environment: "test",
      allowDestroy: "public.audit_logs",
      tables: { audit_logs: { paused: "no" } },
      unknown: 1,
      "pgpartition:asOf": "soon",
    });
    expect(found.map((problem) => problem.path).sort()).toEqual([
      "allowDestroy",
      "environment",
      "pgpartition:asOf",
      "tables.audit_logs.paused",
      "unknown",
    ]);
    const later = problems({ systems: ["arxos"], allTables: { grace: "7" }, tables: { workflow_events: {} } });
    expect(later.map((problem) => problem.path)).toEqual([
      "tables.workflow_events",
      "tables.audit_logs.grace",
      "tables.object_history.grace",
      "tables.slow_query_log.grace",
      "tables.chat_messages.grace",
    ]);
  });
});

describe("the connection", () => {
  it("of dev is the file that npm run dev writes", () => {
    expect(dev().connection).toEqual({
      host: "127.0.0.1",
      port: 5433,
      database: "dev",
      user: "postgres",
      password: "canary",
    });
  });

  it("names npm run dev when the file is missing", () => {
    const found = problems({}, { ...outside, readFile: () => undefined });
    expect(found).toMatchObject([{ path: "database.file" }]);
    expect(found[0]?.message).toContain(".pgpartition/dev.json");
    expect(found[0]?.fix).toContain("npm run dev");
  });

  it.each([
    "canary {",
    '{"password":"canary"}',
    '{"host":"h","port":"canary","database":"d","user":"u","password":"canary"}',
  ])("shows nothing of a broken file: %j", (text) =>
    expect(problems({}, { ...outside, readFile: () => text })).toMatchObject([{ path: "database.file" }]),
  );

  it("of a server takes its password from a secret, a variable or a command", () => {
    expect(dev({ database: { ...server, password: "canary" } }).connection).toEqual({
      ...server,
      port: 5432,
      password: "canary",
    });
    expect(dev({ database: { ...server, passwordEnv: "DB_PASSWORD" } }).connection).toEqual({
      ...server,
      port: 5432,
      password: "canary",
    });
    expect(dev({ database: { ...server, passwordCommand: "pass db" } }).connection).toEqual({
      ...server,
      port: 5432,
      passwordCommand: "pass db",
    });
  });

  it("takes it from one of them only, and names a variable that is not set", () => {
    expect(problems({ database: { ...server, password: "canary", passwordEnv: "DB_PASSWORD" } })).toMatchObject([
      { path: "database" },
    ]);
    const found = problems({ database: { ...server, passwordEnv: "NO_SUCH" } });
    expect(found).toMatchObject([
      { path: "database.passwordEnv", message: "the environment variable NO_SUCH is not set." },
    ]);
  });

  it("never shows a password in a message about its neighbours", () => {
    expect(problems({ database: { ...server, password: "canary", hots: 1 } })).toHaveLength(1);
    expect(problems({ database: { ...server, password: { canary: "canary" } } })).toMatchObject([
      { path: "database.password" },
    ]);
    expect(problems({ database: "postgres://owner:canary@db/app" })).toMatchObject([{ path: "database" }]);
  });

  it("by file is for development only", () => {
    expect(problems({ environment: "prod" })).toMatchObject([{ path: "database.file" }]);
  });
});
