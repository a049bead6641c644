// The way back of a conversion: the table is the plain one that it was, with every row written since.
import { describe, expect, it } from "vitest";
import { MAX_RETURNED_ROWS } from "../../core/defaults";
import { conversionProgram, NO_TABLE, WRITABLE_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { stopAt } from "../support/harness/stop-at";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withPrepared } from "../support/harness/with-deployment";
import { itAlike } from "../support/sample";

const forth = conversionProgram();
const back = conversionProgram({ convertFrom: { historyUntil: "2025-04-01", until: "prepare" } });

const ROWS = "select * from app.events order by at, id";

describe.each(testVersions())("PostgreSQL %s, a converted table that is taken back", (version) => {
  const database = withDatabase(version);
  let before: string[];
  const deployment = withPrepared(database, async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(WRITABLE_TABLE);
    before = await describeAll(database);
    expect((await up(database, deployment, forth)).error).toBeUndefined();
  });

  const since = (rows: number, from = 10_000) =>
    database.query(
      `insert into app.events (id, run_id, at, note) overriding system value
       select n, 1, timestamptz '2025-04-01' + n * interval '1 second', 'since' from generate_series(${from}, ${from + rows - 1}) n`,
    );

  it("is what it was, with every row written since, and its other resources are only forgotten", async () => {
    await database.query(
      `insert into app.events (run_id, at, note)
       select 1, timestamptz '2025-03-31 12:00+00' + n * interval '1 hour', 'since ' || n from generate_series(1, 100) n`,
    );
    const rows = await database.query(ROWS);
    const shown = await preview(database, deployment, back);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain(
      "89 rows of other partitions move into it, and then events_p2025_04 goes",
    );
    expect(shown.messages.join("\n")).toContain("CREATE UNIQUE INDEX CONCURRENTLY");
    expect(await database.query(ROWS)).toEqual(rows);
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await database.query(ROWS)).toEqual(rows);
    expect(await describeAll(database)).toEqual(before);
    const [next] = await database.query<{ is_new: boolean }>(
      `with made as (insert into app.events (run_id, note) values (1, 'new') returning id, number)
       select not exists (select from app.events e join made on e.id = made.id or e.number = made.number) as is_new`,
    );
    expect(next).toEqual({ is_new: true });
    expect([...deployment.state.values()].map(({ type }) => type)).toEqual(["ManagementSchema", "Conversion"]);
    expect(await database.query("select from pgpartition.registry")).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
    expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
  });

  itAlike(version)("is converted again, with a later end of the history, and taken back again", async () => {
    await since(50);
    const rows = await database.query(ROWS);
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect((await up(database, deployment, forth)).error).toContain(
      "Rows at or after 2025-04-01T00:00:00Z do not fit into the history",
    );
    const until = conversionProgram({ convertFrom: { historyUntil: "2025-05-01", until: "prepare" } });
    expect((await up(database, deployment, until)).error).toBeUndefined();
    expect(await preview(database, deployment, until)).toMatchObject({ steps: [], error: undefined });
    const latest = conversionProgram({ convertFrom: { historyUntil: "2025-06-01", until: "prepare" } });
    const shown = await preview(database, deployment, latest);
    expect(shown.messages.join("\n")).toContain("DROP CONSTRAINT");
    expect((await up(database, deployment, latest)).error).toBeUndefined();
    expect(await database.query("select from pg_constraint where conname = 'events_history_bound'")).toHaveLength(1);
    expect(await preview(database, deployment, latest)).toMatchObject({ steps: [], error: undefined });
    const converted = conversionProgram({
      convertFrom: { historyUntil: "2025-06-01" },
      window: { lead: "4 months", retention: "24 months" },
    });
    expect((await up(database, deployment, converted)).error).toBeUndefined();
    expect(await preview(database, deployment, converted)).toMatchObject({ steps: [], error: undefined });
    expect(await database.query("select from app.events_history")).toHaveLength(2050);
    await database.query("insert into app.events (run_id, at, note) values (1, '2025-06-03', 'last')");
    expect((await up(database, deployment, latest)).error).toBeUndefined();
    expect(await describeAll(database)).toEqual(before);
    expect(await database.query(ROWS)).toEqual([...rows, expect.objectContaining({ note: "last" })]);
    expect((await left(database)).orphans).toEqual([]);
  });

  itAlike(version)(
    "is refused for rows with one former key, which are named, also if they come while it works",
    async () => {
      await since(30);
      await database.query(
        "insert into app.events (id, at) overriding system value values (10003, '2025-03-01'), (10004, '2025-04-05')",
      );
      const refused = /primary key is \(id\), and several rows have \(id\) = \(10003\); \(id\) = \(10004\)\. Change/;
      expect((await preview(database, deployment, back)).error).toMatch(refused);
      expect((await up(database, deployment, back)).error).toMatch(refused);
      await database.query(
        "delete from app.events where id = 10003 and at < '2025-04-01' or id = 10004 and at > '2025-04-04'",
      );
      const stop = stopAt("before begin convert back app.events");
      const run = up(database, deployment, back, { env: stop.env });
      await stop.reached();
      await database.query("insert into app.events (id, at) overriding system value values (10007, '2025-04-07')");
      stop.goOn();
      expect((await run).error).toContain("several rows have (id) = (10007)");
      expect(await database.query("select from app.events where id = 10007")).toHaveLength(2);
      await database.query("delete from app.events where id = 10007 and at = '2025-04-07'");
      expect((await up(database, deployment, back)).error).toBeUndefined();
      expect(await describeAll(database)).toEqual(before);
    },
  );

  itAlike(version)(
    "is refused for more rows than may move under a lock, also if they come while it works",
    async () => {
      const stop = stopAt("before begin convert back app.events");
      const run = up(database, deployment, back, { env: stop.env });
      await stop.reached();
      await since(MAX_RETURNED_ROWS + 1);
      stop.goOn();
      expect((await run).error).toContain("has more than 100,000 rows outside of");
      expect((await preview(database, deployment, back)).error).toContain("has more than 100,000 rows outside of");
      await database.query("delete from app.events where id = 10000");
      expect((await up(database, deployment, back)).error).toBeUndefined();
      expect(await describeAll(database)).toEqual(before);
      expect(await database.query("select from app.events")).toHaveLength(2000 + MAX_RETURNED_ROWS);
    },
  );

  it("has what was bound to the partitioned table since", async () => {
    await database.query(`
      create table app.refs (number integer, at timestamptz, constraint refs_fkey foreign key (number, at) references app.events (number, at));
      insert into app.refs select number, at from app.events limit 5;
      create index events_later on app.events (run_id, note);
      alter table app.events add constraint later check (number < 1000000), add column later text;
      alter table app.events drop constraint events_run_fkey;
      create view app.later as select later from app.events;
      create statistics app.later_stats on run_id, note from app.events;
      alter statistics app.later_stats owner to ${database.user};
      comment on table app.events is 'said later';
      revoke select on app.events from public;
      grant select, insert on app.events to pg_monitor with grant option;
      drop policy mine on app.events;
      create policy yours on app.events for select using (exists (select from app.runs r where r.id = events.run_id));
      create trigger later after update on app.events for each row execute function app.ignore()`);
    await since(10);
    await database.query("insert into app.refs select number, at from app.events where note = 'since'");
    const partitioned = await describeAll(database);
    expect((await up(database, deployment, back)).error).toBeUndefined();
    const plain = await describeAll(database);
    // Of both: what the name does not show, and neither the key nor the kind of the table.
    const compared = (lines: readonly string[]): string[] =>
      lines
        .map((line) =>
          line
            .replace(" ON ONLY ", " ON ")
            .replace(/^(relation app\.events) p/, "$1 r")
            .replace("options={fillfactor=70}", "options="),
        )
        .filter((line) => !/events_(history|p2025)|events_pkey|^oid/.test(line));
    expect(compared(plain)).toEqual(compared(partitioned));
    expect(plain.filter((line) => /events_(history|p2025)/.test(line))).toEqual([]);
    expect(plain.filter((line) => /^(constraint|index) .*events_pkey/.test(line))).toHaveLength(2);
  });

  itAlike(version).each([
    [
      "a materialised view",
      "create materialized view app.bound as select * from app.events",
      /materialized view app\.bound is bound/,
    ],
    ["a rule", "create rule bound as on delete to app.events do instead nothing", /rule "bound" is bound/],
    [
      "a view of a partition",
      "create view app.bound as select * from app.events_p2025_04",
      /view app\.bound depends on it/,
    ],
    [
      "a trigger of the history alone",
      "create trigger bound after insert on app.events_history for each row execute function app.ignore()",
      /trigger "bound" is on "events_history" alone/,
    ],
    [
      "its history gone",
      "alter table app.events detach partition app.events_history",
      /its history "events_history" was retired/,
    ],
    [
      "a foreign key to its wider key",
      "create table app.bound (id bigint, at timestamptz, constraint bound foreign key (id, at) references app.events)",
      /refers to \(id, at\), which is no key/,
    ],
    [
      "a user of its row type",
      "create function app.bound(app.events) returns int language sql as 'select 1'",
      /app\.bound.* uses its row type/,
    ],
  ])("is refused with %s, and nothing is changed", async (_, sql, reason) => {
    await database.query(sql);
    const partitioned = await describeAll(database);
    expect((await preview(database, deployment, back)).error).toMatch(reason);
    expect((await up(database, deployment, back)).error).toMatch(reason);
    expect(await describeAll(database)).toEqual(partitioned);
  });

  itAlike(version)("deletes nothing of a table whose way back failed, not even if it may be destroyed", async () => {
    await database.query("create materialized view app.bound as select * from app.events");
    const partitioned = await describeAll(database);
    const entries = [...deployment.state.values()].filter(
      ({ type }) => !["ManagementSchema", "Conversion"].includes(type),
    );
    const deletions = await withPlugin(
      database,
      back,
      async (plugin) => {
        await expect(deployment.up(plugin, back)).rejects.toThrow("is bound to app.events");
        return Promise.allSettled(entries.map((entry) => plugin.delete(entry)));
      },
      { config: { allowDestroy: '["app.events"]' } },
    );
    for (const deletion of deletions.result)
      expect(deletion).toMatchObject({
        status: "rejected",
        reason: { details: expect.stringContaining("its way back failed") as string },
      });
    expect(await describeAll(database)).toEqual(partitioned);
  });
});
