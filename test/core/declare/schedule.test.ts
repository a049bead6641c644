import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { parseTableSpec } from "../../../core/declare/table/parse";
import { encodeCronJob } from "../../../core/declare/schedule/schedule";
import { decodeWindow, encodeWindow } from "../../../core/window/wire";
import { tableSpec, VALID } from "../support/specs";

function problems(change: Partial<TableSpecArgs>): string[] {
  const parsed = parseTableSpec({ ...VALID, ...change });
  return parsed.ok ? [] : parsed.problems.map(({ path, code }) => `${path} ${code}`);
}

const job = (schedule: TableSpecArgs["schedule"]) =>
  encodeCronJob(tableSpec(schedule ? { schedule } : {}).window.schedule, VALID_NAME);
const VALID_NAME = { schema: "public", table: VALID.table };

describe("a declared schedule", () => {
  it("becomes a job with its defaults", () => {
    expect(job({ cron: " 0  2 * * * " })).toEqual({
      ...VALID_NAME,
      job: "pgpartition_public_workflow_events",
      cron: "0 2 * * *",
      zone: "UTC",
      active: true,
    });
    expect(job({ cron: "0 2 * * *", job: "nightly", user: "owner", database: "app", active: false })).toMatchObject({
      job: "nightly",
      user: "owner",
      runsIn: "app",
      active: false,
    });
  });

  it("is no job if none is declared, with a reason or without", () => {
    expect(job(undefined)).toBeUndefined();
    expect(job({ none: "pulumi up runs every hour" })).toBeUndefined();
  });

  it("travels with the window, for policies and the registry", () => {
    for (const schedule of [{ cron: "0 2 * * *" }, { none: "no need" }, undefined]) {
      const window = tableSpec(schedule ? { schedule } : {}).window;
      const read = decodeWindow(JSON.parse(JSON.stringify(encodeWindow(window))));
      expect("spec" in read && read.spec.schedule).toEqual(window.schedule);
    }
  });

  it("creates branches too, where levels are above time", () => {
    const levels: Partial<TableSpecArgs> = {
      primaryKey: ["id", "run_id", "type", "ts"],
      partitionBy: [{ list: "run_id", values: ["a"] }, { range: "ts" }],
    };
    expect(problems({ schedule: { cron: "0 2 * * *" }, ...levels })).toEqual(problems(levels));
  });

  it.each<[string, Partial<TableSpecArgs>, string]>([
    ["no cron", { schedule: { cron: "@daily" } }, "schedule.cron invalid-value"],
    ["SQL", { schedule: { cron: "0 2 * * *'); drop table x; --" } }, "schedule.cron invalid-value"],
    ["no zone", { schedule: { cron: "0 2 * * *", zone: "Mars/Phobos" } }, "schedule.zone invalid-zone"],
    ["a name too long", { schedule: { cron: "0 2 * * *", job: "x".repeat(64) } }, "schedule.job name-too-long"],
    ["an empty reason", { schedule: { none: "" } }, "schedule.none invalid-value"],
  ])("is refused with %s", (_, change, expected) => {
    expect(problems(change)).toContain(expected);
  });
});

describe("names that callers use", () => {
  it("travel with their schema", () => {
    const names = { ensure: "make", info: "parts" };
    const parsed = (functionNames: NonNullable<TableSpecArgs["functionNames"]>) =>
      tableSpec({ functionNames }).window.functionNames;
    expect(parsed(names)).toEqual({ schema: "public", ...names });
    const schema = "partition_mgmt";
    expect(parsed({ schema, ...names })).toEqual({ schema, ...names });
    expect(parsed({})).toBeUndefined();
  });

  it.each<[string, NonNullable<TableSpecArgs["functionNames"]>, string]>([
    ["one name for two", { ensure: "make", info: "make" }, "functionNames.info name-collision"],
    ["a schema of the server", { schema: "pg_catalog", info: "parts" }, "functionNames.schema invalid-name"],
    ["a name too long", { stats: "x".repeat(64) }, "functionNames.stats name-too-long"],
  ])("are refused with %s", (_, functionNames, expected) => {
    expect(problems({ functionNames })).toContain(expected);
  });
});

