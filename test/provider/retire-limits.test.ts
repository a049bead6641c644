// What keeps one update from taking too much, or too early: facts of the database beside the table's own.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf } from "./support";

const window = { lead: "1 month", retention: "1 month" } as const;
const declared = (changes: Partial<TableSpecArgs>) =>
  eventsTable({ window, indexes: {}, onExpire: "drop", grace: "none", resources: "window", ...changes });

describe.each(anyVersion())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database, ["app", "ops"]);

  const retired = (name: string) => entryOf(deployment, `${name}-window`).outputs["retired"];

  it("maxBytesPerUpdate: the oldest of all tables go, preview says which wait, and the next update continues", async () => {
    const program = (asOf: string) => ({
      tables: { events: declared({}), audits: declared({ table: "audits" }) },
      asOf,
    });
    await up(database, deployment, program("2025-03-10T00:00:00Z"));
    for (const table of ["events", "audits"])
      await database.query(
        `insert into app.${table} select i, '2025-02-05', repeat(md5(i::text), 10) from generate_series(1, 2000) i`,
      );
    const [{ bytes } = { bytes: 0 }] = await database.query<{ bytes: number }>(
      "select pg_total_relation_size('app.events_p2025_02')::int as bytes",
    );
    const config = { maxBytesPerUpdate: `${String(Math.ceil((bytes * 1.5) / 1024))} kB` };
    const april = program("2025-04-10T00:00:00Z");
    const shown = await preview(database, deployment, april, { config });
    expect(shown.messages.join("\n")).toMatch(/waits for the next update, because one removes at most \d+ kB/);
    expect((await up(database, deployment, april, { config })).error).toBeUndefined();
    // They end at the same moment, so the name decides, whichever resource the engine asks first.
    expect([retired("audits"), retired("events")]).toEqual([["detach audits_p2025_02", "drop audits_p2025_02"], []]);
    expect((await up(database, deployment, april, { config })).error).toBeUndefined();
    expect(retired("events")).toEqual(["detach events_p2025_02", "drop events_p2025_02"]);
    expect((await up(database, deployment, april, { config })).steps).toEqual([]);
  });

  it("requireBackupSince: nothing is dropped before a backup that began after the detach", async () => {
    await database.query("create table ops.backups (started_at timestamptz, succeeded boolean not null)");
    const query = "select max(started_at) from ops.backups where succeeded -- the last good one";
    const program = (asOf: string, backup = query) => ({
      tables: { events: declared({ requireBackupSince: { query: backup } }) },
      asOf,
    });
    const april = program("2025-04-10T00:00:00Z");
    await up(database, deployment, program("2025-03-10T00:00:00Z"));
    await database.query("insert into ops.backups values ('2025-04-09', true), ('2025-05-01', false)");
    await up(database, deployment, april);
    expect(retired("events")).toEqual(["detach events_p2025_02"]);
    const shown = await preview(database, deployment, program("2025-04-11T00:00:00Z"));
    expect(shown.steps).toEqual([]);
    // A query that fails, or writes, keeps everything, and partitions go on being made.
    for (const wrong of [
      "select 1",
      "select oops",
      "insert into ops.backups values (now(), true) returning started_at",
    ]) {
      const run = await up(database, deployment, program("2025-05-10T00:00:00Z", wrong));
      expect(run.error).toBeUndefined();
      expect(run.messages.join("\n")).toContain("the query of requireBackupSince returns no answer");
      expect(await database.query("select to_regclass('app.events_p2025_02') is not null as kept")).toEqual([
        { kept: true },
      ]);
    }
    expect(await database.query("select to_regclass('app.events_p2025_06') is not null as made")).toEqual([
      { made: true },
    ]);
    await database.query("insert into ops.backups values ('2025-05-01', true)");
    await up(database, deployment, program("2025-05-10T00:00:00Z"));
    expect(retired("events")).toEqual(["drop events_p2025_02"]);
  });
});
