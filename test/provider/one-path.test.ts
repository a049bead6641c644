import { beforeEach, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { grpcMessage, type Plugin } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf, inputsOf, partitions, partitionOf } from "./support";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "1 month" } as const;
const at = (asOf: string, changes: Partial<TableSpecArgs> = {}) => program(asOf, { window, indexes: {}, ...changes });
const march = at("2025-03-10T00:00:00Z");
const april = at("2025-04-10T00:00:00Z");
const february = "2025-02-01T00:00:00Z";

beforeEach(async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
});

/** What the engine's Delete of the February partition comes to, and whether the partition is still there. */
async function deleteFebruary(asOf = march, before?: (plugin: Plugin) => Promise<unknown>): Promise<string> {
  const { result } = await withPlugin(database, asOf, async (plugin) => {
    await before?.(plugin);
    return plugin.delete(partitionOf(deployment, "2025-02-01")).then(() => "forgotten", grpcMessage);
  });
  return result;
}

it("refuses to delete a partition inside its window, even an empty one", async () => {
  expect(await deleteFebruary()).toContain('"events_p2025_02" (2025-02-01T00:00:00Z/2025-03-01T00:00:00Z)');
  expect(await deleteFebruary()).toContain("inside its window and is not deleted, whatever it holds");
  expect(await partitions(database)).toContain("events_p2025_02");
});

it("forgets a partition that has expired, and leaves it attached for the window", async () => {
  // The window's Check tells the plugin the program's clock, as in every update.
  const check = (plugin: Plugin) => {
    const { urn, inputs } = entryOf(deployment, "events-window");
    return plugin.check(urn, inputs, inputsOf(april, "events-window"));
  };
  expect(await deleteFebruary(april, check)).toBe("forgotten");
  expect(await partitions(database)).toContain("events_p2025_02");
});

it("forgets a partition that is gone, and one of a table that is gone", async () => {
  await database.query("drop table app.events_p2025_02");
  expect(await deleteFebruary()).toBe("forgotten");
  await database.query("drop table app.events");
  expect(await deleteFebruary()).toBe("forgotten");
});

it("forgets a partition of a released table, and changes nothing", async () => {
  expect((await onDatabase(database, "release", "app.events")).code).toBe(0);
  const before = (await left(database)).dump;
  expect(await deleteFebruary()).toBe("forgotten");
  expect((await left(database)).dump).toBe(before);
});

it("forgets a partition of a table that another stack has claimed", async () => {
  expect((await onDatabase(database, "claim", "app.events", "--stack", "faults/other")).code).toBe(0);
  expect(await deleteFebruary()).toBe("forgotten");
  expect(await partitions(database)).toContain("events_p2025_02");
});

it("forgets every partition when the window takes them over, and adopts them again the other way round, rows in place", async () => {
  await database.query(
    "insert into app.events select n, timestamptz '2025-02-05' + n * interval '1 day', 'x' from generate_series(0, 59) n",
  );
  const relations = async () =>
    (await left(database)).dump.split("\n").filter((line) => /^(relation|index|constraint)/.test(line));
  const before = await relations();
  const there = await up(database, deployment, at("2025-03-10T00:00:00Z", { resources: "window" }));
  expect(there.error).toBeUndefined();
  expect(there.steps.filter((step) => step.op === "delete")).toHaveLength(3);
  expect(await relations()).toEqual(before);
  const back = await up(database, deployment, march);
  expect(back.error).toBeUndefined();
  expect(back.steps.filter((step) => step.op === "create")).toHaveLength(3);
  expect(await relations()).toEqual(before);
  expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 60 }]);
  expect((await preview(database, deployment, march)).steps).toEqual([]);
});

