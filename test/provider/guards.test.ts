import { expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf, partitions } from "./support";

const database = withDatabase();
const deployment = withDeployment(database);

const JUNE = "2025-06-10T00:00:00Z";
const months = (retention: `${number} months` | "1 month", more: Partial<TableSpecArgs> = {}) => ({
  window: { lead: "1 month", retention } as const,
  indexes: {},
  ...more,
});
const at = (asOf: string, changes: Partial<TableSpecArgs>) => program(asOf, changes);
const range = (month: number, to = month + 1) => `2025-0${String(month)}-01T00:00:00Z/2025-0${String(to)}-01T00:00:00Z`;
const named = (...list: number[]) => list.map((month) => `events_p2025_0${String(month)}`);

async function run(asOf: string, changes: Partial<TableSpecArgs>) {
  const result = await up(database, deployment, at(asOf, changes));
  expect(result.error).toBeUndefined();
  return result;
}

it("retires a declared cut of three intervals without a word, and refuses one of four with every bound named", async () => {
  await run(JUNE, months("5 months"));
  const before = (await left(database)).dump;
  const cut = months("1 month");
  for (const refused of [
    await preview(database, deployment, at(JUNE, cut)),
    await up(database, deployment, at(JUNE, cut)),
  ]) {
    expect(refused.error).toContain("would retire 4 intervals at once");
    expect(refused.error).toContain("maxDropsPerUpdate is 3");
    for (const month of [1, 2, 3, 4]) expect(refused.error).toContain(`"${range(month)}"`);
  }
  expect((await left(database)).dump).toBe(before);
  await run(JUNE, months("2 months"));
  expect(await partitions(database)).toEqual(named(4, 5, 6, 7));
});

it("reads a later start as a cut, and a smaller limit as a stricter guard", async () => {
  await run(JUNE, { window: { lead: "1 month", retention: "forever", start: "2025-01-01" }, indexes: {} });
  const later = { window: { lead: "1 month", retention: "forever", start: "2025-05-01" }, indexes: {} } as const;
  // `start` says which partitions are made; nothing expires under "forever", so nothing is retired by it.
  await run(JUNE, later);
  expect(await partitions(database)).toEqual(named(1, 2, 3, 4, 5, 6, 7));
  await run(JUNE, months("5 months"));
  const strict = await up(database, deployment, at(JUNE, months("3 months", { maxDropsPerUpdate: 1 })));
  expect(strict.error).toContain("would retire 2 intervals at once");
});

it.each([
  ["one bound too few", [range(1), range(2), range(3)]],
  ["one range over all of them", [range(1, 5)]],
  ["bounds a day off", [range(1), range(2), range(3), "2025-04-02T00:00:00Z/2025-05-01T00:00:00Z"]],
])("does not take %s for a confirmation", async (_, confirmDrops) => {
  await run(JUNE, months("5 months"));
  const result = await up(database, deployment, at(JUNE, months("1 month", { confirmDrops })));
  expect(result.error).toContain("would retire 4 intervals at once");
  expect(await partitions(database)).toEqual(named(1, 2, 3, 4, 5, 6, 7));
});

it("retires what was confirmed by its exact bounds, all at once, and writes the approval to the ledger first", async () => {
  await run(JUNE, months("5 months"));
  await run(JUNE, months("1 month", { confirmDrops: [1, 2, 3, 4].map((month) => range(month)) }));
  expect(await partitions(database)).toEqual(named(5, 6, 7));
  const rows = await database.query<{ event: string }>(
    "select event from pgpartition.ledger where partition_name = 'events_p2025_01' order by id",
  );
  expect(rows.map(({ event }) => event)).toEqual(["created", "approved", "detaching", "detached"]);
});

