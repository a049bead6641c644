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
