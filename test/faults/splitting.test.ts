// The history of a converted table that is split into partitions, while the table is used.
import type { TableSpecArgs } from "../../core/declare/table/args";
import { describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { withPrepared } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const HISTORY = { historyUntil: "2025-04-01" };
const converting = conversionProgram({ convertFrom: HISTORY });
const splitting = conversionProgram({ convertFrom: { ...HISTORY, split: true } });
const verifying = conversionProgram({ convertFrom: { ...HISTORY, split: true, until: "verify" } });

const taking = conversionProgram({ convertFrom: { ...HISTORY, split: true, until: "prepare" } });

const ROWS = "select * from app.events order by at, id";
/** What PostgreSQL hands down to no partition: one row for each way in which they have it. */
const NOT_HANDED_DOWN = `
  select distinct c.relrowsecurity as closed, (select array_agg(polname::text) from pg_policy where polrelid = c.oid) as policies,
    c.relacl::text as acl, n.attacl::text as column_acl, n.attstattarget as target, r.attoptions::text as options, c.relreplident,
    (select count(*)::int from pg_statistic_ext where stxrelid = c.oid) as statistics
  from pg_inherits i join pg_class c on c.oid = i.inhrelid
  join pg_attribute n on n.attrelid = c.oid and n.attname = 'note'
  join pg_attribute r on r.attrelid = c.oid and r.attname = 'run_id'
  where i.inhparent = 'app.events'::regclass`;
const COPIED = "after copying blocks of app.events_history";
const MONTHS = ["2024_11", "2024_12", "2025_01", "2025_02", "2025_03", "2025_04"].map((month) => `events_p${month}`);

describe.each(testVersions())("PostgreSQL %s, the history of a converted table", (version) => {
  const database = withDatabase(version);
  const deployment = withPrepared(database, async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    // Since 18 no row of it could be updated or deleted: its identity has a generated column, which is not published.
    await database.query(
      `${CONVERTIBLE_TABLE}; alter publication watch set (publish = 'insert, truncate');
       create table app.details (event bigint, at timestamptz);`,
    );
    expect((await up(database, deployment, converting)).error).toBeUndefined();
    await database.query(
      `insert into app.details select id, at from app.events where id % 7 = 0;
       alter table app.details add constraint details_event foreign key (event, at) references app.events (id, at);`,
    );
  });

  const partitions = async () =>
    (
      await database.query<{ name: string }>(
        "select c.relname as name from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'app.events'::regclass order by 1",
      )
    ).map(({ name }) => name);

  /** The table itself, without what its partitions have. */
  const describeWhole = async () => (await describeAll(database)).filter((line) => !/events_(history|p\d)/.test(line));

  const expectSplit = async (rows: readonly object[]): Promise<void> => {
    expect(await database.query(ROWS)).toEqual(rows);
    expect(await partitions()).toEqual(MONTHS);
    expect((await preview(database, deployment, splitting)).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
    // Nothing of the way is left, no index stands alone, and every foreign key is validated again.
    const bare = await database.query(`
      select i.indexrelid::regclass::text as bare from pg_index i join pg_inherits p on p.inhrelid = i.indrelid
      where p.inhparent = 'app.events'::regclass and not exists (select from pg_inherits x where x.inhrelid = i.indexrelid)
      union all
      select conname::text from pg_constraint
      where conname like '%bounds' or (contype = 'f' and not convalidated and (conparentid = 0 or conname = 'events_run_fkey'))
      union all
      select tgname::text from pg_trigger where tgname like 'pgpartition%' and tgrelid <> 'app.events_history'::regclass`);
    expect(bare).toEqual([]);
  };

  it("becomes the months of its rows: every row, key, index and right, and the history refuses writes", async () => {
    const rows = await database.query(ROWS);
    const whole = await describeWhole();
    const shown = await preview(database, deployment, splitting);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain("split of app.events_history (about 2,000 rows");
    expect(await partitions()).toEqual(["events_history", "events_p2025_04"]);
    const run = await up(database, deployment, splitting);
    expect(run.error).toBeUndefined();
    await expectSplit(rows);
    expect(await describeWhole()).toEqual(whole);
    const kinds = await database.query(NOT_HANDED_DOWN);
    expect(kinds).toHaveLength(1);
    expect(kinds).toMatchObject([{ closed: true, policies: ["mine"], target: 500, statistics: 1 }]);
    expect((await up(database, deployment, taking)).error).toMatch(
      /its history "events_history" was split, and is a table/,
    );
    await expect(database.query("delete from app.events_history")).rejects.toThrow(/delete is refused/);
    expect(await database.query("select count(*)::int as n from app.events_history")).toEqual([{ n: rows.length }]);
    // It is the user's now: no update drops it, and the table goes on without convertFrom.
    const { convertFrom: _, ...table } = splitting.tables["events"] ?? {};
    const forgotten: Program = { ...splitting, tables: { events: table as TableSpecArgs } };
    expect((await up(database, deployment, forgotten)).error).toBeUndefined();
    expect((await preview(database, deployment, forgotten)).steps).toEqual([]);
    expect(await database.query("select count(*)::int as n from app.events_history")).toEqual([{ n: rows.length }]);
    expect(await database.query(ROWS)).toEqual(rows);
  });

  itAlike(version)(
    "is followed while it is copied: changes, keys that move over its end and back, and rows that refer to it",
    async () => {
      await database.query("insert into app.events (run_id, at, note) values (1, '2025-04-05', 'young')");
      const stop = stopAt(COPIED);
      const run = up(database, deployment, splitting, { env: stop.env });
      await stop.reached();
      await database.query(`
      update app.events set note = 'later' where id % 5 = 0;
      delete from app.details where event % 2 = 0;
      delete from app.events where id % 2 = 0 and id % 7 = 0;
      update app.events set at = '2025-04-06' where id = (select min(id) from app.events where id % 7 <> 0);
      update app.events set at = '2025-03-31' where note = 'young';
      update app.events set at = at - interval '31 days' where id % 11 = 0 and id % 7 <> 0;
      insert into app.events (run_id, at, note) values (2, '2024-11-15', 'backdated'), (2, '2025-04-07', 'ahead');`);
      await expect(database.query("delete from app.events where id % 7 = 0")).rejects.toThrow(/details_event/);
      const rows = await database.query(ROWS);
      stop.goOn();
      expect((await run).error).toBeUndefined();
      expect(await database.query(ROWS)).toEqual(rows);
      expect(await partitions()).toEqual(["events_p2024_10", ...MONTHS]);
    },
  );

  itAlike(version)(
    "stops when everything is compared, is kept from retirement meanwhile, and takes its place later",
    async () => {
      expect((await up(database, deployment, verifying)).error).toBeUndefined();
      expect((await preview(database, deployment, verifying)).steps).toEqual([]);
      expect(await partitions()).toEqual(["events_history", "events_p2025_04"]);
      const late = { ...verifying, asOf: "2027-06-10T00:00:00Z" };
      const shown = await preview(database, deployment, late);
      expect(shown.messages.join("\n")).toContain("its rows are being split into partitions (convertFrom.split)");
      await database.query("update app.events set note = 'since' where id % 3 = 0");
      const rows = await database.query(ROWS);
      expect((await up(database, deployment, splitting)).error).toBeUndefined();
      await expectSplit(rows);
    },
  );

  itAlike(version)(
    "stays one partition when the split leaves the program before its end: only the copies go",
    async () => {
      const before = await describeAll(database);
      expect((await up(database, deployment, verifying)).error).toBeUndefined();
      expect((await up(database, deployment, taking)).error).toContain("while its history");
      expect((await up(database, deployment, converting)).error).toBeUndefined();
      expect(await describeAll(database)).toEqual(before);
      expect((await preview(database, deployment, converting)).steps).toEqual([]);
    },
  );

  itAlike(version)("R8 that is truncated with its table is copied again from what it has then", async () => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, splitting, { env: stop.env });
    await stop.reached();
    await database.query(
      "truncate app.events, app.details; insert into app.events (run_id, at, note) values (1, '2025-02-05', 'only')",
    );
    const rows = await database.query(ROWS);
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await database.query(ROWS)).toEqual(rows);
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)("is not replaced by copies that differ by one value", async () => {
    expect((await up(database, deployment, verifying)).error).toBeUndefined();
    await database.query(
      "alter table app.events_split disable trigger all; update app.events_split set note = 'other' where id = 7",
    );
    await database.query("update pgpartition.conversions set phase = 'verifying', verified_to = null");
    const { error } = await up(database, deployment, splitting);
    expect(error).toContain("(7, 2024-11-01 01:00:00+00) different in note. Nothing was swapped or repaired");
    expect(await partitions()).toEqual(["events_history", "events_p2025_04"]);
  });

  itAlike(version).each([
    [
      "a view on it",
      "create view app.old as select id from app.events_history",
      /view "app"\."old" belongs to the partition/,
    ],
    [
      "a trigger of its own",
      "create trigger own before delete on app.events_history for each row execute function app.stamp()",
      /trigger "own" belongs to the partition "app\.events_history"/,
    ],
    [
      "a large default partition",
      `create table app.rest partition of app.events default; alter table app.events drop constraint events_run_fkey;
       insert into app.events (at, note) select timestamptz '2026-01-01' + n * interval '1 minute', repeat('x', 900) from generate_series(1, 9000) n`,
      /the default partition "app\.rest" has \d+ MB/,
    ],
    [
      "forced row security of its own",
      "alter table app.events_history force row level security",
      /hides rows from the role that copies them\. .*, or remove convertFrom\.split/,
    ],
    [
      "a relation with the name of a month",
      "create table app.events_p2025_01 (n int)",
      /"app\.events_p2025_01" exists already/,
    ],
  ])("is refused with %s, before anything is done", async (_, sql, message) => {
    await database.query(sql);
    const before = await describeAll(database);
    expect((await up(database, deployment, splitting)).error).toMatch(message);
    expect(await describeAll(database)).toEqual(before);
  });

  itAlike(version)("that another session detaches meanwhile is named, and nothing is lost", async () => {
    expect((await up(database, deployment, verifying)).error).toBeUndefined();
    await database.query(
      "alter table app.details drop constraint details_event; alter table app.events detach partition app.events_history",
    );
    expect((await up(database, deployment, splitting)).error).toMatch(
      /"app\.events_history" is no partition of "app\.events" any more, and was being split: 2,000 rows were copied\. Attach it again/,
    );
    await database.query(
      "alter table app.events attach partition app.events_history for values from (minvalue) to ('2025-04-01')",
    );
    const rows = await database.query(ROWS);
    expect((await up(database, deployment, splitting)).error).toBeUndefined();
    await expectSplit(rows);
  });
});
