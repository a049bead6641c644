import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { administer, anyVersion } from "../support/database";
import { eventsTable } from "../support/harness/fixture";
import { preview, type Run, up } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { declared, rowsOf, strays, wider, window, withDefaultPartition } from "./default-partition-support";
import { ddlOf } from "./support";

describe.each(anyVersion())("PostgreSQL %s, a default partition", (version) => {
  const { database, deployment, done, settled, defaultRows } = withDefaultPartition(version);

  it.each(["partition", "window"] as const)(
    "rows of a new partition move into it with its ATTACH, others remain, and both runs report them (resources: %s)",
    async (resources) => {
      const at = (changes: Partial<TableSpecArgs> = {}) => declared("2025-03-10T00:00:00Z", { resources, ...changes });
      await done(up(database, deployment, at()));
      await database.query(strays);
      const told = await preview(database, deployment, at());
      expect(told.steps).toEqual([]);
      expect(told.messages.join("\n")).toContain(
        'default partition "events_default" holds 3 rows that no partition takes',
      );
      const shown = await preview(database, deployment, at({ window: wider }));
      let run: Run | undefined;
      const sent = ddlOf(
        await statementsDuring(database, async () => (run = await up(database, deployment, at({ window: wider })))),
      );
      expect(run?.error).toBeUndefined();
      const text = shown.messages.join("\n");
      for (const sql of sent) expect(text).toContain(`${sql.replace(/\n\s*/g, " ")};`);
      expect(await rowsOf(database, "events_p2025_05")).toEqual(["1 may"]);
      expect(await rowsOf(database, "events_p2025_06")).toEqual(["2 june"]);
      expect(await rowsOf(database, "events_default")).toEqual(["3 never"]);
      expect(defaultRows()).toBe(1);
      expect(run?.messages.join("\n")).toContain("holds 1 rows that no partition takes");
      await settled(at({ window: wider }));
    },
  );

  it("a move changes no row: generated and identity columns, triggers and their state are as they were", async () => {
    await database.query(`
      create table app.events (id bigint generated always as identity, at timestamptz not null, note text,
        twice text generated always as (note || note) stored, primary key (id, at)) partition by range (at);
      create table app.seen (what text);
      create function app.see() returns trigger language plpgsql as $$ begin insert into app.seen values (tg_op); return coalesce(new, old); end $$;
      create trigger seen after insert or delete on app.events for each row execute function app.see();
      create trigger touch before insert on app.events for each row execute function app.see()`);
    const bare = (changes: Partial<TableSpecArgs>) => {
      const {
        columns: _columns,
        primaryKey: _key,
        ...rest
      } = eventsTable({ indexes: {}, defaultPartition: {}, ...changes });
      return { tables: { events: rest }, asOf: "2025-03-10T00:00:00Z" };
    };
    await done(up(database, deployment, bare({ window })));
    await database.query(`alter table app.events_default enable always trigger seen, disable trigger touch`);
    await database.query(
      "insert into app.events (at, note) values ('2025-05-05', 'x'), ('2025-05-06', 'y'); truncate app.seen",
    );
    const before = await database.query("select * from app.events order by id");
    await done(up(database, deployment, bare({ window: wider })));
    expect(await database.query("select * from app.events order by id")).toEqual(before);
    expect(await database.query("select count(*)::int as n from only app.events_p2025_05")).toEqual([{ n: 2 }]);
    expect(await database.query("select * from app.seen")).toEqual([]);
    const states = await database.query(
      "select tgrelid::regclass::text as on, tgname as name, tgenabled as state from pg_trigger where not tgisinternal and tgrelid in ('app.events_default'::regclass, 'app.events_p2025_05'::regclass) order by 1, 2",
    );
    expect(states).toEqual([
      { on: "app.events_default", name: "seen", state: "A" },
      { on: "app.events_default", name: "touch", state: "D" },
      { on: "app.events_p2025_05", name: "seen", state: "O" },
      { on: "app.events_p2025_05", name: "touch", state: "O" },
    ]);
    await settled(bare({ window: wider }));
  });

  it("rows that other tables refer to are not moved: refused with the tables named, nothing changed", async () => {
    const referred = (changes: Partial<TableSpecArgs> = {}) =>
      declared("2025-03-10T00:00:00Z", { indexes: {}, ...changes });
    await done(up(database, deployment, referred()));
    await database.query(`${strays}; create table app.child (id bigint, at timestamptz, foreign key (id, at) references app.events (id, at) on delete cascade);
      insert into app.child values (1, '2025-05-05')`);
    for (const run of [
      await preview(database, deployment, referred({ window: wider })),
      await up(database, deployment, referred({ window: wider })),
    ])
      expect(run.error).toMatch(/1 rows of partition "events_p2025_05".*rows of app\.child may refer to them/);
    expect(await rowsOf(database, "events_default")).toHaveLength(3);
    expect(await database.query("select count(*)::int as n from app.child")).toEqual([{ n: 1 }]);
    await database.query("drop table app.child");
  });

  it("rows hidden by forced row security from the owner move anyway, and remain hidden", async () => {
    const role = `hidden_${String(version)}_${String(process.pid)}`;
    await administer(database, (admin) => admin.query(`create role ${role} login password 'pw'`));
    const asRole = { url: database.url.replace(/\/\/[^@]*@/, `//${role}:pw@`) };
    try {
      // The role has no right in a management schema that it did not make.
      await database.query("drop schema pgpartition cascade");
      await database.query(
        `grant create, temporary on database ${database.database} to ${role}; alter schema app owner to ${role}`,
      );
      const forced = (changes: Partial<TableSpecArgs> = {}) =>
        declared("2025-03-10T00:00:00Z", {
          rowSecurity: { force: true, policies: { none: { using: "false" } } },
          ...changes,
        });
      await done(up(asRole, deployment, forced()));
      await database.query(strays);
      await done(up(asRole, deployment, forced({ window: wider })));
      expect(await rowsOf(database, "events_p2025_05")).toEqual(["1 may"]);
      expect(await rowsOf(database, "events_default")).toEqual(["3 never"]);
      const forcedOn = await database.query<{ n: number }>(
        "select count(*)::int as n from pg_class where relnamespace = 'app'::regnamespace and relforcerowsecurity and relkind = 'r'",
      );
      expect(forcedOn).toEqual([{ n: 6 }]);
      expect((await preview(asRole, deployment, forced({ window: wider }))).steps).toEqual([]);
    } finally {
      await database.query(`drop owned by ${role} cascade`);
      await administer(database, (admin) => admin.query(`drop role ${role}`));
    }
  });
});
