import { afterAll, describe, expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import { program } from "../support/harness/fixture";
import { preview } from "../support/harness/rounds";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const may = "2025-05-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, pgpartition restore --as partition", (version) => {
  const { database, deployment, folder, succeeded } = withArchivedTable(version);
  afterAll(() => database.query("drop schema app cascade"));

  const there = () => database.query("select from pg_class where relname = 'events_p2025_02'");
  const restore = (...args: readonly string[]) =>
    onDatabase(database, "restore", "app.events", "--from", "2025-02", "--as", "partition", ...args);

  it("F04 is kept by the ledger through later updates until confirmDrops names it, and is archived again then", async () => {
    await succeeded(march);
    await database.query(`insert into app.events select n, '2025-02-05', 'note ' || n from generate_series(1, 500) n;
      create table app.before as table app.events`);
    await succeeded(april);
    expect((await restore("--until", "2020-01-01")).stderr).toMatch(/--until 2020-01-01T00:00:00Z has passed/);
    expect((await restore("--name", "x")).stderr).toMatch(/--name cannot be combined with --as partition/);
    const done = await restore();
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 partitions are restored/) as unknown });
    const same = "select count(*)::int as n from (table app.before except all select * from app.events) x";
    expect(await database.query(same)).toEqual([{ n: 0 }]);
    await expect(database.query("delete from app.events where at < '2025-03-01'")).rejects.toThrow(/is read-only/);
    expect((await restore()).stderr).toMatch(/no archive of "app\.events" is in that range whose partition is gone/);

    await succeeded(may);
    expect(await there()).toHaveLength(1);
    const confirmDrops = ["2025-02-01T00:00:00Z/2025-03-01T00:00:00Z"];
    const shown = await preview(database, deployment, program(may, folder.declared()));
    expect(shown.steps).toEqual([]);
    await succeeded(may, { confirmDrops });
    expect(await there()).toEqual([]);
    expect(folder.manifest(database, "20250201", 2).rows).toBe(500);
    expect((await restore()).stderr).toMatch(
      /confirmDrops of "app\.events" names 2025-02-01T00:00:00Z\/2025-03-01T00:00:00Z/,
    );
  });

  it("F02 maps columns by name, gives new ones their default, and refuses what would lose a value before anything is created", async () => {
    const columns = { id: "integer", at: "timestamptz", note: { type: "text", nullable: true } } as const;
    const bare = { columns, indexes: {} };
    await succeeded(march, bare);
    await database.query(
      "insert into app.events select n, '2025-02-05', 'note ' || n from generate_series(1, 200) n; alter table app.events add column doubled bigint generated always as (extract(day from at at time zone 'UTC')::int * 2) stored",
    );
    await succeeded(april, bare);
    await database.query("alter table app.events alter column id type bigint");
    const refusedFor = async (change: string, back: string, reason: RegExp) => {
      await database.query(change);
      const refused = await restore();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(reason);
      expect(refused.stderr).toMatch(/Nothing was restored\. .* --as table/);
      expect(await there()).toEqual([]);
      await database.query(back);
    };
    await refusedFor(
      "alter table app.events add column kind text not null",
      "alter table app.events drop column kind",
      /column "kind" came since, is NOT NULL and has no default/,
    );
    await refusedFor(
      "alter table app.events alter column note type integer using 1",
      "alter table app.events alter column note type text",
      /column "note" was text and is integer now/,
    );
    await refusedFor(
      "alter table app.events rename column note to remark",
      "alter table app.events rename column remark to note",
      /column "note" \(text\) was dropped since/,
    );
    await database.query("alter table app.events add column kind text not null default 'old', add column extra int");
    expect(await restore()).toMatchObject({ code: 0 });
    expect(
      await database.query(
        "select count(*)::int as n, sum(id)::int as ids, sum(doubled)::int as doubled, min(kind) || max(kind) as kind, count(extra)::int as extra from app.events where at < '2025-03-01'",
      ),
    ).toEqual([{ n: 200, ids: 20100, doubled: 2000, kind: "oldold", extra: 0 }]);
  });
});
