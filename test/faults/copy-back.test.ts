// A conversion by copy that is taken back: the former table is kept current meanwhile, and has every write.
import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, NO_TABLE, WRITABLE_TABLE, SMALL_TABLE } from "../support/convertible-table";
import { anyVersion, type TestDatabase, testVersions, withDatabase } from "../support/database";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withPrepared } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const open = (changes: Partial<TableSpecArgs["convertFrom"]> = {}, more: Partial<TableSpecArgs> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20", ...changes }, ...more });
const forth = open();
const back = open({ until: "verify" });

const { tables, ...clock } = conversionProgram();
const { convertFrom: _left, ...converted } = tables["events"] ?? {};
const withoutConversion = { ...clock, tables: { events: converted } } as ReturnType<typeof conversionProgram>;

const digest = (database: TestDatabase, table: string) =>
  database.query(
    `select count(*)::int as rows, md5(string_agg(to_jsonb(e)::text, '|' order by at, id)) from ${table} e`,
  );

describe.each(testVersions())("PostgreSQL %s, a copied table whose way back is open", (version) => {
  const database = withDatabase(version);
  let before: string[];
  const deployment = withPrepared(database, async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(WRITABLE_TABLE);
    before = await describeAll(database);
    expect((await up(database, deployment, forth)).error).toBeUndefined();
  });

  itAlike(version)(
    "is taken back with every kind of write, and all that was bound to it, and swapped again",
    async () => {
      expect((await preview(database, deployment, forth)).steps).toEqual([]);
      await database.query(`
      insert into app.events (run_id, at, note) select 1, timestamptz '2025-03-01' + n * interval '1 hour', 'since ' || n from generate_series(1, 300) n;
      update app.events set note = 'changed' where number % 7 = 0;
      update app.events set at = at + interval '31 days' where number % 50 = 1;
      delete from app.events where number % 11 = 0;
      create table app.events_extra partition of app.events for values from ('2025-06-01+00') to ('2025-07-01+00');
      insert into app.events (run_id, at, note) values (1, '2025-06-05', 'extra'), (1, '2025-06-06', 'more');
      truncate app.events_p2024_12;`);
      const rows = await digest(database, "app.events");
      const shown = await preview(database, deployment, back);
      expect(shown.error).toBeUndefined();
      expect(shown.messages.join("\n")).toContain("way back of app.events");
      expect(await digest(database, "app.events")).toEqual(rows);
      expect((await up(database, deployment, back)).error).toBeUndefined();
      expect(await digest(database, "app.events")).toEqual(rows);
      expect(
        (await describeAll(database)).filter(
          (line) => !/events_(copy|p20|extra|pending)|pgpartition_capture/.test(line),
        ),
      ).toEqual(before);
      expect([...deployment.state.values()].map(({ type }) => type)).toEqual(["ManagementSchema", "Conversion"]);
      expect((await left(database)).orphans).toEqual([]);
      expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
      // The copy is kept current, and swapped again.
      await database.query("insert into app.events (run_id, at, note) values (2, '2025-03-09', 'between')");
      const between = await digest(database, "app.events");
      expect((await up(database, deployment, forth)).error).toBeUndefined();
      expect(await digest(database, "app.events")).toEqual(between);
      expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
        { relkind: "p" },
      ]);
      expect(await preview(database, deployment, forth)).toMatchObject({ steps: [], error: undefined });
    },
  );

  itAlike(version)(
    "is taken back and then left out of the program, which removes all of the conversion, and no row",
    async () => {
      expect((await up(database, deployment, back)).error).toBeUndefined();
      const rows = await digest(database, "app.events");
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      expect(await describeAll(database)).toEqual(before);
      expect(await database.query("select proname from pg_proc where proname ~ 'pgpartition'")).toEqual([]);
      expect(await database.query("select to_regclass('app.events_copy') as copy")).toEqual([{ copy: null }]);
      expect(await digest(database, "app.events")).toEqual(rows);
    },
  );

  it("S5 has what was bound to the partitioned table since", async () => {
    await database.query(`
      create table app.refs (number integer, at timestamptz, constraint refs_fkey foreign key (number, at) references app.events (number, at));
      insert into app.refs select number, at from app.events limit 5;
      create index events_later on app.events (run_id, note);
      alter table app.events add constraint later check (number < 1000000), alter run_id set default 1;
      create view app.later as select run_id from app.events;
      drop statistics app.events_stats;
      create statistics app.later_stats on run_id, note from app.events;
      alter statistics app.later_stats owner to ${database.user};
      revoke select on app.events from public;
      grant select, insert on app.events to pg_monitor with grant option;
      drop policy mine on app.events;
      create policy yours on app.events for select using (run_id > 0);
      create trigger later after update on app.events for each row execute function app.ignore()`);
    const seen = async () =>
      (await describeAll(database)).filter(
        (line) => !/events_(copy|p20|pending|legacy|back)|events_pkey|pgpartition_|^oid/.test(line),
      );
    const compared = (lines: readonly string[]): string[] =>
      lines.map((line) =>
        line
          .replace(" ON ONLY ", " ON ")
          .replace(/^(relation app\.events) p/, "$1 r")
          .replace("options={fillfactor=70}", "options="),
      );
    const partitioned = await seen();
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(compared(await seen())).toEqual(compared(partitioned));
    expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
    expect((await up(database, deployment, forth)).error).toBeUndefined();
    expect(compared(await seen())).toEqual(compared(partitioned));
  });
});

