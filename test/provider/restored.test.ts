import { afterAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const may = "2025-05-10T00:00:00Z";
const FEBRUARY = "2025-02-01T00:00:00Z/2025-03-01T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, an archived range that is restored", (version) => {
  const { database, deployment, folder, declared, succeeded } = withArchivedTable(version);
  afterAll(() => database.query("drop schema app cascade"));

  const secured: Partial<TableSpecArgs> = {
    rowSecurity: { policies: { all_rows: { using: "note is not null" } }, force: true },
    grants: { restored_reader: ["select", "insert"] },
  };

  /** February was archived and dropped; its rows as they were are in app.before. */
  async function archivedFebruary(changes: Partial<TableSpecArgs> = {}): Promise<void> {
    await database.query("create role restored_reader").catch(() => undefined);
    await succeeded(march, changes);
    await database.query(
      `insert into app.events select n, '2025-02-05'::timestamptz + n * interval '1 minute', case when n % 7 > 0 then 'note ' || n end from generate_series(1, 3000) n;
       create table app.before as table app.events_p2025_02`,
    );
    await succeeded(april, changes);
    expect(await there()).toEqual([]);
  }

  const there = () => database.query("select from pg_class where relname = 'events_p2025_02'");
  const differing = async (): Promise<number> => {
    const [found] = await database.query<{ n: number }>(
      `select count(*)::int as n from (
        (table app.before except all select id, at, note from app.events where at < '2025-03-01')
        union all (select id, at, note from app.events where at < '2025-03-01' except all table app.before)) x`,
    );
    return found?.n ?? -1;
  };
  const nothingDue = async (asOf: string, changes: Partial<TableSpecArgs>) =>
    expect((await preview(database, deployment, declared(asOf, changes))).steps).toEqual([]);

  it("F04 F05 comes back with all its rows, as its siblings are and read-only, remains while it is named, and leaves with a new archive", async () => {
    await archivedFebruary(secured);
    const restored = { ...secured, restored: ["2025-02"] };
    const shown = (await preview(database, deployment, declared(april, restored))).messages.join("\n");
    expect(shown).toMatch(
      /1 to restore[^]*\n\s+restore events_p2025_02 \[2025-02-01, 2025-03-01\) ~3000 rows, .*: named in restored, read-only; its archive is file:[^]*LIKE "app"."events"[^]*COPY "app"."events_p2025_02" [^]*keep_read_only[^]*ATTACH PARTITION "app"."events_p2025_02"/,
    );
    expect(await succeeded(april, restored)).toMatch(
      /restored events_p2025_02 .*: 3000 rows, as they were archived in file:/,
    );
    expect(await differing()).toBe(0);

    const state = (name: string) =>
      database.query(
        `select c.relowner::regrole::text as owner, c.relacl::text as acl, c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloptions,
           (select json_agg(json_build_array(p.polname, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid))) from pg_policy p where p.polrelid = c.oid)::text as policies,
           (select json_agg(replace(pg_get_indexdef(x.indexrelid), $1, 'partition') order by 1) from pg_index x where x.indrelid = c.oid)::text as indexes
         from pg_class c where c.oid = ('app.' || $1)::regclass`,
        [name],
      );
    const sibling = JSON.stringify(await state("events_p2025_03")).replaceAll("2025_03", "2025_02");
    expect(JSON.stringify(await state("events_p2025_02"))).toBe(sibling);

    for (const write of [
      "insert into app.events values (1, '2025-02-06')",
      "update app.events set note = 'x' where at < '2025-03-01'",
      "delete from app.events where at < '2025-03-01'",
      "truncate app.events_p2025_02",
      "set session_replication_role = replica; delete from app.events where at < '2025-03-01'",
    ])
      await expect(database.query(write)).rejects.toThrow(
        /was restored from its archive and is read-only: .* is refused/,
      );

    await nothingDue(april, restored);
    // Somebody opens it; the months go on.
    await database.query("drop trigger pgpartition_fence on app.events_p2025_02");
    const later = (await preview(database, deployment, declared(may, restored))).messages.join("\n");
    expect(later).toMatch(/align events_p2025_02 .*: is retained outside of the window, and open to writers/);
    expect(later).toMatch(/not now: detach events_p2025_02 .*: retained: 2025-02-01\/2025-03-01 is named in restored/);
    await succeeded(may, secured);
    expect(await there()).toEqual([]);
    expect(folder.manifest(database, "20250201", 2).rows).toBe(3000);
    expect((await left(database)).orphans).toEqual([]);
  }, 120_000);

  it("leaves again when its time is over, and is attached without its archive while its table is still there", async () => {
    const grace = { grace: "30 days" } as const;
    await succeeded(march, grace);
    await database.query(
      "insert into app.events select n, '2025-02-05', 'x' from generate_series(1, 100) n; create table app.before as table app.events",
    );
    await succeeded(april, grace);
    const restored = { ...grace, restored: [{ range: FEBRUARY, until: "2025-05-01" }] };
    await succeeded(april, restored);
    expect(await differing()).toBe(0);
    await expect(database.query("delete from app.events where at < '2025-03-01'")).rejects.toThrow(/is read-only/);
    await nothingDue(april, restored);
    expect(await succeeded(may, restored)).toMatch(/detached events_p2025_02/);
    expect(await there()).toHaveLength(1);
  });

  it("comes back into a grown retention as a partition like all others", async () => {
    await archivedFebruary();
    const grown = { window: { lead: "1 month", retention: "2 months" } } as const;
    const refused = await up(database, deployment, declared(april, grown));
    expect(refused.error).toMatch(
      /To have its rows as a partition: restored: \["2025-02-01T00:00:00Z\/2025-03-01T00:00:00Z"\]/,
    );
    await succeeded(april, { ...grown, restored: [FEBRUARY] });
    expect(await differing()).toBe(0);
    await database.query("insert into app.events values (0, '2025-02-28', 'late')");
    await nothingDue(april, { ...grown, restored: [FEBRUARY] });
  });

  it("comes back into each branch of a table with levels", async () => {
    const levels: Partial<TableSpecArgs> = {
      columns: { id: "bigint", kind: "text", at: "timestamptz", note: { type: "text", nullable: true } },
      primaryKey: ["id", "kind", "at"],
      partitionBy: [
        { list: "kind", values: ["a", "b"] },
        { range: "at", every: "month" },
      ],
    };
    await succeeded(march, levels);
    await database.query(`insert into app.events select n, case when n % 2 = 0 then 'a' else 'b' end, '2025-02-05', 'x' from generate_series(1, 100) n;
      create table app.before as table app.events`);
    await succeeded(april, levels);
    await succeeded(april, { ...levels, restored: ["2025-02-05"] });
    expect(await database.query("select kind, count(*)::int as n from app.events group by kind order by kind")).toEqual(
      [
        { kind: "a", n: 50 },
        { kind: "b", n: 50 },
      ],
    );
    await nothingDue(april, { ...levels, restored: ["2025-02-05"] });
  });

  it("is opened when the window grows over it", async () => {
    const resources = "window" as const;
    await archivedFebruary({ resources });
    await succeeded(april, { resources, restored: ["2025-02"] });
    const grown = { resources, window: { lead: "1 month", retention: "2 months" }, restored: ["2025-02"] } as const;
    expect(await succeeded(april, grown)).toMatch(/aligned events_p2025_02: is in the window again/);
    await database.query("insert into app.events values (0, '2025-02-28', 'late')");
  });
});
