import { describe, expect, test } from "vitest";
import { listSchemaGrants, listTableGrants } from "../../../core/prerequisites/grants";
import { type DeclaredPrerequisites, reportPrerequisites } from "../../../core/prerequisites/problems";

const tables = {
  events: { schema: "app", table: "events" },
  audit: { schema: "app", table: "audit_logs" },
  metrics: { schema: "telemetry", table: "metrics" },
};
const archiver = { for: "archive" as const, tables: undefined };
const reader = (keys?: string[]) => ({ for: "read" as const, tables: keys });

describe("the grants of a role", () => {
  test("let an archiver create partitions where the tables are, and plan jobs where pg_cron is created", () => {
    const grant = (schema: string, privileges: string[]) => ({
      role: "archiver",
      objectType: "schema",
      schema,
      objects: [],
      privileges,
    });
    expect(listSchemaGrants({ archiver }, tables, ["pg_cron"])).toEqual([
      grant("app", ["CREATE", "USAGE"]),
      grant("telemetry", ["CREATE", "USAGE"]),
      grant("cron", ["USAGE"]),
    ]);
    expect(listSchemaGrants({ archiver }, tables, ["btree_gist"])).toHaveLength(2);
    expect(listTableGrants({ archiver }, tables)).toEqual([]);
  });

  test("let a reader see its tables and no others, each schema once", () => {
    const roles = { analyst: reader(), support: reader(["events"]) };
    expect(
      listSchemaGrants(roles, tables, ["pg_cron"]).map(({ role, schema, privileges }) => [role, schema, privileges]),
    ).toEqual([
      ["analyst", "app", ["USAGE"]],
      ["analyst", "telemetry", ["USAGE"]],
      ["support", "app", ["USAGE"]],
    ]);
    expect(listTableGrants(roles, tables).map(({ role, schema, objects }) => [role, schema, objects])).toEqual([
      ["analyst", "app", ["events", "audit_logs"]],
      ["analyst", "telemetry", ["metrics"]],
      ["support", "app", ["events"]],
    ]);
  });
});

describe("what could not be created", () => {
  const declared: DeclaredPrerequisites = {
    schemas: [],
    extensions: [],
    publications: [],
    roles: {},
    connection: ["host", "database"],
  };
  const problems = (changes: Partial<DeclaredPrerequisites>): string[] => {
    const found: string[] = [];
    reportPrerequisites({ ...declared, ...changes }, Object.keys(tables), (path, message) =>
      found.push(`${path}: ${message}`),
    );
    return found;
  };

  test.each<[string, Partial<DeclaredPrerequisites>, string]>([
    [
      "an URL",
      { connection: ["url"] },
      "connection: prerequisites are created by @pulumi/postgresql, which has no url.",
    ],
    ["a password command", { connection: ["passwordCommand"] }, "which has no passwordCommand."],
    [
      "an archiver that owns nothing",
      { roles: { archiver: { ...archiver, memberOf: [] } } },
      "roles.archiver.memberOf: an archiver detaches and drops partitions, which only an owner of the table may.",
    ],
    [
      "a reader of no table",
      { roles: { analyst: { ...reader(["orders"]), memberOf: [] } } },
      'roles.analyst.tables: the program has no table "orders".',
    ],
    [
      "grants without a database",
      { connection: ["host"], roles: { a: { ...reader(), memberOf: [] } } },
      "the connection has none",
    ],
    ["a name that is too long", { schemas: ["x".repeat(64)] }, "is no name"],
    ["a name that is none", { publications: [""] }, 'publications: "" is no name.'],
  ])("is reported: %s", (_what, changes, words) => {
    const found = problems(changes);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(words);
  });

  test("and nothing is reported of what could", () => {
    expect(problems({ schemas: ["telemetry"], roles: { archiver: { ...archiver, memberOf: ["app_owner"] } } })).toEqual(
      [],
    );
  });
});
