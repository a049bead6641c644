// Functions that query the table for a range of its key: what they read, and what becomes of them.
import { describe, expect, it } from "vitest";
import type { QueryFunctionArgs, TableSpecArgs } from "../../components";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { type TestDatabase, testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { makeSources, petriProgram } from "../support/harness/petri";
import { named, preview, refresh, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column, failure } from "./support";

const byNote: QueryFunctionArgs = {
  arguments: { p_note: "text" },
  where: "note = p_note",
  from: { name: "p_from", default: "now() - interval '30 days'" },
  to: { name: "p_to", default: "'infinity'" },
};
const since: QueryFunctionArgs = { from: "p_start" };

const at = (
  queryFunctions?: TableSpecArgs["queryFunctions"],
  changes: Partial<TableSpecArgs> = {},
  day = "2025-03-10",
) => program(`${day}T00:00:00Z`, { ...(queryFunctions ? { queryFunctions } : {}), ...changes });

const MADE = "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'app'::regnamespace order by 1";

/** Partitions that the plan of a query reads, and whether it calls a function. */
async function explain(database: TestDatabase, sql: string): Promise<{ reads: string[]; text: string }> {
  const lines = await column(database, `explain (costs off) ${sql}`);
  const reads = lines.flatMap((line) => / on (\w+_p?\d{4}_\d{2})\b/.exec(line)?.[1] ?? []);
  return { reads: [...new Set(reads)].sort(), text: lines.join("\n") };
}

describe.each(testVersions())("PostgreSQL %s, functions that query the table", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it("read only the partitions of their range, inlined into the query that calls them", async () => {
    await apply(database, deployment, at({ of_note: byNote, since }));
    await database.query(
      "insert into app.events select n, timestamptz '2025-02-01 00:00+00' + n * interval '1 day', 'n' || n % 3 from generate_series(0, 80) n",
    );
    const march = await explain(
      database,
      "select id from app.of_note('n1', '2025-03-02', '2025-03-09') order by at limit 5",
    );
    expect(march.reads).toEqual(["events_p2025_03"]);
    expect(march.text).not.toContain("Function Scan");
    expect((await explain(database, "select from app.since('2025-04-01 00:00+00')")).reads).toEqual([
      "events_p2025_04",
    ]);
    expect(await column(database, "select count(*) from app.since('2025-04-01 00:00+00')")).toEqual(["22"]);
    expect(
      await column(
        database,
        "select count(*) from app.of_note(p_note => 'n1', p_from => '2025-03-02', p_to => '2025-03-09')",
      ),
    ).toEqual(["2"]);

    // A plan for any range removes partitions when it starts; so does the default, which depends on the clock.
    await database.query("set plan_cache_mode = force_generic_plan");
    await database.query("prepare ranged(timestamptz, timestamptz) as select from app.of_note('n1', $1, $2)");
    const generic = await explain(database, "execute ranged('2025-03-02', '2025-03-09')");
    expect(generic.reads).toEqual(["events_p2025_03"]);
    expect(generic.text).toContain("Subplans Removed: 2");
    await database.query("reset plan_cache_mode");
    expect((await explain(database, "select from app.of_note('n1')")).text).toContain("Subplans Removed: 3");

    // A call that cannot be inlined does so when it starts.
    const call = "app.of_note('n1', (select timestamptz '2025-03-02 00:00+00'), '2025-03-09')";
    expect((await explain(database, `select from ${call}`)).text).toContain("Function Scan");
    // What was counted before is no part of it.
    await database.query("select pg_stat_force_next_flush()");
    const scanned = `select relname from pg_stat_xact_user_tables where seq_scan + coalesce(idx_scan, 0) > 0 and relname ~ '^events_p'`;
    await database.query(`begin; select from ${call}`);
    const read = await column(database, scanned);
    await database.query("rollback");
    expect(read).toEqual(["events_p2025_03"]);
  });

  it("read the branches of their values as well", async () => {
    await makeSources(database);
    const queryFunctions = {
      get_observations_optimized: {
        arguments: { p_program_id: "text" },
        where: "program_id = p_program_id",
        from: "p_start_date",
      },
    };
    await apply(database, deployment, petriProgram("2025-03-10", { queryFunctions }));
    const { text } = await explain(
      database,
      "select from app.get_observations_optimized(p_program_id => 'abc-123', p_start_date => '2025-04-01')",
    );
    expect(text).toMatch(/Scan/);
    expect(text).not.toMatch(/Function Scan|_2025_0[23]/);
  });

  it("take times where the key is a number, a UUID, a date or a time without zone", async () => {
    const keys: [string, Partial<TableSpecArgs>, (day: string) => string][] = [
      [
        "by_ms",
        { partitionBy: [{ range: "at", every: "month", key: "epoch-ms" }] },
        (day) => `extract(epoch from timestamptz '${day} 00:00+00') * 1000`,
      ],
      [
        "by_s4",
        { partitionBy: [{ range: "at", every: "month", key: "epoch-s" }] },
        (day) => `extract(epoch from timestamptz '${day} 00:00+00')`,
      ],
      [
        "by_uuid",
        { partitionBy: [{ range: "at", every: "month", key: "uuidv7" }] },
        (day) =>
          `(lpad(to_hex((extract(epoch from timestamptz '${day} 00:00+00') * 1000)::bigint), 12, '0') || '7123912345678901abcd')::uuid`,
      ],
      ["by_date", {}, (day) => `date '${day}'`],
      ["by_local", {}, (day) => `timestamp '${day}'`],
    ];
    const types: Record<string, string> = {
      by_ms: "bigint",
      by_s4: "integer",
      by_uuid: "uuid",
      by_date: "date",
      by_local: "timestamp",
    };
    const tables = Object.fromEntries(
      keys.map(([table, changes]) => [
        table,
        {
          ...at({ [`of_${table}`]: { from: "p_from", to: "p_to" } }, changes).tables["events"],
          table,
          columns: { id: "bigint", at: types[table] ?? "" },
          indexes: {},
        } as TableSpecArgs,
      ]),
    );
    await apply(database, deployment, { tables, asOf: "2025-03-10T00:00:00Z" });
    await database.query("set timezone = 'UTC'");
    for (const [table, , value] of keys) {
      await database.query(
        ["2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01"]
          .map((day, id) => `insert into app.${table} values (${String(id)}, ${value(day)})`)
          .join(";"),
      );
      const call = `app.of_${table}('2025-03-01', '2025-04-01')`;
      expect(await column(database, `select id from ${call} order by id`), table).toEqual(["1", "2"]);
      const { reads, text } = await explain(database, `select from ${call}`);
      expect(reads, text).toEqual([`${table}_p2025_03`]);
    }
    await database.query("reset timezone");
  });

  it("apply the row security of the table to their caller, who needs no right but to read it", async () => {
    await apply(
      database,
      deployment,
      at(
        { since },
        {
          rowSecurity: { policies: { mine: { roles: ["pg_monitor"], using: "note = 'mine'" } } },
          grants: { pg_monitor: ["select"] },
        },
      ),
    );
    await database.query(`insert into app.events values (1, '2025-03-05', 'mine'), (2, '2025-03-05', 'other');
      grant usage on schema app to pg_monitor; set role pg_monitor`);
    expect(await column(database, "select id from app.since('2025-03-01')")).toEqual(["1"]);
    await database.query("reset role");
  });

  it("show in preview what an update runs, and the next one has nothing to do", async () => {
    const wanted = at({ of_note: byNote, since });
    await apply(database, deployment, at());
    const { messages } = await preview(database, deployment, wanted);
    const shown =
      messages.join("\n").match(/(?<=^ +)CREATE FUNCTION.*(?=;  -- parent app\.events ACCESS SHARE \| instant \|)/gm) ??
      [];
    expect(shown).toHaveLength(2);
    expect(messages.join("\n")).toContain("app.of_note(text, timestamptz, timestamptz) is missing");
    const sent = await statementsDuring(database, () => apply(database, deployment, wanted));
    expect(sent.map(({ sql }) => sql).filter((sql) => sql.startsWith("CREATE FUNCTION"))).toEqual(shown);
    expect((await preview(database, deployment, wanted)).steps).toEqual([]);
    expect(await refresh(database, deployment, wanted)).toEqual([]);
    expect(await apply(database, deployment, wanted)).toEqual([]);
  });

  it("are repaired when they were altered or dropped by hand", async () => {
    const wanted = at({ of_note: byNote, since });
    await apply(database, deployment, wanted);
    const defined =
      "select pg_get_functiondef(p.oid) from pg_proc p where p.pronamespace = 'app'::regnamespace order by 1";
    const before = await column(database, defined);
    for (const hand of [
      "alter function app.since(timestamptz) security definer set search_path = app",
      `create or replace function app.since(p_start timestamptz default now()) returns table (id bigint, at timestamptz, note text)
         language sql volatile as 'select * from app.events'`,
      "drop function app.of_note(text, timestamptz, timestamptz)",
    ]) {
      await database.query(hand);
      expect(await refresh(database, deployment, wanted)).toEqual([expect.stringContaining("::events-window")]);
      expect(await apply(database, deployment, wanted)).toEqual(["update events-window"]);
      expect(await column(database, defined)).toEqual(before);
    }
    expect(await apply(database, deployment, wanted)).toEqual([]);
  });

  it("keep their grants through every change, and are dropped with their declaration", async () => {
    await apply(database, deployment, at({ since, of_note: byNote }));
    await database.query(`revoke all on function app.since(timestamptz) from public;
      grant execute on function app.since(timestamptz) to pg_monitor with grant option;
      create view app.recent as select * from app.of_note('n1');
      create function app.other() returns int language sql as 'select 1'`);
    const grants = "select proacl::text from pg_proc where proname = 'since'";
    const [granted] = await column(database, grants);
    const narrow = await up(database, deployment, at({ since, of_note: since }));
    expect(narrow.error).toContain("view app.recent depends on function");
    const sized = { p_id: "numeric(10,2)" };
    const moved = { ...byNote, where: "note = p_note and id > 0" };
    const steps = await apply(
      database,
      deployment,
      at({ since: { arguments: sized, where: "id < p_id", from: "p_start" }, of_note: moved }),
    );
    expect(steps).toEqual(["update events-window"]);
    expect(await column(database, grants)).toEqual([granted]);
    expect(await column(database, MADE)).toEqual([
      "app.of_note(text,timestamp with time zone,timestamp with time zone)",
      "app.other()",
      "app.since(numeric,timestamp with time zone)",
    ]);
    await database.query("drop view app.recent");
    expect(await apply(database, deployment, at())).toEqual(["update events-window"]);
    expect(await column(database, MADE)).toEqual(["app.other()"]);
  });

  it("never replace a function that is not managed: refused already in preview, with the statement that renames it", async () => {
    await database.query("create function app.since(text) returns int language sql as 'select 1'");
    const { error } = await preview(database, deployment, at({ since }));
    expect(error).toContain("the function app.since(text) exists and is not managed here: it is not replaced");
    expect(error).toContain(`ALTER FUNCTION "app"."since"(text) RENAME TO`);
    await database.query("alter function app.since(text) rename to since_old");
    await apply(database, deployment, at({ since }));
    expect(await column(database, MADE)).toEqual(["app.since(timestamp with time zone)", "app.since_old(text)"]);
  });

  it("are judged by the server before anything is changed, every problem at its argument", async () => {
    const wrong = {
      a: { arguments: { p_note: "nosuch" }, where: "note = p_note", from: "p_from" },
      b: { arguments: { p_note: "text" }, where: "nothing = p_note", from: "p_from" },
      c: { from: { name: "p_from", default: "no_clock()" } },
      d: { arguments: { p_note: "int" }, where: "note ~ p_note", from: "p_from" },
    };
    const { error = "" } = await preview(database, deployment, at(wrong));
    for (const path of ["a.arguments.p_note", "b.where", "c.from.default", "d.where"])
      expect(error).toContain(`queryFunctions.${path}: the server refuses`);
    expect(await column(database, MADE)).toEqual([]);
    expect(await failure(database.query("select from app.events"))).toMatch(/^42P01/);
  });

  it("follow the columns of the table, and keep no partition, no column and no table from leaving", async () => {
    const columns = { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } };
    const mode = { resources: "window", grace: "none" } as const;
    await apply(database, deployment, at({ since }, mode));
    const wider = { ...columns, size: { type: "int", nullable: true } };
    const shown = await preview(database, deployment, at({ since }, { columns: wider, ...mode }));
    expect(shown.messages.join("\n")).toMatch(
      /DROP FUNCTION "app"."since".*[^]*CREATE FUNCTION "app"."since".*"size" int/,
    );
    await apply(database, deployment, at({ since }, { columns: wider, ...mode }));
    await database.query("insert into app.events values (1, '2025-03-05', 'a', 5)");
    expect(await column(database, "select size from app.since('2025-03-01')")).toEqual(["5"]);
    await apply(database, deployment, at({ since }, { columns, dropColumns: ["size"], ...mode }));
    expect(await database.query("select * from app.since('2025-03-01')")).toMatchObject([{ id: "1", note: "a" }]);
    // Months later partitions are detached and dropped; then the table goes.
    await apply(database, deployment, at({ since }, mode, "2025-06-10"));
    expect(await column(database, "select count(*) from app.since('2025-03-01')")).toEqual(["0"]);
    const allowed = { config: { allowDestroy: '["app.events"]' } };
    await apply(database, deployment, { tables: {}, asOf: "2025-06-10T00:00:00Z" }, allowed);
    expect(await column(database, MADE)).toEqual([]);
    expect(await failure(database.query("select from app.events"))).toMatch(/^42P01/);
  });

  it("do not keep a converted table from becoming plain again", async () => {
    const queryFunctions = { since };
    await apply(database, deployment, NO_TABLE);
    await database.query(CONVERTIBLE_TABLE);
    const before = await column(database, MADE);
    await apply(database, deployment, conversionProgram({ queryFunctions }));
    expect(await column(database, "select count(*) > 0 from app.since('2025-01-01')")).toEqual(["true"]);
    expect((await preview(database, deployment, conversionProgram({ queryFunctions }))).steps).toEqual([]);
    const back = { queryFunctions, convertFrom: { historyUntil: "2025-04-01", until: "prepare" } } as const;
    expect((await up(database, deployment, conversionProgram(back))).error).toBeUndefined();
    expect(await column(database, MADE)).toEqual(before);
    expect(named((await preview(database, deployment, conversionProgram(back))).steps)).toEqual([]);
  });
});