describe("functions that query the table", () => {
  type Declared = NonNullable<TableSpecArgs["queryFunctions"]>;
  const run = { arguments: { p_run_id: "uuid" }, where: "run_id = p_run_id", from: "p_from" };

  it("travel with the columns that they return, and their arguments in order", () => {
    const { queryFunctions } = tableSpec({
      queryFunctions: { f: { ...run, schema: "api", to: { name: "p_to", default: "now()" } } },
    }).window;
    expect(queryFunctions?.columns?.map(({ name }) => name)).toEqual(["id", "run_id", "ts", "type", "payload"]);
    expect(queryFunctions?.functions).toEqual([
      {
        schema: "api",
        name: "f",
        arguments: [{ name: "p_run_id", type: "uuid" }],
        where: "run_id = p_run_id",
        from: { name: "p_from" },
        to: { name: "p_to", default: "now()" },
      },
    ]);
    expect(tableSpec({ queryFunctions: {} }).window.queryFunctions).toBeUndefined();
  });

  it.each<[string, Declared, string]>([
    ["no range", { f: {} } as unknown as Declared, "queryFunctions.f.from missing-property"],
    ["a property unknown", { f: { ...run, limit: 1 } } as Declared, "queryFunctions.f.limit unknown-property"],
    ["a name too long", { ["x".repeat(64)]: run }, `queryFunctions.${"x".repeat(64)} name-too-long`],
    ["a schema of the server", { f: { ...run, schema: "pg_catalog" } }, "queryFunctions.f.schema invalid-name"],
    ["an argument named like a column", { f: { from: "ts" } }, "queryFunctions.f.from name-collision"],
    [
      "a further argument named like a column",
      { f: { ...run, arguments: { run_id: "uuid" }, where: "run_id = run_id" } },
      "queryFunctions.f.arguments.run_id name-collision",
    ],
    ["two arguments of one name", { f: { ...run, to: "p_run_id" } }, "queryFunctions.f.to name-collision"],
    [
      "no type",
      { f: { ...run, arguments: { p_run_id: "uuid default 1" } } },
      "queryFunctions.f.arguments.p_run_id invalid-value",
    ],
    [
      "more than a condition",
      { f: { ...run, where: "run_id = p_run_id; drop table x" } },
      "queryFunctions.f.where invalid-value",
    ],
    [
      "two expressions",
      { f: { from: { name: "p_from", default: "now(), 1" } } },
      "queryFunctions.f.from.default invalid-value",
    ],
    [
      "an argument without use",
      { f: { from: "p_from", arguments: { p_id: "uuid" } } },
      "queryFunctions.f.arguments.p_id invalid-value",
    ],
    [
      "capitals without quotes",
      { f: { from: "p_from", arguments: { P_id: "uuid" }, where: "run_id = P_id" } },
      "queryFunctions.f.arguments.P_id invalid-value",
    ],
    [
      "a required end after a default",
      { f: { from: { name: "p_from", default: "now()" }, to: "p_to" } },
      "queryFunctions.f.to invalid-value",
    ],
  ])("are refused with %s", (_, queryFunctions, expected) => {
    expect(problems({ queryFunctions })).toContain(expected);
  });

  it("are refused with the name of another function, unless that is in another schema", () => {
    const functionNames = { schema: "api", window: "f" };
    expect(problems({ functionNames, queryFunctions: { f: { ...run, schema: "api" } } })).toEqual([
      "queryFunctions.f name-collision",
    ]);
    expect(tableSpec({ functionNames, queryFunctions: { f: run } }).window.queryFunctions).toBeDefined();
  });

  it("are refused with all problems at once", () => {
    expect(problems({ queryFunctions: { f: { ...run, from: "id", to: "ts" }, g: { from: "type" } } })).toEqual([
      "queryFunctions.f.from name-collision",
      "queryFunctions.f.to name-collision",
      "queryFunctions.g.from name-collision",
    ]);
  });
});
