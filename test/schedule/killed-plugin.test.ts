import { expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { withCronServer } from "../support/harness/cron-server";
import { configOf, program } from "../support/harness/fixture";
import { killMatrix, undisturbed } from "../support/harness/matrix";
import { column } from "./support";

const database = withDatabase();
const cron = withCronServer();
const window = { lead: "1 day", retention: "forever", start: "2025-03-01" } as const;
const bare = program("2025-03-10T00:00:00Z", { window, indexes: {} });

it("killed at every step of naming functions: the next up ends as an undisturbed one", async () => {
  const named = program(bare.asOf, { window, indexes: {}, functionNames: { window: "maintain", info: "parts" } });
  const scenario = { database, config: configOf(database), before: [{ program: bare }], program: named };
  const wanted = await undisturbed(scenario);
  const { points, problems } = await killMatrix(scenario, wanted, (point) => point.includes("names of callers"));
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThanOrEqual(4);
}, 120_000);

it("killed while the schedule is given other partitions to create: the next up gives it the right ones", async () => {
  const indexed = program(bare.asOf, { window, indexes: { by_note: { columns: ["note"] } } });
  const scenario = { database, config: configOf(database), before: [{ program: bare }], program: indexed };
  const wanted = await undisturbed(scenario);
  const { points, problems } = await killMatrix(scenario, wanted, (point) => point.includes("record app.events"));
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThanOrEqual(3);
  const stored = await column(database, "select unnest(statements) from pgpartition.prepared");
  expect(stored.filter((sql) => sql.includes("_by_note"))).not.toEqual([]);
}, 120_000);

it("killed at every step of scheduling the job: one job exists, as declared", async () => {
  const nightly = program(bare.asOf, { window, indexes: {}, schedule: { cron: "0 2 * * *", job: "nightly" } });
  const before = [{ program: bare, sql: "select cron.unschedule(jobid) from cron.job" }];
  const scenario = { database: cron, config: configOf(cron), before, program: nightly };
  const wanted = await undisturbed(scenario);
  const { points, problems } = await killMatrix(scenario, wanted, (point) => point.includes("schedule nightly"));
  expect(problems).toEqual([]);
  expect(points).toBeGreaterThanOrEqual(3);
  expect(await column(cron, "select jobname || ' ' || schedule from cron.job")).toEqual(["nightly 0 2 * * *"]);
}, 120_000);
