// A conversion is taken back by its declaration, and made again: what the engine then deletes is only forgotten.
import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { withDatabase } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { said } from "../support/harness/program";
import { withEngine } from "./support";

const asOf = "2025-03-10T00:00:00Z";

/** Of this stack, with every resource that a table can have without an extension. */
function declare(convertFrom: TableSpecArgs["convertFrom"] & object): Readonly<Record<string, TableSpecArgs>> {
  const window = { lead: "2 months", retention: "24 months" } as const;
  const rowSecurity = { enable: true, policies: { all_rows: { using: "true", roles: ["public"] } } };
  const grants = { pg_monitor: ["select"] } as const;
  return { events: eventsTable({ window, rowSecurity, publications: ["feed"], grants, convertFrom }) };
}

describe("a converted table of this stack", () => {
  const database = withDatabase();
  const engine = withEngine(database);

  test("becomes the plain one again with all rows, keeps what was bound to it, and is converted again", async () => {
    await database.query(`
      create schema app;
      create publication feed;
      create table app.events (id bigint primary key, at timestamptz not null, note text);
      insert into app.events select n, timestamptz '2025-01-01' + n * interval '1 minute', 'old' from generate_series(1, 5000) n`);
    const [former] = await database.query("select 'app.events'::regclass::oid as oid");
    engine.declare({ tables: declare({ historyUntil: "2025-04-01" }), asOf });
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    await database.query("insert into app.events select n, '2025-04-03', 'new' from generate_series(5001, 5100) n");
    const rows = await database.query("select * from app.events order by id");

    engine.declare({ tables: declare({ historyUntil: "2025-04-01", until: "prepare" }), asOf });
    const preview = said(await engine.pulumi(["preview"]));
    expect(preview).toContain("events_history is the plain table events again, with the primary key (id); 100 rows");
    expect(preview).not.toContain("leaves the program");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await database.query("select oid, relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { ...former, relkind: "r" },
    ]);
    expect(await database.query("select * from app.events order by id")).toEqual(rows);
    const [kept] = await database.query(`
      select relrowsecurity as secured, (select count(*)::int from pg_policy where polrelid = c.oid) as policies,
             (select array_agg(indexrelid::regclass::text order by 1) from pg_index where indrelid = c.oid) as indexes,
             (select count(*)::int from pg_publication_rel where prrelid = c.oid) as published,
             has_table_privilege('pg_monitor', c.oid, 'select') as granted
      from pg_class c where c.oid = 'app.events'::regclass`);
    expect(kept).toEqual({
      secured: true,
      policies: 1,
      indexes: ["app.events_by_note", "app.events_pkey"],
      published: 1,
      granted: true,
    });
    expect(await database.query("select from pgpartition.registry")).toEqual([]);
    expect(await database.query("select from pg_class where relname like 'events\\_%\\_04'")).toEqual([]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    await engine.pulumi(["refresh", "--yes", "--skip-preview"]);

    engine.declare({ tables: declare({ historyUntil: "2025-05-01" }), asOf });
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await database.query("select * from app.events order by id")).toEqual(rows);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
    expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { relkind: "p" },
    ]);
  });
});
