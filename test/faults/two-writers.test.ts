import { beforeEach, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const may = program("2025-05-10T00:00:00Z", { window });

beforeEach(async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
});

function copy(of: Deployment): Deployment {
  const other = new Deployment(of.project, of.stack);
  for (const [urn, entry] of of.state) other.state.set(urn, entry);
  return other;
}

it("C06 a second stack declares the same table: it is refused with the owner's name, and nothing changes", async () => {
  const before = (await left(database)).dump;
  const other = new Deployment("faults", "other");
  const seen = await preview(database, other, may);
  expect(seen.error).toContain('"app.events" is managed by stack "faults/test", and this is stack "faults/other"');
  const run = await up(database, other, may);
  expect(run.error).toContain("pgpartition claim app.events --stack faults/other");
  expect((await left(database)).dump).toBe(before);
});

it("C07 two plugins create partitions of one table at once: both succeed, one after the other, nothing twice", async () => {
  const [one, other] = [copy(deployment), copy(deployment)];
  const april = program("2025-04-10T00:00:00Z", { window });
  const runs = await Promise.all([up(database, one, april), up(database, other, may)]);
  expect(runs.map((run) => run.error)).toEqual([undefined, undefined]);
  // Where the run of April had the lock last, the schedule holds April's list: that alone is due, and is put right at once.
  const rest = await preview(database, other, may);
  expect(rest.messages.filter((message) => /create|detach|drop/.test(message))).toEqual([]);
  if (rest.steps.length > 0) expect(rest.messages.join("\n")).toMatch(/statements of \d+ coming partitions to store/);
  expect((await up(database, other, may)).error).toBeUndefined();
  expect((await preview(database, other, may)).steps).toEqual([]);
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump.match(/^relation app.events_p2025_0[3456] /gm)).toHaveLength(4);
  expect(dump.match(/^ledger app.events .* created$/gm)).toHaveLength(4);
});

const april = "for values from ('2025-04-01 00:00+00') to ('2025-05-01 00:00+00')";
const mayBounds = april.replace("2025-05", "2025-06").replace("2025-04", "2025-05");

it.each([
  ["under our name", "events_p2025_05"],
  ["under another name", "made_by_cron"],
])(
  "C08 a session creates the same partition %s at the same moment: it is adopted, the next preview is empty",
  async (_, name) => {
    const grown = program("2025-04-10T00:00:00Z", { window });
    const stop = stopAt("before begin create partition app.events_p2025_05");
    const run = up(database, deployment, grown, { env: stop.env });
    await stop.reached();
    await database.query(`create table app.${name} partition of app.events ${mayBounds}`);
    stop.goOn();
    const { error } = await run;
    // The loser may have to be run again; it must never be left with a partition of other bounds or an error that stays.
    if (error !== undefined) expect((await up(database, deployment, grown)).error).toBeUndefined();
    expect(error).toBeUndefined();
    expect((await preview(database, deployment, grown)).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  },
);

it("C08 a session creates a partition of other bounds under our name: it is refused, both bounds shown, nothing changed", async () => {
  await database.query(`create table app.events_p2025_05 partition of app.events
    for values from ('2025-05-01 00:00+00') to ('2025-05-15 00:00+00')`);
  const before = (await left(database)).dump;
  const run = await up(database, deployment, program("2025-04-10T00:00:00Z", { window }));
  expect(run.error).toContain("2025-05-15");
  expect(run.error).toContain("2025-06-01");
  expect((await left(database)).dump.replaceAll(/^ledger.*\n?/gm, "")).toBe(before.replaceAll(/^ledger.*\n?/gm, ""));
});
