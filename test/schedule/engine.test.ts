import { beforeEach, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { eventsTable, reset } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";
import { column } from "./support";

const database = withDatabase();
beforeEach(() => reset(database));

it("the engine creates names and schedule as children of the table, finds them unchanged, and takes them away", async () => {
  const engine = withProgram(database);
  const table = {
    window: { lead: "1 month", retention: "1 month" },
    schedule: { cron: "0 2 * * *" },
    functionNames: { ensure: "make_part", info: "parts" },
  } as const;
  const declare = (changes: object) =>
    engine.declare({ tables: { events: eventsTable({ ...table, ...changes }) }, asOf: "2025-03-10T00:00:00Z" });
  declare({});
  const first = await engine.run(["up", "--yes", "--skip-preview"]);
  expect(first.code, said(first)).toBe(0);
  expect(said(first)).toContain("pg_cron is not installed on this server");
  const { deployment } = await engine.state();
  const outputs = (type: string) =>
    deployment.resources?.find((resource) => resource.type === `pgpartition:index:${type}`)?.outputs;
  expect(outputs("FunctionAliases")).toMatchObject({ functions: expect.arrayContaining(["app.parts"]) as string[] });
  expect(outputs("CronJob")).toMatchObject({ runner: "external", cron: "0 2 * * *", zone: "UTC" });
  const again = await engine.run(["up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes"]);
  expect(again.code, said(again)).toBe(0);

  declare({ schedule: { none: "updates run every hour" }, functionNames: { info: "parts" } });
  const fewer = await engine.run(["up", "--yes", "--skip-preview"]);
  expect(fewer.code, said(fewer)).toBe(0);
  expect(await column(database, "select proname from pg_proc where proname = 'make_part'")).toEqual([]);
  expect((await engine.state()).deployment.resources?.map((resource) => resource.type)).not.toContain(
    "pgpartition:index:CronJob",
  );
  const quiet = await engine.run(["preview", "--expect-no-changes"]);
  expect(quiet.code, said(quiet)).toBe(0);
}, 180_000);
