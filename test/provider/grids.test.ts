import { beforeEach, describe, expect, it } from "vitest";
import type { SegmentArgs } from "../../core/declare/levels/time-level";
import { anyVersion, withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { named, preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, identityOf, partitions } from "./support";

const months = program("2025-03-10T00:00:00Z");
const cut = (asOf: string, ...grid: SegmentArgs[]) => program(asOf, { partitionBy: [{ range: "at", grid }] });
const weeks = (from: string): SegmentArgs => ({ from, every: "week" });

describe.each(anyVersion())("PostgreSQL %s, the grid of a live table", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  /** February, March and April by months, with rows in each. */
  beforeEach(async () => {
    expect((await up(database, deployment, months)).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, timestamptz '2025-02-01 00:00+00' + n * interval '1 hour', 'x' from generate_series(0, 2100) n",
    );
  });

  const count = async () => (await database.query<{ n: number }>("select count(*)::int as n from app.events"))[0]?.n;

  it("changes from months to weeks at a boundary: preview shows the weeks, months remain as they are", async () => {
    const changed = cut("2025-04-30T00:00:00Z", { every: "month" }, weeks("2025-05-01"));
    const april = await identityOf(database, "app.events_p2025_04");
    const shown = await preview(database, deployment, changed);
    expect(shown.error).toBeUndefined();
    expect(named(shown.steps)).toContain("create events-2025-05-01T00:00:00Z_2025-05-05T00:00:00Z");
    expect(shown.messages.join("\n")).toContain("create events_p2025_w18 [2025-05-01, 2025-05-05)");
    expect(await partitions(database)).toEqual(["events_p2025_02", "events_p2025_03", "events_p2025_04"]);

    expect((await up(database, deployment, changed)).error).toBeUndefined();
    // The first week is cut at the boundary; February has expired.
    expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_w18"]);
    expect((await preview(database, deployment, changed)).steps).toEqual([]);

    const may = cut("2025-05-06T00:00:00Z", { every: "month" }, weeks("2025-05-01"));
    expect((await up(database, deployment, may)).error).toBeUndefined();
    expect(await partitions(database)).toEqual([
      "events_p2025_04",
      ...["18", "19", "20", "21", "22", "23"].map((week) => `events_p2025_w${week}`),
    ]);
    expect(await identityOf(database, "app.events_p2025_04")).toBe(april);
    expect((await up(database, deployment, may)).steps).toEqual([]);
  }, 120_000);

  it("takes one partition of odd size into the grid, shows it in preview and continues by months after it", async () => {
    const odd: SegmentArgs = { from: "2025-05-01", to: "2025-06-16", every: "whole", name: "events_relocation" };
    const changed = cut("2025-04-10T00:00:00Z", { every: "month" }, odd, {
      from: "2025-06-16",
      every: "month",
      name: "{table}_{yyyy}{mm}",
    });
    const shown = await preview(database, deployment, changed);
    expect(shown.error).toBeUndefined();
    expect(named(shown.steps)).toContain("create events-2025-05-01T00:00:00Z_2025-06-16T00:00:00Z");
    expect(shown.messages.join("\n")).toContain("events_relocation");
    expect((await up(database, deployment, changed)).error).toBeUndefined();
    expect(await partitions(database)).toContain("events_relocation");
    await database.query("insert into app.events values (1, '2025-06-15 23:59+00', 'x')");
    const rows = await database.query(
      "select tableoid::regclass::text as partition from app.events where at > '2025-06-01'",
    );
    expect(rows).toEqual([{ partition: "app.events_relocation" }]);
    expect((await up(database, deployment, changed)).steps).toEqual([]);
  });

  it("refuses a grid that would cut a partition, changes nothing, and names the boundary that works", async () => {
    const cutting = cut("2025-04-10T00:00:00Z", { every: "month" }, weeks("2025-04-14"));
    const before = await left(database);
    const rows = await count();
    let errors: (string | undefined)[] = [];
    const sent = await statementsDuring(database, async () => {
      errors = [await preview(database, deployment, cutting), await up(database, deployment, cutting)].map(
        (run) => run.error,
      );
    });
    for (const error of errors) {
      expect(error).toContain('overlaps partition "events_p2025_04"');
      expect(error).toContain("the nearest bound is 2025-05-01T00:00:00Z");
    }
    expect(ddlOf(sent)).toEqual([]);
    expect((await left(database)).dump).toBe(before.dump);
    const boundary = /nearest bound is (\S+), the end of "events_p2025_04"\. Begin the new segment there/.exec(
      errors[0] ?? "",
    )?.[1];
    const working = cut("2025-04-10T00:00:00Z", { every: "month" }, weeks(boundary ?? "none"));
    expect(await count()).toBe(rows);
    expect((await up(database, deployment, working)).error).toBeUndefined();
    expect((await preview(database, deployment, working)).steps).toEqual([]);
  });

  it("names the end of what exists where the partitions after the one that is cut would be cut too", async () => {
    const { error } = await preview(
      database,
      deployment,
      cut("2025-03-20T00:00:00Z", { every: "month" }, weeks("2025-03-17")),
    );
    expect(error).toContain('the nearest bound is 2025-04-01T00:00:00Z, the end of "events_p2025_03"');
    expect(error).toContain('begin the new segment at 2025-05-01T00:00:00Z, after "events_p2025_04"');
  });
});