it("facts never cause a diff: rows and bytes of what waits change, the plan shows it, nothing is to be done", async () => {
  const paused = at("2025-04-10T00:00:00Z", { paused: true });
  await up(database, deployment, paused);
  const planned = () =>
    withPlugin(database, paused, async (plugin) => {
      const entry = entryOf(deployment, "events-window");
      const { inputs } = await plugin.check(entry.urn, entry.inputs, inputsOf(paused, "events-window"));
      return { plan: JSON.stringify(inputs["plan"]), diff: await plugin.diff(entry, inputs) };
    });
  const before = (await planned()).result;
  await database.query(
    "insert into app.events select n, '2025-02-05', repeat('x', 200) from generate_series(1, 5000) n",
  );
  await database.query("analyze app.events_p2025_02");
  const after = (await planned()).result;
  expect(after.plan).not.toBe(before.plan);
  expect(after.plan).toContain('"rows":5000');
  expect([before.diff, after.diff]).toEqual([undefined, undefined]);
});

it("pending changes show as the one diff ~changes, and are gone after the update", async () => {
  await up(database, deployment, at("2025-04-10T00:00:00Z", { paused: true }));
  await up(database, deployment, april);
  await database.query(
    "alter table app.events attach partition app.events_p2025_02 for values from ('2025-02-01 00:00+00') to ('2025-03-01 00:00+00')",
  );
  const shown = await preview(database, deployment, april);
  expect(shown.steps).toEqual([{ op: "update", type: "PartitionWindow", name: "events-window", diff: ["changes"] }]);
  await up(database, deployment, april);
  expect((await preview(database, deployment, april)).steps).toEqual([]);
});

it.each(["partition", "window"] as const)(
  "a plan computed without the database retires nothing when the update can reach it (resources: %s)",
  async (resources) => {
    const mode = (asOf: string) => at(asOf, { grace: "none", resources });
    await up(database, deployment, mode("2025-03-10T00:00:00Z"));
    const next = mode("2025-04-10T00:00:00Z");
    const entry = entryOf(deployment, "events-window");
    // As the component has it, and as it stays where the engine could not ask a provider that was not known.
    const inputs = inputsOf(next, "events-window");
    expect(inputs).toMatchObject({ plan: { complete: false } });
    const { messages } = await withPlugin(database, next, async (plugin) => {
      // Not even what a forged plan names.
      const work = [
        { verb: "detach", partition: "events_p2025_02", from: february, to: march.asOf.replace("10", "01") },
      ];
      const outputs = await plugin.update(entry, { ...inputs, work });
      expect(outputs["retired"]).toEqual([]);
    });
    expect(messages.join("\n")).toMatch(
      /are to be retired, but the plan was created without the database .*nothing was retired/,
    );
    expect(await partitions(database)).toContain("events_p2025_02");
    // Creation goes on without a plan.
    if (resources === "window") expect(await partitions(database)).toContain("events_p2025_05");
    await up(database, deployment, next);
    expect(await partitions(database)).not.toContain("events_p2025_02");
  },
);

it("an update does nothing that its checked plan did not name", async () => {
  const entry = entryOf(deployment, "events-window");
  await withPlugin(database, april, async (plugin) => {
    const { inputs } = await plugin.check(entry.urn, entry.inputs, inputsOf(april, "events-window"));
    const work = inputs["work"] as readonly Record<string, string>[];
    expect(work.map(({ verb }) => verb)).toEqual(["prepare", "detach"]);
    const outputs = await plugin.update(entry, { ...inputs, work: [] });
    expect(outputs["retired"]).toEqual([]);
    expect(await partitions(database)).toContain("events_p2025_02");
    // Named by other bounds, or by another verb, it is not named.
    const named = work.find(({ verb }) => verb === "detach");
    const others = [
      { ...named, to: "2025-03-02T00:00:00Z" },
      { ...named, verb: "drop" },
    ];
    expect((await plugin.update(entry, { ...inputs, work: others }))["retired"]).toEqual([]);
  });
  expect(await partitions(database)).toContain("events_p2025_02");
});
