// What the trigger of a capture writes down, whatever session fires it and whichever version has installed it.
import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { expectEqual, openClients, pairFixture } from "./pair-fixture";

/** As version 0.1 created them before: with a key of the numbers, and a search path that the function pins. */
const FORMER_CAPTURE = `
  drop function app.events_pending() cascade;
  drop table app.events_pending;
  create table app.events_pending (change bigint generated always as identity primary key, emptied boolean not null default false, key_1 bigint, key_2 timestamptz);
  create function app.events_pending() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    begin
      case tg_op
      when 'INSERT' then insert into app.events_pending (key_1, key_2) values (new.id, new.at);
      when 'DELETE' then insert into app.events_pending (key_1, key_2) values (old.id, old.at);
      when 'UPDATE' then
        insert into app.events_pending (key_1, key_2) values (old.id, old.at);
        if new.id is distinct from old.id or new.at is distinct from old.at then
          insert into app.events_pending (key_1, key_2) values (new.id, new.at);
        end if;
      else insert into app.events_pending (emptied) values (true);
      end case;
      return null;
    end $$;
  create trigger pgpartition_capture after insert or update or delete on app.events for each row execute function app.events_pending();
  alter table app.events enable always trigger pgpartition_capture;
  create trigger pgpartition_capture_truncate after truncate on app.events for each statement execute function app.events_pending();
  alter table app.events enable always trigger pgpartition_capture_truncate;`;

/** Operators that a session has put before those of the server. */
const OTHER_OPERATORS = `
  create schema other;
  create function other.never(text, text) returns boolean language sql as 'select false';
  create function other.always(timestamptz, timestamptz) returns boolean language sql as 'select true';
  create function other.never_at(timestamptz, timestamptz) returns boolean language sql as 'select false';
  create operator other.= (leftarg = text, rightarg = text, function = other.never);
  create operator other.= (leftarg = timestamptz, rightarg = timestamptz, function = other.always);
  create operator other.<> (leftarg = timestamptz, rightarg = timestamptz, function = other.never_at);`;

const CHANGES = `
  update app.events set note = 'changed' where id = 1;
  update app.events set at = '2025-03-05' where id = 2;
  delete from app.events where id = 3;
  insert into app.events values (3001, '2025-01-05', 'new', 1)`;

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { connect } = openClients(database);
  const get = pairFixture(database);

  it("R12 R18 operators of the session's own search path decide nothing about what is captured", async () => {
    await get().copy();
    await database.query(OTHER_OPERATORS);
    const writer = await connect("writer");
    await writer.query(`set search_path = other, pg_catalog; ${CHANGES}`);
    expect(
      await database.query(
        "select key_1, key_2::date::text as day, emptied from app.events_pending where key_1 <> 1 or key_1 is null order by key_1, key_2",
      ),
    ).toEqual([
      { key_1: "2", day: "2025-01-01", emptied: false },
      { key_1: "2", day: "2025-03-05", emptied: false },
      { key_1: "3", day: "2025-01-01", emptied: false },
      { key_1: "3001", day: "2025-01-05", emptied: false },
    ]);
    await get().drain();
    await expectEqual(get(), 2000);
  });

  it("a capture that an earlier version has installed goes on, and its TRUNCATE is told", async () => {
    await database.query(FORMER_CAPTURE);
    const fixture = await get().again();
    await fixture.copy();
    await database.query(CHANGES);
    expect(await fixture.pending()).toBe(5);
    expect(await fixture.reconcile(2)).toEqual({ changes: 2, emptied: false });
    await fixture.drain();
    await expectEqual(fixture, 2000);
    await database.query("truncate app.events");
    expect(await fixture.reconcile()).toEqual({ changes: 1, emptied: true });
    expect(await fixture.pending()).toBe(1);
  });

  it("a TRUNCATE that lies behind as many changes as are taken at once is left to be seen", async () => {
    await get().copy();
    await database.query(`${CHANGES}; truncate app.events`);
    expect(await get().reconcile(5)).toEqual({ changes: 5, emptied: false });
    expect(await get().pending()).toBe(1);
    expect(await get().reconcile(5)).toEqual({ changes: 1, emptied: true });
    expect(await get().pending()).toBe(1);
  });
});
