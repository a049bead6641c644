// The copy of a table that is written to: every race by which a tool of this kind can lose a row, driven by open transactions.
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { installCapture } from "../../core/conversion/between/capture";
import { copyBlocks } from "../../postgres/conversion/copy-blocks";
import { failureOf, options } from "../postgres/support";
import { testVersions, withDatabase } from "../support/database";
import { until } from "../support/harness/until";
import { copyOpen, countBlocks, expectEqual, openClients, pair, pairFixture } from "./pair-fixture";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { connect, isWaiting } = openClients(database);

  describe("with the capture installed", () => {
    const get = pairFixture(database);
    let copier: Client;
    let writer: Client;
    beforeEach(async () => {
      copier = await connect("copier");
      writer = await connect("writer");
    });

    it("copies every row, once, and proves it", async () => {
      expect(await get().copy()).toBe(2000);
      expect(await get().copy()).toBe(0);
      await expectEqual(get(), 2000);
    });

    it("a row that came to the copy by a change, before its block is copied, stays, and its neighbours are copied once", async () => {
      await writer.query("update app.events set note = 'early' where id % 500 = 0");
      await get().drain();
      expect(await get().copy()).toBe(1996);
      await expectEqual(get(), 2000);
    });

    it("R1 a row that is updated after the copy has read it, and before it commits, gets the later value", async () => {
      await copyOpen(copier, await countBlocks(database));
      await writer.query("update app.events set note = 'later' where id = 1");
      await copier.query("commit");
      await get().drain();
      await expectEqual(get(), 2000);
    });

    it("R2 a row that is deleted after the copy has read it does not come back", async () => {
      await copyOpen(copier, await countBlocks(database));
      await writer.query("delete from app.events where id = 1");
      await copier.query("commit");
      await get().drain();
      await expectEqual(get(), 1999);
    });

    it("R2 a row that is deleted while its block is copied is reconciled after that copy, and does not come back", async () => {
      await writer.query("select pg_advisory_lock(1)");
      const blocks = { heap: pair.source, first: 0, end: await countBlocks(database) };
      // The copy has read its rows and written them, and is to commit.
      const held = () => ({ text: "select pg_advisory_xact_lock(1)", values: [] });
      const copied = copyBlocks(get().work, blocks, held, "fail");
      await until(() => isWaiting("pgpartition-test"));
      await database.query("delete from app.events where id = 1");
      const other = await get().beside("reconciler");
      const reconciled = other.drain();
      await Promise.race([reconciled, until(() => isWaiting("reconciler"))]);
      await writer.query("select pg_advisory_unlock(1)");
      expect(await copied).toBe(2000);
      await reconciled;
      expect(await get().differences()).toEqual([]);
      await expectEqual(get(), 1999);
    });

    it("R3 a change with a smaller number that commits later is not forgotten with the larger one", async () => {
      await get().copy();
      await writer.query("begin; update app.events set note = 'first' where id = 1");
      await database.query("update app.events set note = 'second' where id = 2");
      expect((await get().reconcile()).changes).toBe(1);
      await writer.query("commit");
      expect(await get().pending()).toBe(1);
      await get().drain();
      await expectEqual(get(), 2000);
    });

    it("R3 a change that commits while another is reconciled stays pending", async () => {
      await get().copy();
      // Its change lies between two that are committed, so that neither its number nor its place tells it from them.
      await database.query("update app.events set note = 'before' where id = 3");
      await writer.query("begin; update app.events set note = 'first' where id = 1");
      await database.query("update app.events set note = 'second' where id = 2");
      // A partition of the copy is locked against the deletes of the reconciliation, whose snapshot is taken by then.
      await copier.query("begin; lock table app.events_copy_1 in share mode");
      const running = get().reconcile();
      await until(() => isWaiting("pgpartition-test"));
      await writer.query("commit");
      await copier.query("commit");
      expect((await running).changes).toBe(2);
      expect(await get().pending()).toBe(1);
      await get().drain();
      await expectEqual(get(), 2000);
    });

    it.each([
      ["to the front", "update app.events set id = 0 where id = 1500"],
      ["to the back", "update app.events set id = 5000 where id = 5"],
      [
        "with another one, in one statement",
        "update app.events set id = case id when 7 then -8 else -7 end where id in (7, 8)",
      ],
      ["into another partition", "update app.events set at = at + interval '40 days' where id between 1 and 50"],
      [
        "and into another partition",
        "update app.events set id = -id, at = at + interval '40 days' where id between 1 and 50",
      ],
    ])("R4 a key that moves %s arrives once", async (_, sql) => {
      await copyOpen(copier, await countBlocks(database));
      await writer.query(sql);
      await copier.query("commit");
      await get().drain();
      await expectEqual(get(), 2000);
    });

    it("R4 a key that moves on between two reconciliations arrives once", async () => {
      await get().copy();
      for (const [from, to] of [
        [5, 6001],
        [6001, 6002],
        [6002, 5],
        [5, 6003],
      ] as const) {
        await writer.query("update app.events set id = $2 where id = $1", [from, to]);
        await get().drain();
      }
      await expectEqual(get(), 2000);
    });

    it("R5 a row with a small id that commits after the copy has passed it arrives", async () => {
      await writer.query("begin");
      await writer.query("insert into app.events values (-1, '2025-01-05', 'early', 1)");
      await get().copy();
      await writer.query("commit");
      await get().drain();
      await expectEqual(get(), 2001);
    });

    it("a row that moves in the file, ahead of the copy or behind it, arrives once", async () => {
      const blocks = await countBlocks(database);
      await copier.query("begin");
      await database.query("delete from app.events where id between 1 and 200");
      await database.query("vacuum app.events");
      await copyOpen(copier, Math.ceil(blocks / 2));
      // Behind the copy by now: the freed space of the first blocks takes them.
      await writer.query("update app.events set note = 'moved' where id > 1900");
      await copier.query("commit");
      await get().copy();
      await get().drain();
      await expectEqual(get(), 1800);
    });

    it("R7 an update that a trigger of the application makes again has the row as it is, whichever was captured last", async () => {
      await get().copy();
      await database.query(`
        create function app.again() returns trigger language plpgsql as $$
        begin
          if new.note <> 'twice' then update app.events set note = 'twice' where id = new.id; end if;
          return null;
        end $$;
        create trigger a_again after update on app.events for each row execute function app.again();`);
      await writer.query("update app.events set note = 'once' where id = 3");
      await get().drain();
      expect(await database.query("select note from app.events_copy where id = 3")).toEqual([{ note: "twice" }]);
      await expectEqual(get(), 2000);
    });

    it("R8 TRUNCATE is told, and nothing is reconciled beyond it", async () => {
      await get().copy();
      await writer.query(
        "begin; truncate app.events; insert into app.events values (1, '2025-01-05', 'new', 1); commit",
      );
      expect((await get().reconcile()).emptied).toBe(true);
      expect(await get().pending()).toBe(2);
    });

    it("R8 a TRUNCATE that waits for the copy, and the copy that waits for nothing of it, do not deadlock", async () => {
      await copyOpen(copier, await countBlocks(database));
      const truncated = writer.query("truncate app.events");
      await until(() => isWaiting("writer"));
      await copier.query("commit");
      await truncated;
      expect((await get().reconcile()).emptied).toBe(true);
    });

    it("R9 COPY, MERGE, upserts, cascades and a writer with rights on a view alone are captured", async () => {
      await get().copy();
      await database.query(`
        create table app.parents (id bigint primary key);
        insert into app.parents values (1), (2), (3);
        create view app.recent as select * from app.events;
        grant usage on schema app to pg_monitor; grant select, insert, update, delete on app.recent to pg_monitor;
        alter table app.events add constraint late foreign key (id) references app.parents on update cascade on delete cascade not valid;`);
      const marks = (await get().reconcile()).changes;
      expect(marks).toBe(0);
      await writer.query(`
        update app.parents set id = 10001 where id = 1;
        delete from app.parents where id = 2;
        insert into app.parents select generate_series(20000, 20010);
        insert into app.events values (3, '2025-01-05', 'upsert', 1) on conflict (id) do update set note = excluded.note;
        merge into app.events e using (values (4), (20000)) v (id) on e.id = v.id
          when matched then delete when not matched then insert values (v.id, '2025-02-02', 'merged', 2);
        copy app.events from program 'echo 20002,2025-02-05,copied,4' with (format csv);
        set role pg_monitor;
        insert into app.recent values (20001, '2025-03-03', 'by the view', 3);
        update app.recent set note = 'by the view' where id = 9;
        reset role;`);
      await get().drain();
      expect(
        await database.query(
          "select id from app.events_copy where note in ('merged', 'by the view', 'upsert', 'copied') order by id",
        ),
      ).toEqual(["3", "9", "20000", "20001", "20002"].map((id) => ({ id })));
      await expectEqual(get(), 2001);
    });

    it("R10 what a session writes with its triggers switched off is captured", async () => {
      await get().copy();
      await writer.query(
        "set session_replication_role = replica; update app.events set note = 'replica' where id < 10",
      );
      expect(await get().pending()).toBe(9);
      await get().drain();
      await expectEqual(get(), 2000);
    });

    it("R16 a row that is updated a thousand times is reconciled once", async () => {
      await get().copy();
      await writer.query(
        "do $$ begin for n in 1..1000 loop update app.events set amount = n where id = 1; end loop; end $$",
      );
      expect(await get().pending()).toBe(1000);
      expect((await get().reconcile()).changes).toBe(1000);
      await expectEqual(get(), 2000);
    });

    it("unique values that two rows exchange do not collide while only one of both is reconciled", async () => {
      await database.query(`
        create unique index on app.events (note); create unique index on app.events_copy (note, at);
        update app.events set at = '2025-01-05' where id in (1, 2)`);
      await get().copy();
      await get().drain();
      await database.query(`
        begin; update app.events set note = 'x' where id = 1;
        update app.events set note = 'note 1' where id = 2;
        update app.events set note = 'note 2' where id = 1; commit;`);
      // With the first change alone row 1 would collide with what row 2 was.
      expect(await failureOf(get().reconcile(1))).toMatchObject({ sqlState: "23505" });
      expect((await get().reconcile()).changes).toBe(3);
      await expectEqual(get(), 2000);
    });

    it("R14 R15 a writer at any level of isolation meets neither a deadlock nor a serialization failure from the copy", async () => {
      for (const level of ["read committed", "repeatable read", "serializable"]) {
        await writer.query(`begin isolation level ${level}; select count(*) from app.events`);
        await get().copy();
        await get().drain();
        await writer.query("update app.events set note = $1 where id < 50", [level]);
        await get().copy();
        await writer.query("commit");
      }
      await get().drain();
      await expectEqual(get(), 2000);
    });
  });

  describe("R6 while the capture is installed", () => {
    const get = pairFixture(database, { installed: false });

    it("a writer that began before it ends first, and what it wrote is copied", async () => {
      const writer = await connect("writer");
      await writer.query("begin; insert into app.events values (-1, '2025-01-05', 'before', 1)");
      const installing = get().work.database.execute(installCapture(pair), options());
      await until(() => isWaiting("pgpartition-test"));
      await writer.query("commit");
      await installing;
      expect(await get().pending()).toBe(0);
      const marks = await get().again();
      expect(await marks.copy()).toBe(2001);
      await expectEqual(marks, 2001);
    });

    it("a transaction whose snapshot is older fires it with its first write", async () => {
      const writer = await connect("writer");
      await writer.query("begin isolation level repeatable read; select count(*) from app.events");
      await get().work.database.execute(installCapture(pair), options());
      const fixture = await get().again();
      await fixture.copy();
      await writer.query("update app.events set note = 'old snapshot' where id = 1");
      await writer.query("commit");
      expect(await fixture.pending()).toBe(1);
      await fixture.drain();
      await expectEqual(fixture, 2000);
    });
  });
});
