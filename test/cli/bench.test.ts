// Queries before and after a conversion: at its verified copy, after the swap, and on two tables that no conversion knows.
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { BenchReport } from "../../core/bench/report";
import { testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { SWAPPING, VERIFYING, withConvertible } from "./convert-support";
import { onDatabase } from "./support";
import { itAlike } from "../support/sample";

const QUERIES = `
  -- name: of a day
  select id, note from app.events where at >= now() - interval '10 days' and at < now() - interval '9 days';
  -- name: by id
  select note from events where events.id = 4711 /* app.events; */;
  -- name: joined
  select a.id, 'from app.events' from app.events a join app.events b using (id) where a.id = 12;
  -- name: only
  select id from only app.events where id = 12;
  -- name: by a view
  select count(*) from app.recent join app.events using (id);
  -- name: locking
  select id from app.events where id = 1 for update;
  -- name: numbered
  select nextval('app.numbers'), id from app.events limit 1;
  -- name: cleaning
  delete from app.events where id = 1;
  -- name: wrong
  select missing from app.events;
  -- name: elsewhere
  select 1;
  -- name: by the former key
  select * from (select id, note from app.events group by id) e where id = 12;
  -- name: with a parameter
  select note from app.events where id = $1`;

/** A stand-in for the view of the extension, whose library no server of the tests loads. */
const STATISTICS = `
  create view app.pg_stat_statements as
    select query, calls::bigint as calls, mean::float8 as mean_exec_time, calls * mean::float8 as total_exec_time,
      (select oid from pg_database where datname = current_database()) as dbid
    from (values ('select count(*) from app.events where note = ''note 7''', 40, 3), ('delete from app.events', 9, 900),
      ('select note from app.events where at > $1', 7, 1), ('select 1 from app.events_old', 1, 90),
      ('select count(*) from app.events where note = ''note 7''', 60, 3)) s (query, calls, mean)`;

describe.each(testVersions())("PostgreSQL %s, pgpartition bench", (version) => {
  const database = withDatabase(version);
  const { deployment } = withConvertible(database);

  function write(text: string): string {
    const file = join(tmpdir(), `pgpartition-bench-${String(process.pid)}-${String(Math.random()).slice(2)}.sql`);
    writeFileSync(file, text);
    onTestFinished(() => rmSync(file));
    return file;
  }

  /** One round is enough: nothing here depends on a time. */
  const run = (...args: readonly string[]) =>
    onDatabase(database, "bench", "app.events", "--rounds", "1", "--json", ...args);

  async function bench(...args: readonly string[]): Promise<BenchReport> {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("pgpartition: ")]);
    return JSON.parse(stdout) as BenchReport;
  }

  it(
    "compares each query at the verified copy and after the swap, changes nothing, and says what it did not run",
    { timeout: 240_000 },
    async () => {
      await database.query(
        "create view app.recent as select id from app.events where at > now() - interval '1 day'; create sequence app.numbers",
      );
      expect((await up(database, deployment, VERIFYING)).error).toBeUndefined();
      const queries = write(QUERIES);
      const { sides, statements } = await bench("--queries", queries);
      expect(sides).toMatchObject({
        before: { table: { schema: "app", table: "events" }, kind: "plain", keys: [] },
        after: { table: { schema: "app", table: "events_copy" }, kind: "partitioned", keys: ["at"] },
        notes: [],
      });
      const partitions = sides.after.leaves.length;
      const find = (name: string) => statements.find((one) => one.statement.name === name);
      const tell = (name: string) =>
        `${find(name)?.verdict ?? ""}: ${
          find(name)
            ?.reasons.map(({ text }) => text)
            .join("; ") ?? ""
        }`;
      // One row for each 20 minutes, in the partitions that may have a row of that day.
      const outcome = find("of a day")?.outcome;
      expect(outcome).toMatchObject({
        kind: "measured",
        before: { plan: { rows: 72 } },
        after: { plan: { rows: 72 } },
      });
      if (outcome?.kind !== "measured") return;
      expect(outcome.after.plan.partitions.length).toBeLessThanOrEqual(2);
      expect(outcome.before.plan.partitions).toEqual(["app.events"]);
      expect(outcome.after.hits).toBeGreaterThan(0);
      expect(tell("of a day")).toMatch(new RegExp(`reads [12] of ${String(partitions)} partitions`));
      for (const name of ["by id", "joined"])
        expect(tell(name)).toContain(`reads all ${String(partitions)} partitions: no condition on "at"`);
      expect(tell("only")).toContain("results differ: rows: 1 before, 0 after; the times do not compare");
      expect(tell("by a view")).toContain("left out: it reads the table by another name too, such as that of a view");
      expect(tell("locking")).toContain("left out: it would change something: cannot execute SELECT FOR UPDATE");
      expect(tell("numbered")).toContain("left out: it would change something: cannot execute nextval()");
      expect(tell("cleaning")).toBe("left out: DELETE is no query: only queries are run");
      expect(tell("wrong")).toBe('left out: it fails on both sides: column "missing" does not exist');
      expect(tell("elsewhere")).toBe('left out: it does not name "app"."events"');
      // The primary key of the copy is wider, so that it does not decide the other columns any more.
      expect(tell("by the former key")).toContain("fails: fails after, and runs before: ");
      expect(tell("with a parameter")).toMatch(
        version < 16 ? /^left out: it has parameters/ : /^planned: planned only/,
      );
      expect(
        await database.query(
          "select count(*)::int as n, last_value::int as last from app.events, app.numbers group by 2",
        ),
      ).toEqual([{ n: 5000, last: 1 }]);
      const failing = await run("--queries", queries, "--fail-above", "1000000");
      expect([failing.code, failing.stderr]).toEqual([1, expect.stringContaining("failing after: by the former key")]);

      await database.query(STATISTICS);
      await database.query("drop view app.recent");
      expect((await up(database, deployment, SWAPPING)).error).toBeUndefined();
      const after = await bench();
      expect(after.sides).toMatchObject({
        before: { table: { table: "events_legacy" } },
        after: { table: { table: "events" } },
        notes: [expect.stringContaining("app.events_legacy has its rows as of the swap")],
      });
      expect(after.statements.map(({ statement }) => [statement.calls, statement.sql]).sort()).toEqual([
        [100, "select count(*) from app.events where note = 'note 7'"],
        [7, "select note from app.events where at > $1"],
      ]);
      expect(after.total?.weight).toBe("calls");
      const slow = write("select pg_sleep(30) from app.events limit 1");
      const text = await onDatabase(database, "bench", "app.events", "--queries", slow, "--timeout-ms", "50");
      expect([text.code, text.stdout]).toEqual([
        0,
        expect.stringContaining("statement 1: it fails on both sides: it ran longer than 50 ms"),
      ]);
    },
  );

  itAlike(version)(
    "compares two tables that are named, and refuses what it cannot compare, each with the way on",
    async () => {
      await database.query(`
      create table app.cut (id bigint, at timestamptz, note text) partition by range (at);
      create table app.cut_all partition of app.cut default;
      insert into app.cut select * from app.events where id > 1;
      create view app.seen as select * from app.events`);
      const count = write("select id from app.events");
      const { sides, statements } = await bench("--against", "app.cut", "--queries", count);
      expect([sides.before.table.table, sides.after.table.table]).toEqual(["events", "cut"]);
      expect(statements[0]).toMatchObject({ verdict: "results differ", statement: { name: "statement 1" } });
      // The plain one is before, whichever the queries name.
      const turned = await onDatabase(
        database,
        "bench",
        "app.cut",
        "--against",
        "app.events",
        "--queries",
        write("table app.cut"),
        "--markdown",
      );
      expect(turned.stdout).toMatch(/^# before: app\.events \(plain\); after: app\.cut \(1 partition by "at"\)\n/);
      const refused = await Promise.all(
        (
          [
            [
              ["--queries", count],
              'nothing to compare "app.events" with: no conversion by copy of it is known. Name a table',
            ],
            [["--queries", count, "--against", "app.events"], "cannot be compared with itself"],
            [["--queries", count, "--against", "app.none"], 'table "app.none" does not exist'],
            [["--queries", count, "--against", "app.seen"], '"app.seen" is no table'],
            [["--queries", "/none.sql", "--against", "app.cut"], '--queries "/none.sql" cannot be read'],
            [["--queries", write("-- none"), "--against", "app.cut"], "has no statement"],
            [["--against", "app.cut"], "pg_stat_statements cannot be read in "],
            [["--rounds", "0"], "write a whole number"],
            [["--fail-above", "0.5"], "write a number from 1 on"],
          ] as const
        ).map(async ([args, words]) => ({ words, ...(await run(...args)) })),
      );
      for (const { code, stdout, stderr, words } of refused) {
        expect([code, stdout]).toEqual([1, ""]);
        expect(stderr).toContain(words);
      }
    },
  );
});
