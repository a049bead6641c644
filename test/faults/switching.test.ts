// A plain table whose rows are copied into one of another name: both are kept equal while the application is pointed over.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { NO_TABLE } from "../support/convertible-table";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { named, preview, up } from "../support/harness/rounds";
import { PLAIN_EVENTS, switching } from "../support/switching-tables";
import { withDeployment } from "../support/harness/with-deployment";

describe.each(anyVersion())("PostgreSQL %s, two tables that stay", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const program = switching();

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(PLAIN_EVENTS);
  });

  const rows = (table: string) => database.query(`select * from app.${table} order by id, at`);
  const expectEqual = async (): Promise<void> => expect(await rows("events_parted")).toEqual(await rows("events"));
  const captures = async () =>
    database.query(
      "select from pg_trigger where tgname like 'pgpartition%' union all select from pg_proc where proname like 'events_pending%' union all select from pg_class where relname like 'events_pending%'",
    );

  it("copies, keeps both equal whichever is written to, lets retirement wait, and ends at its time", async () => {
    const shown = await preview(database, deployment, program);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain("then both are kept equal, whichever is written to, until 2025-04-01");
    const run = await up(database, deployment, program);
    expect(run.error).toBeUndefined();
    expect(named(run.steps)).toEqual(named(shown.steps));
    expect((await preview(database, deployment, program)).steps).toEqual([]);
    await expectEqual();
    // Both draw from one sequence, also for a role without a right on it.
    await database.query(`
      set role pg_monitor;
      insert into app.events (at, note) values ('2025-03-01', 'plain');
      insert into app.events_parted (at, note) values ('2025-03-02', 'parted');
      reset role;
      delete from app.runs where id = 10;
      update app.events set note = 'of the plain one' where id = 1;
      update app.events_parted set note = 'of the parted one', at = at + interval '40 days' where id = 2;
      insert into app.events (run_id, at, note) values (1, '2023-05-05', 'older than every partition');`);
    const later = switching({ rollbackUntil: "2025-04-02" });
    expect((await preview(database, deployment, later)).messages.join("\n")).toContain(
      "are kept equal until 2025-04-02",
    );
    const followed = await up(database, deployment, later);
    expect(followed.error).toBeUndefined();
    await expectEqual();
    expect(
      await database.query("select id, note from app.events where note in ('plain', 'parted') order by id"),
    ).toEqual([
      { id: "2001", note: "plain" },
      { id: "2002", note: "parted" },
    ]);
    const kept = await database.query("select from pg_class where relname = 'events_parted_p2024_11'");
    expect(kept).toHaveLength(1);

    await database.query("update app.events_parted set note = 'last' where id = 5");
    const over = switching({ rollbackUntil: "2025-04-02" }, "2025-04-03T00:00:00Z");
    expect((await preview(database, deployment, over)).messages.join("\n")).toContain(
      "are not kept equal any more: convertFrom.rollbackUntil, 2025-04-02T00:00:00Z, has passed",
    );
    const ended = await up(database, deployment, over);
    expect(ended.error).toBeUndefined();
    expect(await database.query("select note from app.events where id = 5")).toEqual([{ note: "last" }]);
    expect(await captures()).toEqual([]);
    expect((await up(database, deployment, over)).error).toBeUndefined();
    expect((await preview(database, deployment, over)).steps).toEqual([]);
    expect(await database.query("select from app.events where at < '2024-12-01'")).not.toEqual([]);
  });

  it("what the plain table cannot hold ends it with the row, and both stay", async () => {
    expect((await up(database, deployment, program)).error).toBeUndefined();
    await database.query("insert into app.events_parted (id, at, note) values (1, '2025-03-05', 'the second')");
    // The next update does not have to run for it: another end is declared.
    const run = await up(database, deployment, switching({ rollbackUntil: "2025-04-02" }));
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toMatch(
      /are not kept equal any more: .* cannot hold the same rows: .*Key \(id\)=\(1\)/,
    );
    expect(await captures()).toEqual([]);
    expect(await database.query("select note from app.events where id = 1")).toEqual([{ note: "note 1" }]);
    expect(await database.query("select note from app.events_parted where id = 1 order by at")).toHaveLength(2);
  });

  it("stops at until: verify, follows the plain table, and gives the copy up if it leaves the program", async () => {
    const verifying = switching({ until: "verify" });
    expect((await up(database, deployment, verifying)).error).toBeUndefined();
    await database.query("update app.events set note = 'later' where id = 1");
    expect((await preview(database, deployment, verifying)).steps).toEqual([]);
    const shown = await preview(database, deployment, program);
    expect(shown.messages.join("\n")).toContain("goes on from a copy that was compared, then both are kept equal");
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    expect(await captures()).toEqual([]);
    expect(await database.query("select to_regclass('app.events_parted') as left")).toEqual([{ left: null }]);
    expect(await database.query("select count(*)::int as n from app.events")).toEqual([{ n: 2000 }]);
  });

  it("left out of the program while both are kept equal, it brings over the last changes, and both stay", async () => {
    expect((await up(database, deployment, program)).error).toBeUndefined();
    await database.query("update app.events_parted set note = 'last' where id = 7");
    const { convertFrom: _, ...alone } = switching().tables["parted"] ?? {};
    const without = { ...program, tables: { parted: alone } } as Program;
    const run = await up(database, deployment, without);
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toContain("are not kept equal any more: convertFrom left the program");
    expect(await captures()).toEqual([]);
    await expectEqual();
  });

  it("no other strategy, and no other table, takes over what it has begun", async () => {
    const other = (table: string, convertFrom: TableSpecArgs["convertFrom"]): Program => {
      const { confirmDrops: _, ...declared } = program.tables["parted"] as TableSpecArgs;
      return { ...program, tables: { other: { ...declared, table, convertFrom } as TableSpecArgs } };
    };
    const explain = async (changed: Program) => (await preview(database, deployment, changed)).error;
    const copy = { strategy: "copy" } as const;
    expect((await up(database, deployment, switching({ until: "verify" }))).error).toBeUndefined();
    expect(await explain(other("events", copy))).toMatch(/its rows are copied into "app\.events_parted"/);
    expect((await up(database, deployment, program)).error).toBeUndefined();
    const { strategy, table, rollbackUntil } = program.tables["parted"]?.convertFrom ?? {};
    expect(await explain(other("another", { strategy, table, rollbackUntil } as TableSpecArgs["convertFrom"]))).toMatch(
      /"app\.events" is being converted already: its rows are copied into "app\.events_parted"/,
    );
    for (const another of [copy, { historyUntil: "2025-04-01" }])
      expect(await explain(other("events_parted", another))).toMatch(
        /"app\.events_parted" keeps both tables equal until 2025-04-01.*another strategy captures its changes/,
      );
  });

  it("refuses what cannot belong to two tables, with the way on, before anything is done", async () => {
    await database.query(`
      create function app.stamp() returns trigger language plpgsql as 'begin return new; end';
      create trigger stamp before insert on app.events for each row execute function app.stamp();
      create table app.details (event_id bigint constraint details_event references app.events);`);
    const shown = await preview(database, deployment, switching({}, "2025-05-10T00:00:00Z"));
    expect(shown.error).toMatch(/trigger "stamp" of "app\.events" would fire once more.*strategy "copy"/);
    expect(shown.error).toMatch(/foreign key "details_event" of app\.details points to "app\.events"/);
    expect(shown.error).toMatch(/kept equal until 2025-04-01T00:00:00Z, which is past/);
  });
});
