import { beforeEach, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { eventsTable, reset } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";
import { column } from "./support";

const database = withDatabase();
beforeEach(() => reset(database));

it("the engine creates names and schedule of the table, finds them unchanged, and takes them away", async () => {
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
  expect(outputs("PartitionWindow")).toMatchObject({ functionNames: { schema: "app", ensure: "make_part" } });
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

it("the engine deletes the FunctionAliases of an earlier version from its state, and the functions remain", async () => {
  await reset(database);
  const engine = withProgram(database);
  const names = { ensure: "make_part", info: "parts" } as const;
  const table = eventsTable({ window: { lead: "1 month", retention: "1 month" }, functionNames: names });
  engine.declare({ tables: { events: table }, asOf: "2025-03-10T00:00:00Z" });
  const first = await engine.run(["up", "--yes", "--skip-preview"]);
  expect(first.code, said(first)).toBe(0);
  const functions = () => column(database, "select oid from pg_proc where proname = 'make_part' order by 1");
  const before = await functions();
  expect(before).toHaveLength(3);

  const state = asBefore(await engine.state(), { schema: "app", table: "events", aliasSchema: "app", names });
  engine.project.write({ "before.json": JSON.stringify(state) });
  await database.query(`update pgpartition.registry set "window" = "window" - 'functionNames'`);
  expect((await engine.run(["stack", "import", "--file", "before.json"])).code).toBe(0);
  const shown = await engine.run(["preview", "--refresh"]);
  expect(shown.code, said(shown)).toBe(0);
  expect(said(shown)).toMatch(/- +pgpartition:index:FunctionAliases db-events-functions delete/);
  expect(said(shown)).toMatch(/Resources:\n +- 1 to delete\n +\d+ unchanged/);
  expect(said(shown)).not.toMatch(/CREATE FUNCTION|DROP (FUNCTION|VIEW)/);
  const done = await engine.run(["up", "--yes", "--skip-preview"]);
  expect(done.code, said(done)).toBe(0);
  expect(await functions()).toEqual(before);
  const quiet = await engine.run(["up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes"]);
  expect(quiet.code, said(quiet)).toBe(0);
}, 180_000);

/** The state as an earlier version left it: the names in a resource that the window depends on, and not in the window. */
function asBefore(state: Awaited<ReturnType<ReturnType<typeof withProgram>["state"]>>, inputs: object): object {
  type Resource = NonNullable<typeof state.deployment.resources>[number] & {
    readonly inputs: object;
    readonly outputs: object;
    readonly dependencies?: readonly string[];
  };
  const resources = (state.deployment.resources ?? []) as readonly Resource[];
  const without = (one: object): object => ({ ...one, functionNames: undefined });
  return {
    ...state,
    deployment: {
      ...state.deployment,
      resources: resources.flatMap((window) => {
        if (window.type !== "pgpartition:index:PartitionWindow") return [window];
        const type = "pgpartition:index:FunctionAliases";
        const urn = window.urn.replace("PartitionWindow::db-events-window", "FunctionAliases::db-events-functions");
        const { dependencies = [], inputs: declared, outputs } = window;
        return [
          { ...window, urn, type, inputs, outputs: { ...inputs, functions: ["app.parts"] }, dependencies: [] },
          { ...window, inputs: without(declared), outputs: without(outputs), dependencies: [...dependencies, urn] },
        ];
      }),
    },
  };
}