it("takes expiry by the clock for no cut: the oldest leave up to the limit, the rest in the next update", async () => {
  await run(JUNE, months("3 months", { maxDropsPerUpdate: 2 }));
  const october = ["2025-10-10T00:00:00Z", months("3 months", { maxDropsPerUpdate: 2 })] as const;
  const first = await run(...october);
  expect(entryOf(deployment, "events-window").outputs["retired"]).toEqual([
    "detach events_p2025_03",
    "detach events_p2025_04",
  ]);
  expect(first.messages.join("\n")).toContain("events_p2025_03");
  expect((await preview(database, deployment, at(...october))).messages.join("\n")).toContain("events_p2025_05");
  await run(...october);
  expect(entryOf(deployment, "events-window").outputs["retired"]).toEqual([
    "detach events_p2025_05",
    "detach events_p2025_06",
  ]);
  expect((await up(database, deployment, at(...october))).steps).toEqual([]);
});

it("never sweeps what had expired when the table was adopted, until its exact bounds are confirmed", async () => {
  const old = [1, 2, 3].map(
    (month) => `create table app.old_${String(month)} partition of app.events
      for values from ('2025-0${String(month)}-01 00:00+00') to ('2025-0${String(month + 1)}-01 00:00+00')`,
  );
  await database.query(
    [
      "create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at)) partition by range (at)",
      ...old,
    ].join(";"),
  );
  const kept = ["old_1", "old_2", "old_3"];
  await run(JUNE, months("1 month"));
  expect(await partitions(database)).toEqual([...kept, ...named(5, 6, 7)]);
  // Nothing is due by it: the next update has nothing to do, and preview of a change says what waits.
  expect((await up(database, deployment, at(JUNE, months("1 month")))).steps).toEqual([]);
  const shown = await preview(database, deployment, at("2025-07-10T00:00:00Z", months("1 month")));
  expect(shown.messages.join("\n")).toContain(
    `had expired before this table was adopted; add "${range(1)}" to confirmDrops`,
  );
  // What expires later follows the rule; the old ones still wait, whatever the limit.
  await run("2025-07-10T00:00:00Z", months("1 month", { maxDropsPerUpdate: 1000 }));
  expect(await partitions(database)).toEqual([...kept, ...named(6, 7, 8)]);
  await run("2025-07-10T00:00:00Z", months("1 month", { maxDropsPerUpdate: 1000, confirmDrops: [range(2)] }));
  expect((await partitions(database)).filter((name) => name.startsWith("old"))).toEqual(["old_1", "old_3"]);
});

it("sweeps nothing of a lost state either: registry and ledger know what was adopted", async () => {
  await run(JUNE, months("3 months"));
  deployment.state.clear();
  await run("2025-07-10T00:00:00Z", months("3 months"));
  // Made by us before the loss, so that it follows the rule and not the adoption's.
  expect(await partitions(database)).toEqual(named(4, 5, 6, 7, 8));
});

it("paused by argument: creation continues, nothing is retired, a cut is refused anyway, and it resumes", async () => {
  await run(JUNE, months("3 months", { grace: "none" }));
  await run("2025-07-10T00:00:00Z", months("3 months", { grace: "none", paused: true }));
  expect(await partitions(database)).toEqual(named(3, 4, 5, 6, 7, 8));
  const cut = months("1 month", { grace: "none", paused: true, maxDropsPerUpdate: 1 });
  expect((await up(database, deployment, at("2025-07-10T00:00:00Z", cut))).error).toContain("intervals at once");
  await run("2025-07-10T00:00:00Z", months("3 months", { grace: "none" }));
  expect(await partitions(database)).toEqual(named(4, 5, 6, 7, 8));
});

it("paused from the command line: the program is unchanged, creation continues, nothing is retired until resume", async () => {
  await run(JUNE, months("3 months"));
  expect((await onDatabase(database, "pause", "app.events")).code).toBe(0);
  const july = ["2025-07-10T00:00:00Z", months("3 months")] as const;
  const shown = await preview(database, deployment, at(...july));
  expect(shown.messages.join("\n")).toContain("retirement is paused (pgpartition pause)");
  await run(...july);
  expect(await partitions(database)).toEqual(named(3, 4, 5, 6, 7, 8));
  expect((await up(database, deployment, at(...july))).steps).toEqual([]);
  expect((await onDatabase(database, "resume", "app.events")).code).toBe(0);
  expect((await run(...july)).steps.map((step) => step.diff)).toEqual([["changes"]]);
  expect(await partitions(database)).toEqual(named(4, 5, 6, 7, 8));
});
