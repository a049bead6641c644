import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { anyVersion, withDatabase } from "../../support/database";
import { eventsTable, left, program } from "../../support/harness/fixture";
import { preview, up } from "../../support/harness/rounds";
import { withDeployment } from "../../support/harness/with-deployment";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const later = "2025-04-20T00:00:00Z";
const waiting = { grace: "7 days" } as const;

describe.each(anyVersion())("PostgreSQL %s, an archive table", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database, ["app", "archive"]);

  beforeEach(async () => {
    await database.query(`grant all on schema app, archive to ${database.user}`);
  });

  const declared = (changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> => ({
    onExpire: "archive",
    grace: "none",
    archive: { to: { table: "archive.events" } },
    ...changes,
  });
  const run = (asOf: string, changes: Partial<TableSpecArgs> = {}) =>
    up(database, deployment, program(asOf, declared(changes)));
  const filled = async (changes: Partial<TableSpecArgs> = {}): Promise<void> => {
    expect((await run(march, changes)).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, '2025-02-05'::timestamptz + n * interval '1 second', case when n % 7 > 0 then 'note ' || n end from generate_series(1, 5000) n",
    );
    await database.query("create table app.before as select * from app.events where at < '2025-03-01'");
  };
  const there = async (): Promise<boolean> =>
    (await database.query("select from pg_class where relname = 'events_p2025_02'")).length === 1;
  const equal = async (): Promise<void> => {
    const except = (one: string, two: string) =>
      database.query(`select id, at, note from ${one} except all select id, at, note from ${two}`);
    expect(await except("app.before", "archive.events")).toEqual([]);
    expect(await except("archive.events", "app.before")).toEqual([]);
  };

  it("is created, filled, proved and relied on by the drop, all in one update; the next one has nothing to do", async () => {
    await filled();
    const shown = await preview(database, deployment, program(april, declared()));
    expect(shown.messages.join("\n")).toMatch(
      /archive events_p2025_02 [^\n]*its rows go into archive\.events[^]*COPY \(INSERT INTO "archive"\."events" SELECT … RETURNING …\)[^\n]*archive archive\.events ROW EXCLUSIVE/,
    );
    const done = await run(april);
    expect(done.error).toBeUndefined();
    expect(done.messages.join("\n")).toMatch(/archived events_p2025_02 .*: 5000 rows .* proved, table:/);
    await equal();
    expect(await there()).toBe(false);
    const [archive] = await database.query(
      "select manifest, verified_by, row_count::int from pgpartition.archived('app', 'events')",
    );
    expect(archive).toEqual({
      manifest: expect.stringMatching(/^table:\/\/\/[^/]+\/archive\.events\/.*\/_manifest\.json$/) as string,
      verified_by: "readBack",
      row_count: 5000,
    });
    expect((await preview(database, deployment, program(april, declared()))).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  });

  it("rows that were deleted in it stop the drop; the next update deletes the rest and archives again, nothing twice", async () => {
    await filled(waiting);
    expect((await run(april, waiting)).error).toBeUndefined();
    await database.query("delete from archive.events where id <= 10");
    const refused = await run(later, waiting);
    expect(refused.error).toMatch(/"archive"\."events" holds 4990 of the 5000 rows of .*part-00001\.rows/);
    expect(await there()).toBe(true);
    expect((await run(later, waiting)).error).toBeUndefined();
    await equal();
    expect((await run("2025-05-01T00:00:00Z", waiting)).error).toBeUndefined();
    expect(await there()).toBe(false);
    await equal();
  });

  it("rows that were changed in it, or archived of another table, stop the drop and are never taken back", async () => {
    await filled(waiting);
    expect((await run(april, waiting)).error).toBeUndefined();
    // One that was changed is another row: neither may it be counted as archived, nor be there beside the old one.
    await database.query("update archive.events set note = 'x' where id = 11");
    expect((await run(later, waiting)).error).toMatch(/holds 4999 of the 5000 rows/);
    const changed = await run(later, waiting);
    expect(changed.error).toMatch(/holds 1 rows of this range that were changed since they were archived[^]*"at" >= /);
    await database.query("update archive.pgpartition_archived set source = '1/2/3'");
    const others = await run(later, waiting);
    expect(others.error).toMatch(/has rows of this range already, archived from another table/);
    expect(await there()).toBe(true);
    expect(await database.query("select count(*)::int as rows from archive.events")).toEqual([{ rows: 5000 }]);
  });

  it("of your own takes the columns by name, and is refused before anything runs where they do not fit", async () => {
    await filled();
    await database.query(`create table archive.events (more text default 'kept', note varchar(9), id bigint);
      create function archive.meddle() returns trigger language plpgsql as 'begin return null; end';
      create trigger meddle before insert on archive.events for each row execute function archive.meddle();
      alter table archive.events owner to ${database.user}`);
    const refused = await run(april);
    expect(refused.error).toMatch(/its column "note" is character varying\(9\), and in the table it is text/);
    expect(refused.error).toMatch(/ALTER TABLE "archive"\."events" ADD COLUMN "at" timestamp with time zone;/);
    expect(refused.error).toMatch(/triggers or rules \(meddle\)/);
    expect(await database.query("select from pgpartition.ledger where event = 'detaching'")).toEqual([]);
    await database.query(`drop trigger meddle on archive.events; alter table archive.events alter note type text;
      alter table archive.events add column "at" timestamptz`);
    expect((await run(april)).error).toBeUndefined();
    await equal();
    expect(await database.query("select distinct more from archive.events")).toEqual([{ more: "kept" }]);
    expect(await there()).toBe(false);
  });

  it("that gives back something else than it was sent keeps nothing of it; without what meddles the next update completes it", async () => {
    await filled();
    // Of a partitioned one the triggers of a partition are its own.
    await database.query(`create table archive.events (id bigint, at timestamptz, note text) partition by range (at);
      create table archive.events_2025 partition of archive.events for values from ('2025-01-01') to ('2026-01-01');
      create function archive.meddle() returns trigger language plpgsql as 'begin new.note := null; return new; end';
      create trigger meddle before insert on archive.events_2025 for each row execute function archive.meddle();
      alter table archive.events owner to ${database.user}; alter table archive.events_2025 owner to ${database.user}`);
    const refused = await run(april);
    expect(refused.error).toMatch(/"archive"\."events" does not return the rows as they were sent/);
    expect(await there()).toBe(true);
    expect(await database.query("select from archive.events")).toEqual([]);
    await database.query("drop trigger meddle on archive.events_2025");
    expect((await run(april)).error).toBeUndefined();
    await equal();
    expect(await there()).toBe(false);
  });

  it("without a copy is a detached partition that a hand attaches to it: no update touches it there", async () => {
    const { grace: _, ...events } = eventsTable({ onExpire: "detach" });
    const detached = { tables: { events }, asOf: april };
    expect((await up(database, deployment, { ...detached, asOf: march })).error).toBeUndefined();
    await database.query("insert into app.events values (1, '2025-02-05')");
    expect((await up(database, deployment, detached)).error).toBeUndefined();
    await database.query("alter table app.events_p2025_02 set schema archive");
    expect((await preview(database, deployment, detached)).steps).toEqual([]);
    await database.query(`alter table archive.events_p2025_02 rename to february;
      create table archive.events (like app.events) partition by range (at);
      alter table archive.events attach partition archive.february for values from ('2025-02-01Z') to ('2025-03-01Z')`);
    expect(await up(database, deployment, detached)).toMatchObject({ error: undefined, steps: [] });
    expect(
      (await up(database, deployment, program("2025-05-10T00:00:00Z", { onExpire: "drop" }))).error,
    ).toBeUndefined();
    expect(await database.query("select id::int from archive.events")).toEqual([{ id: 1 }]);
  });

  it("that would be the table itself is refused", async () => {
    await filled();
    const itself = { archive: { to: { table: "app.events_p2025_03" } } };
    expect((await run(april, itself)).error).toMatch(/it is the table that is archived, or a part of it/);
    expect(await there()).toBe(true);
  });
});
