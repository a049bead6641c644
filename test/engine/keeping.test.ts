import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { withEngine } from "./support";

const events = (changes: Partial<TableSpecArgs>): TableSpecArgs => ({
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "forever", start: "2026-03-01" },
  onExpire: "drop",
  grace: "none",
  ...changes,
});
const TWO_MONTHS: Partial<TableSpecArgs> = { window: { lead: "1 month", retention: "2 months", start: "2026-03-01" } };

describe.each(testVersions().slice(-1))("what leaves a table on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const partitions = async () =>
    (
      await database.query<{ name: string }>(
        "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.events'::regclass order by 1",
      )
    ).map(({ name }) => name);
  const declare = (asOf: string, changes: Partial<TableSpecArgs>) =>
    engine.declare({ tables: { events: events(changes) }, asOf });

  test(`${version}: years without a beginning are not dropped by a shorter retention, but by their own confirmation`, async () => {
    await database.query(`create table events (id bigint not null, at timestamptz not null) partition by range (at);
      create table events_old partition of events for values from (minvalue) to ('2026-03-01 00:00+00');
      insert into events select n, timestamptz '2026-02-28 00:00+00' - n * interval '7 days' from generate_series(1, 365) n`);
    declare("2026-05-10T12:00:00Z", {});
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    declare("2026-05-10T12:00:00Z", TWO_MONTHS);
    for (const verb of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const refused = await engine.refused(verb);
      expect(refused.stdout + refused.stderr).toContain('confirmDrops: ["../2026-03-01T00:00:00Z"]');
    }
    expect(await database.query("select count(*)::int as n from events")).toEqual([{ n: 365 }]);
  });

  test(`${version}: a view keeps an expired partition with a warning, and a hold is listed as one while paused`, async () => {
    await database.query("create view v as select * from events_p2026_03");
    const confirmed = { ...TWO_MONTHS, confirmDrops: ["../2026-03-01T00:00:00Z"] };
    declare("2026-06-10T12:00:00Z", confirmed);
    const done = await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(done.stdout + done.stderr).toMatch(/view public.v depends on it.*DROP VIEW public.v/);
    expect(await partitions()).toEqual([
      "events_p2026_03",
      "events_p2026_04",
      "events_p2026_05",
      "events_p2026_06",
      "events_p2026_07",
    ]);
    declare("2026-07-10T12:00:00Z", {
      ...confirmed,
      paused: true,
      holds: [{ from: "2026-03-05", to: "2026-03-06", reason: "case 9" }],
    });
    const shown = await engine.pulumi(["preview", "--json"]);
    expect(shown.stdout).toMatch(/held: case 9/);
    expect(shown.stdout).toMatch(/"held": true/);
    expect(shown.stdout).toMatch(/events_p2026_04 .*retirement is paused/);
    await database.query("drop view v");
    declare("2026-07-10T12:00:00Z", confirmed);
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await partitions()).toEqual(["events_p2026_05", "events_p2026_06", "events_p2026_07", "events_p2026_08"]);
  });
});