describe.each(anyVersion())("PostgreSQL %s, a small copied table whose way back is open", (version) => {
  const database = withDatabase(version);
  const deployment = withPrepared(database, async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(SMALL_TABLE);
    expect((await up(database, deployment, forth)).error).toBeUndefined();
  });

  const phase = async () => {
    const [row] = await database.query<{ phase: string; why: string | null }>(
      "select phase, detail #>> '{back,closed}' as why from pgpartition.conversions order by id desc limit 1",
    );
    return row;
  };
  /** Nothing of a capture is left, and the table is partitioned. */
  const expectClosed = async (why: RegExp): Promise<void> => {
    expect(await phase()).toMatchObject({ phase: "ended", why: expect.stringMatching(why) as string });
    expect(await database.query("select from pg_trigger where tgname like 'pgpartition_capture%'")).toEqual([]);
    expect(await database.query("select to_regclass('app.events_back') as found")).toEqual([{ found: null }]);
    expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { relkind: "p" },
    ]);
    expect((await up(database, deployment, back)).error).toMatch(why);
    expect(await preview(database, deployment, forth)).toMatchObject({ steps: [], error: undefined });
  };

  it.each([
    [
      "a trigger of a partition is switched off and on",
      "alter table app.events_p2025_01 disable trigger all; alter table app.events_p2025_01 enable trigger all; alter table app.events_p2025_01 enable always trigger pgpartition_capture",
      /altered, so changes may have been missed/,
    ],
    ["a column is added", "alter table app.events add late integer", /altered, so changes may have been missed/],
    [
      "values are changed by ALTER TYPE",
      "alter table app.events alter amount type numeric using amount + 1",
      /altered, so changes may have been missed/,
    ],
  ])("B3 R11 R13 when %s, it is closed by the next update, which says why", async (_, sql, why) => {
    await database.query(sql);
    const shown = await preview(database, deployment, forth);
    expect(shown.messages.join("\n")).toMatch(/the way back of app\.events is closed: .*altered/);
    const run = await up(database, deployment, forth);
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toMatch(
      /the way back of table "app\.events" is closed: .* The table stays partitioned; app\.events_legacy is not kept current any more/,
    );
    await expectClosed(why);
  });

  it("B3 a row that the former table cannot hold closes it, and is named", async () => {
    await database.query("insert into app.events values (17, '2025-03-05', 'second', 1)");
    const run = await up(database, deployment, back);
    expect(run.error).toContain('way back of "app.events": it had to be closed just now');
    expect(run.messages.join("\n")).toMatch(
      /events_legacy cannot hold a row of the table: .*Key \(id\)=\(17\) already exists/,
    );
    await expectClosed(/Key \(id\)=\(17\)/);
  });

  it("B4 it closes when its time has passed, is extended before that, and never opened again", async () => {
    const later = open({ rollbackUntil: "2025-05-20" });
    expect((await up(database, deployment, later)).error).toBeUndefined();
    expect(await preview(database, deployment, later)).toMatchObject({ steps: [], error: undefined });
    const may = { asOf: "2025-05-10T00:00:00Z" };
    expect((await up(database, deployment, { ...later, ...may })).error).toBeUndefined();
    expect(await phase()).toEqual({ phase: "returnable", why: null });
    const june = { asOf: "2025-06-10T00:00:00Z" };
    expect((await up(database, deployment, { ...later, ...june })).error).toBeUndefined();
    expect(await phase()).toMatchObject({ phase: "ended", why: expect.stringContaining("has passed") as string });
    const latest = { ...open({ rollbackUntil: "2026-01-01" }), ...june };
    expect((await up(database, deployment, latest)).error).toBeUndefined();
    expect(await phase()).toMatchObject({ phase: "ended" });
    expect(
      (await up(database, deployment, { ...open({ rollbackUntil: "2026-01-01", until: "verify" }), ...june })).error,
    ).toMatch(/has no way back: convertFrom\.rollbackUntil, .* has passed/);
  });

  it.each([
    [
      "rollbackUntil",
      conversionProgram({ convertFrom: { strategy: "copy" } }),
      /rollbackUntil is not declared any more/,
    ],
    ["convertFrom", withoutConversion, /convertFrom left the program/],
  ])("closes when %s leaves the program", async (_, without, why) => {
    expect((await up(database, deployment, without)).error).toBeUndefined();
    expect(await phase()).toMatchObject({ phase: "ended", why: expect.stringMatching(why) as string });
    expect(await database.query("select from pg_trigger where tgname like 'pgpartition_capture%'")).toEqual([]);
    expect(await database.query("select to_regclass('app.events_back') as found")).toEqual([{ found: null }]);
  });

  it("B2 a partition that is attached with rows is followed, and one that was detached is found", async () => {
    await database.query(`
      create table app.events_extra (like app.events including all);
      insert into app.events_extra values (5000, '2025-07-05', 'came with it', 1);
      alter table app.events attach partition app.events_extra for values from ('2025-07-01+00') to ('2025-08-01+00');
      create table app.held as select * from app.events_p2025_01;
      alter table app.events detach partition app.events_p2025_01`);
    expect((await up(database, deployment, back)).error).toMatch(
      /the former table is not equal to the table: .* only in the copy.*A partition was detached/,
    );
    expect(await database.query("select note from app.events_legacy where id = 5000")).toEqual([
      { note: "came with it" },
    ]);
    // One without rows may stay away: the capture leaves it too.
    await database.query(`
      alter table app.events attach partition app.events_p2025_01 for values from ('2025-01-01+00') to ('2025-02-01+00');
      alter table app.events detach partition app.events_p2025_04`);
    const rows = await digest(database, "app.events");
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await digest(database, "app.events")).toEqual(rows);
    expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { relkind: "r" },
    ]);
    expect(await database.query("select from pg_trigger where tgrelid = 'app.events_p2025_04'::regclass")).toEqual([]);
  });

  it("B2 retirement waits while it is open, and partitions are created", async () => {
    const short = open({}, { window: { lead: "3 months", retention: "1 month" } });
    const shown = await preview(database, deployment, short);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain(
      "its conversion keeps a way back until 2025-04-20 (convertFrom.rollbackUntil)",
    );
    expect((await up(database, deployment, short)).error).toBeUndefined();
    expect(await database.query("select from app.events_p2025_01 limit 1")).toHaveLength(1);
    expect(await database.query("select to_regclass('app.events_p2025_04') is not null as found")).toEqual([
      { found: true },
    ]);
    expect(await phase()).toEqual({ phase: "returnable", why: null });
  });

  it("B2 retires nothing in the update in which it closes, as preview says, and in the next one", async () => {
    const later = { ...forth, asOf: "2025-05-05T00:00:00Z" };
    const expired = async () =>
      (await database.query("select from pg_inherits where inhrelid = to_regclass('app.events_p2023_03')")).length;
    const shown = (await preview(database, deployment, later)).messages.join("\n");
    expect(shown).toContain("the way back of app.events is closed");
    expect(shown).toContain("not now: detach events_p2023_03");
    expect((await up(database, deployment, later)).error).toBeUndefined();
    expect(await phase()).toMatchObject({ phase: "ended" });
    expect(await expired()).toBe(1);
    expect((await preview(database, deployment, later)).messages.join("\n")).toMatch(/^ +detach events_p2023_03/m);
    expect((await up(database, deployment, later)).error).toBeUndefined();
    expect(await expired()).toBe(0);
  });

  it("closes when its table is gone, and leaves nothing of the capture", async () => {
    await database.query("drop table app.events");
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    expect(
      await database.query("select to_regclass('app.events') as found, to_regclass('app.events_back') as pending"),
    ).toEqual([{ found: null, pending: null }]);
    expect(await phase()).toMatchObject({ phase: "ended" });
    expect(await database.query("select proname from pg_proc where pronamespace = 'app'::regnamespace")).toEqual([]);
  });

  it("is refused where none was declared, and the former table refuses the writes of others", async () => {
    await expect(database.query("delete from app.events_legacy")).rejects.toThrow(/delete is refused/);
    expect(
      (await up(database, deployment, conversionProgram({ convertFrom: { strategy: "copy" } }))).error,
    ).toBeUndefined();
    expect(
      (await preview(database, deployment, conversionProgram({ convertFrom: { strategy: "copy", until: "verify" } })))
        .error,
    ).toMatch(/"app\.events" was swapped already, and has no way back/);
  });
});
