// A pair that is altered while it is copied, or read under other settings: noticed before the next step, or without an effect.
import { describe, expect, it } from "vitest";
import { failureOf } from "../postgres/support";
import { testVersions, withDatabase } from "../support/database";
import { expectEqual, openClients, pairFixture } from "./pair-fixture";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { connect } = openClients(database);
  const get = pairFixture(database);

  it.each([
    [
      "all triggers are switched off and on again",
      "alter table app.events disable trigger all; update app.events set note = 'unseen' where id = 1; alter table app.events enable trigger all",
    ],
    [
      "its trigger is switched off and on again as it was",
      "alter table app.events disable trigger pgpartition_capture; update app.events set note = 'unseen' where id = 1; alter table app.events enable always trigger pgpartition_capture",
    ],
    ["its trigger fires for origins alone", "alter table app.events enable trigger pgpartition_capture"],
    ["its trigger is dropped", "drop trigger pgpartition_capture on app.events"],
    [
      "its trigger is made anew",
      "drop trigger pgpartition_capture on app.events; create trigger pgpartition_capture after insert or update or delete on app.events for each row execute function app.events_pending(); alter table app.events enable always trigger pgpartition_capture",
    ],
    [
      "its function is replaced",
      "create or replace function app.events_pending() returns trigger language plpgsql as 'begin return null; end'",
    ],
    ["a column is added", "alter table app.events add late integer"],
    [
      "a column is dropped and added again under its name",
      "alter table app.events drop note; alter table app.events add note text",
    ],
    ["values are changed by ALTER TYPE", "alter table app.events alter amount type numeric using amount + 1"],
    ["a column gets another name", "alter table app.events rename note to remark"],
    [
      "the table gets another name",
      "alter table app.events rename to other; create table app.events (id bigint, at timestamptz, note text, amount numeric)",
    ],
    [
      "the copy is dropped and made anew",
      "alter table app.events_copy rename to other; create table app.events_copy (id bigint, at timestamptz, note text, amount numeric)",
    ],
  ])("R11 R13 when %s, nothing more is copied or reconciled", async (_, ddl) => {
    await get().copy();
    await database.query(ddl);
    await database.query("insert into app.events_pending (emptied) select false where false");
    expect(await failureOf(get().reconcile())).toMatchObject({ name: "PairChanged", standing: "broken" });
    expect(await failureOf(get().copy())).toMatchObject({ name: "PairChanged", standing: "broken" });
    expect(await failureOf(get().verify())).toMatchObject({ name: "PairChanged", standing: "broken" });
  });

  it.each([
    ["privileges", "grant select (note), update (note) on app.events to pg_monitor"],
    ["statistics targets", "alter table app.events alter note set statistics 500"],
    ["an index", "create index on app.events (note)"],
    ["comments", "comment on column app.events.note is 'what'"],
    ["a setting", "alter table app.events set (fillfactor = 80)"],
  ])("R13 %s may change meanwhile", async (_, ddl) => {
    await get().copy();
    await database.query(ddl);
    await database.query("update app.events set note = 'later' where id < 5");
    await get().drain();
    await expectEqual(get(), 2000);
  });

  it("a table that is written anew has its rows in other places: the copy must not go on in them", async () => {
    await get().copy();
    await database.query("vacuum full app.events");
    expect(await failureOf(get().copy())).toMatchObject({ name: "PairChanged", standing: "moved" });
    await database.query("update app.events set note = 'later' where id < 5");
    await get().drain();
    await expectEqual(get(), 2000);
  });

  it("R12 only the owner may write pending keys, or set their numbers back", async () => {
    await database.query("grant usage on schema app to pg_monitor");
    const writer = await connect("writer");
    await writer.query("set role pg_monitor");
    for (const forged of [
      "insert into app.events_pending (key_1, key_2) values (1, now())",
      "select setval('app.events_pending_change_seq', 1)",
      "select app.events_pending()",
      "select * from app.events_pending",
    ])
      expect(await failureOf(writer.query(forged))).toMatchObject({
        message: expect.stringMatching(/permission denied/) as string,
      });
  });

  it("R18 settings of database and role that print values otherwise change nothing", async () => {
    await database.query(`
      alter database ${database.database} set datestyle = 'SQL, DMY';
      alter database ${database.database} set timezone = 'Asia/Kolkata';
      alter database ${database.database} set extra_float_digits = -15;
      alter database ${database.database} set search_path = app;`);
    const other = await connect("settings");
    await get().copy();
    await other.query("update events set at = '05/02/2025 10:00' where id = 12");
    await get().drain();
    await expectEqual(get(), 2000);
  });

  it("R19 rows that a policy would hide from the owner are an error, and not left out", async () => {
    await database.query("alter table app.events enable row level security");
    await database.query("create policy seen on app.events using (id > 10)");
    expect(await get().copy()).toBe(2000);
    const fixture = get();
    await database.query("alter table app.events force row level security");
    expect(await failureOf(fixture.copy())).toMatchObject({ name: "PairChanged" });
  });
});
