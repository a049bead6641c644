// Two tables that are written to at the same time, and kept equal both ways: each race driven by open transactions.
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { reconcileBothWays } from "../../postgres/conversion/both-ways/reconcile-both";
import { failureOf } from "../postgres/support";
import { testVersions, withDatabase } from "../support/database";
import { until } from "../support/harness/until";
import { openClients } from "./pair-fixture";
import { bothFixture, expectConflicts } from "./both-ways-fixture";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const { connect, isWaiting } = openClients(database);
  const get = bothFixture(database);
  let one: Client;
  let other: Client;
  beforeEach(async () => {
    one = await connect("one");
    other = await connect("other");
  });

  const read = async (table: string, where: string) =>
    database.query(`select id, note from app.${table} where ${where} order by id`);

  it("what either side writes arrives on the other, once, and makes nothing pending", async () => {
    await one.query(`
      insert into app.events values (3001, '2025-01-05', 'of the plain one', 1);
      update app.events set note = 'of the plain one' where id between 1 and 10;
      delete from app.events where id between 11 and 20`);
    await other.query(`
      insert into app.events_copy values (3002, '2025-02-05', 'of the partitioned one', 2);
      update app.events_copy set note = 'of the partitioned one' where id between 101 and 110;
      delete from app.events_copy where id between 111 and 120`);
    expect(await get().follow()).toBe(42);
    expect(await get().follow()).toBe(0);
    expect(await read("events", "note like 'of the partitioned%'")).toHaveLength(11);
    expect(await read("events_copy", "note like 'of the plain%'")).toHaveLength(11);
    await get().expectEqual(1982);
    expectConflicts(get(), []);
  });

  it("a row that one side changes while its earlier state is followed to the other is never set back", async () => {
    await one.query("update app.events set note = 'two' where id = 1");
    // The step waits for this lock, with its snapshot taken: it has read 'two'.
    await other.query("begin; lock table app.events_copy_1 in share mode");
    const following = get().follow();
    await until(() => isWaiting("pgpartition-test"));
    await one.query("update app.events set note = 'three' where id = 1");
    await other.query("commit");
    await following;
    expect(await read("events", "id = 1")).toEqual([{ id: "1", note: "three" }]);
    await get().follow();
    expect(await read("events", "id = 1")).toEqual([{ id: "1", note: "three" }]);
    expect(await read("events_copy", "id = 1")).toEqual([{ id: "1", note: "three" }]);
    await get().expectEqual(2000);
    expectConflicts(get(), []);
  });

  it.each([
    ["events", "events_copy"],
    ["events_copy", "events"],
  ])(
    "a writer of %s that waits for a row which a step is changing does not lose its write",
    async (written, source) => {
      await other.query(`update app.${source} set note = note || ', by the other' where id = 5`);
      await other.query(
        `update app.${source} set at = at + interval '40 days' where id = 6 and '${written}' = 'events'`,
      );
      await one.query("select pg_advisory_lock(1)");
      // The step has changed its rows, and is to commit.
      const beside = await get().beside("holder");
      const step = reconcileBothWays(beside.work, "writers", () => ({
        // The step itself gives up sooner than the writer may need to come.
        text: "with s as materialized (select set_config('lock_timeout', '0', true) as v) select pg_advisory_xact_lock(1) from s where v = '0'",
        values: [],
      }));
      await until(() => isWaiting("holder"));
      const writer = await connect("writer");
      const writing = writer.query(`update app.${written} set note = note || ', by the writer' where id in (5, 6)`);
      await until(() => isWaiting("writer"));
      await one.query("select pg_advisory_unlock(1)");
      await step;
      expect((await writing).rowCount).toBe(2);
      await get().follow();
      expect(await read("events", "id = 5")).toEqual([{ id: "5", note: "note 5, by the other, by the writer" }]);
      await get().expectEqual(2000);
    },
  );

  it("a row that both sides change before a step gets the later change, which is told", async () => {
    await one.query("update app.events set note = 'earlier' where id in (1, 2)");
    await other.query("update app.events_copy set note = 'later' where id in (1, 3)");
    await one.query("update app.events set note = 'latest' where id = 3");
    await other.query("delete from app.events_copy where id = 4");
    await one.query("update app.events set note = 'after its delete' where id = 4");
    await get().follow();
    expect(await read("events_copy", "id < 5")).toEqual([
      { id: "1", note: "later" },
      { id: "2", note: "earlier" },
      { id: "3", note: "latest" },
      { id: "4", note: "after its delete" },
    ]);
    await get().expectEqual(2000);
    expectConflicts(get(), [1, 3, 4]);
  });

  it("of a row that both sides change, the later change wins too if it lies beyond what one step takes", async () => {
    await one.query("update app.events set note = 'earlier' where id <= 600");
    await other.query("update app.events_copy set note = 'later' where id = 1");
    await get().follow();
    expect(await read("events", "id in (1, 2)")).toEqual([
      { id: "1", note: "later" },
      { id: "2", note: "earlier" },
    ]);
    await get().expectEqual(2000);
  });

  it("a row that both sides change at once, one of them after the snapshot of a step, gets the later change", async () => {
    await one.query("update app.events set note = 'plain' where id = 1");
    await other.query("begin; update app.events_copy set note = 'partitioned' where id = 1");
    const following = get().follow();
    await until(() => isWaiting("pgpartition-test"));
    await other.query("commit");
    await following;
    expect(await read("events", "id = 1")).toEqual([{ id: "1", note: "partitioned" }]);
    await get().expectEqual(2000);
    expectConflicts(get(), [1]);
  });

  it("R3 a change with a smaller number that commits later is applied later", async () => {
    await one.query("begin; update app.events set note = 'first' where id = 1");
    await database.query("update app.events set note = 'second' where id = 2");
    expect(await get().follow()).toBe(1);
    await one.query("commit");
    expect(await get().follow()).toBe(1);
    await get().expectEqual(2000);
  });

  it.each([
    ["the plain one", "events"],
    ["the partitioned one", "events_copy"],
  ])("R4 keys of %s that move, over partitions too, and are exchanged, arrive once", async (_, table) => {
    await one.query(`
      update app.${table} set at = at + interval '40 days' where id between 1 and 50;
      update app.${table} set id = 5000 where id = 51;
      update app.${table} set id = -id, at = at + interval '40 days' where id between 60 and 70;`);
    await one.query(
      `begin; update app.${table} set id = -1 where id = 80; update app.${table} set id = 80 where id = 81; update app.${table} set id = 81 where id = -1; commit`,
    );
    await get().follow();
    await get().expectEqual(2000);
    expect(await get().follow()).toBe(0);
  });

  it("one row whose time both sides change gets the later one, on both", async () => {
    await one.query("update app.events set at = '2025-03-01' where id = 1");
    await other.query("update app.events_copy set at = '2025-02-01', note = 'later' where id = 1");
    await get().follow();
    expect(await database.query("select at, note from app.events where id = 1")).toEqual([
      { at: new Date("2025-02-01T00:00:00Z"), note: "later" },
    ]);
    await get().expectEqual(2000);
  });

  it.each([
    ["the plain one", "events", "events_copy"],
    ["the partitioned one", "events_copy", "events"],
  ])("R8 TRUNCATE of %s empties the other, but for what changed there later", async (_, table, beside) => {
    await other.query(`update app.${beside} set note = 'before' where id = 7`);
    await one.query(`truncate app.${table}; insert into app.${table} values (4000, '2025-01-05', 'anew', 1)`);
    await other.query(`update app.${beside} set note = 'after' where id = 8`);
    await get().follow();
    expect(await read("events", "true")).toEqual([
      { id: "8", note: "after" },
      { id: "4000", note: "anew" },
    ]);
    await get().expectEqual(2);
  });

  it("R8 TRUNCATE of one partition, and of one that came meanwhile, takes these rows from the plain table", async () => {
    await one.query(`
      create table app.events_copy_4 partition of app.events_copy for values from ('2025-04-01+00') to ('2025-05-01+00');
      insert into app.events_copy values (4001, '2025-04-05', 'new', 1)`);
    await get().follow();
    expect(await read("events", "id = 4001")).toHaveLength(1);
    await one.query("truncate app.events_copy_1, app.events_copy_4");
    await get().follow();
    expect(await database.query("select count(*)::int as n from app.events where at < '2025-02-01+00'")).toEqual([
      { n: 0 },
    ]);
    await get().expectEqual(1257);
  });

  it("what the plain table cannot hold, two rows with one key and different times, is an error that names it", async () => {
    await other.query("insert into app.events_copy values (1, '2025-03-05', 'the second', 1)");
    const error = await failureOf(get().follow());
    expect(error).toMatchObject({ sqlState: "23505" });
    expect(String((error as { cause?: { detail?: string } }).cause?.detail)).toContain("(id)=(1)");
    expect(await read("events", "id = 1")).toEqual([{ id: "1", note: "note 1" }]);
  });

  it("unique values that two rows exchange on either side do not collide", async () => {
    await database.query(
      "update app.events set at = '2025-01-05' where id in (1, 2); create unique index on app.events (note)",
    );
    await get().follow();
    await database.query("create unique index on app.events_copy (note, at)");
    await one.query(`
      begin;
      update app.events_copy set note = 'x' where id = 1;
      update app.events_copy set note = 'note 1' where id = 2;
      update app.events_copy set note = 'note 2' where id = 1;
      commit;`);
    await get().follow();
    expect(await read("events", "id < 3")).toEqual([
      { id: "1", note: "note 2" },
      { id: "2", note: "note 1" },
    ]);
    await get().expectEqual(2000);
  });

  it("R11 a capture that was switched off for a moment is an error, on either side", async () => {
    for (const table of ["events", "events_copy_2"]) {
      await database.query(
        `alter table app.${table} disable trigger pgpartition_capture; alter table app.${table} enable always trigger pgpartition_capture`,
      );
      expect(await failureOf(get().follow())).toMatchObject({ standing: "broken" });
    }
  });

  it("under load no acknowledged write of either side is lost or doubled, and no statement fails", async () => {
    const rows = new Map<number, string>();
    let written = true;
    // Each session has rows of its own: what it wrote last is what both sides have to hold in the end.
    const write = async (table: string, session: number): Promise<void> => {
      const client = await connect(`load ${session}`);
      for (let round = 0; round < 60; round += 1) {
        const id = 10_000 * (session + 1) + (round % 20);
        const note = `${table} ${session} ${round}`;
        const day = 1 + ((round * 7) % 85);
        if (!rows.has(id))
          await client.query(
            `insert into app.${table} values ($1, '2025-01-01'::timestamptz + $3 * interval '1 day', $2, 1)`,
            [id, note, day],
          );
        else if (round % 5 === 0) await client.query(`delete from app.${table} where id = $1`, [id]);
        else
          await client.query(
            `update app.${table} set note = $2, at = '2025-01-01'::timestamptz + $3 * interval '1 day' where id = $1`,
            [id, note, day],
          );
        if (rows.has(id) && round % 5 === 0) rows.delete(id);
        else rows.set(id, note);
      }
    };
    const writers = ["events", "events_copy", "events", "events_copy"].map(write);
    const following = (async () => {
      while (written) await get().follow();
    })();
    await Promise.all(writers).finally(() => (written = false));
    await following;
    await get().follow();
    const wanted = [...rows].sort(([one], [another]) => one - another).map(([id, note]) => ({ id: String(id), note }));
    expect(await read("events", "id >= 10000")).toEqual(wanted);
    expect(await read("events_copy", "id >= 10000")).toEqual(wanted);
    await get().expectEqual(2000 + wanted.length);
    expectConflicts(get(), []);
  });

  it("R14 two writers that lock rows in another order than a step are not ended", async () => {
    await other.query("update app.events_copy set note = 'x' where id in (1, 2)");
    await one.query("begin; update app.events set note = note || '!' where id = 2");
    const following = get().follow();
    await until(() => isWaiting("pgpartition-test"));
    await one.query("update app.events set note = note || '!' where id = 1");
    await one.query("commit");
    await following;
    await get().expectEqual(2000);
    expectConflicts(get(), [1, 2]);
  });
});
