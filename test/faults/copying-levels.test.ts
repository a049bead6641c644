// A plain table that is copied into several levels: given values, values of other tables and of the rows, HASH above and below time.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { leveledProgram, OBSERVED_TABLE, SOURCED } from "../support/harness/leveled-copy";
import { preview, up } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { firstOn, itAlike } from "../support/sample";

const COPIED = "after copying blocks of app.obs";

const MONTHS = { range: "at", every: "month", name: "{base}_{yyyy}_{mm}" } as const;

/** The broadest first. */
const SHAPES: Readonly<Record<string, TableSpecArgs["partitionBy"]>> = {
  "LIST, HASH, time and HASH": [
    { list: "program_id", values: ["abc-123", "old", "lost"], name: "{table}_{value}" },
    { hash: "user_id", modulus: 2, name: "{base}_u{remainder}" },
    MONTHS,
    { hash: "id", modulus: 2, name: "{base}_h{remainder}" },
  ],
  "HASH and time": [{ hash: "id", modulus: 3, name: "{table}_h{remainder}" }, MONTHS],
  "time and HASH": [
    { ...MONTHS, name: "{table}_{yyyy}_{mm}" },
    { hash: "id", modulus: 2, name: "{base}_h{remainder}" },
  ],
  "LIST and time": [{ list: "program_id", values: ["abc-123", "old", "lost"], name: "{table}_{value}" }, MONTHS],
  "LIST from two tables and time, weekly for one site": SOURCED,
};

describe.each(testVersions())("PostgreSQL %s, a plain table is copied into", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(OBSERVED_TABLE);
    await database.query("alter table app.obs alter user_id set not null");
  });

  const rows = () =>
    database.query("select id, program_id, site_id, at, growth::text, user_id from app.obs order by id");
  const tree = async (pattern = ".") =>
    (
      await database.query<{ name: string }>(
        "select c.relname as name from pg_partition_tree('app.obs') t join pg_class c on c.oid = t.relid where t.level > 0 and c.relname ~ $1 order by 1",
        [pattern],
      )
    ).map(({ name }) => name);

  it.each(firstOn(version, Object.entries(SHAPES)))("%s, with what is written meanwhile", async (_, levels) => {
    const program = leveledProgram(levels);
    const stop = stopAt(COPIED);
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await database.query(`
      update app.obs set growth = growth + 1 where id % 7 = 0;
      update app.obs set program_id = 'abc-123', site_id = 'def-456', at = at + interval '31 days' where id % 50 = 3;
      update app.obs set id = id + 100000 where id % 60 = 1;
      delete from app.obs where id % 11 = 0;
      insert into app.obs select n, 'abc-123', 'xyz-789', timestamptz '2024-11-05 00:00+00' + n * interval '1 second', 1, 1 from generate_series(200000, 200100) n`);
    const before = await rows();
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect(await database.query("select relkind from pg_class where oid = 'app.obs'::regclass")).toEqual([
      { relkind: "p" },
    ]);
    expect(
      await database.query(
        "select conrelid::regclass::text as at, convalidated from pg_constraint where conname = 'obs_user' and conparentid = 0",
      ),
    ).toEqual([{ at: "app.obs", convalidated: true }]);
    expect((await left(database)).orphans).toEqual([]);
    expect(await preview(database, deployment, program)).toMatchObject({ steps: [], error: undefined });
    await database.query("delete from app.users where id = 3");
    expect(await database.query("select count(*)::int as n from app.obs where user_id = 3")).toEqual([{ n: 0 }]);
  });

  itAlike(version)("branches of values that appear while it is copied, whether a table names them or not", async () => {
    const program = leveledProgram(SOURCED);
    const shown = await preview(database, deployment, program);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(
      /rows of "lost" \/ "nowhere" are copied, and get the partitions that they need; neither the declaration nor a table of values names them/,
    );
    expect(shown.messages.join("\n")).toMatch(/rows of "old" \/ "s" are copied.*ended/);
    const stop = stopAt(COPIED);
    const run = up(database, deployment, program, { env: stop.env });
    await stop.reached();
    await database.query(`
      insert into app.programs values ('new-1', '2027-01-01');
      insert into app.sites values ('first', 'new-1');
      insert into app.obs values (-1, 'new-1', 'first', '2025-03-02', 1, 1), (-2, 'never', 'named', '2024-02-02', 1, 1), (-3, 'abc-123', 'other', '2025-05-05', 1, 1);
      insert into app.obs values (-4, 'gone', 'again', '2024-02-02', 1, 1);
      delete from app.obs where id = -4`);
    const before = await rows();
    stop.goOn();
    expect((await run).error).toBeUndefined();
    expect(await rows()).toEqual(before);
    // One that a table names gets its window, the others get what their rows need.
    expect(await tree("^obs_prog_new1_site")).toEqual(
      ["", "_2025_01", "_2025_02", "_2025_03", "_2025_04"].map((end) => `obs_prog_new1_site_first${end}`),
    );
    expect(await tree("^obs_prog_never")).toEqual([
      "obs_prog_never",
      "obs_prog_never_site_named",
      "obs_prog_never_site_named_2024_02",
    ]);
    expect(await tree("_site_other")).toEqual(["obs_prog_abc123_site_other", "obs_prog_abc123_site_other_2025_05"]);
    expect(await tree("_site_s")).toEqual([
      "obs_prog_old_site_s",
      "obs_prog_old_site_s_2025_01",
      "obs_prog_old_site_s_2025_02",
    ]);
    expect(await tree("_gone")).toEqual([]);
    expect(await tree("xyz789_2025_w09")).toEqual(["obs_prog_abc123_site_xyz789_2025_w09"]);
    const after = await preview(database, deployment, program);
    expect(after).toMatchObject({ steps: [], error: undefined });
    // The branches are those of the table from now on: a value that a table names later is adopted.
    await database.query(
      "insert into app.programs values ('lost', '2027-01-01'); insert into app.sites values ('nowhere', 'lost')",
    );
    expect((await up(database, deployment, program)).error).toBeUndefined();
    expect(await tree("_nowhere_2025_0[34]")).toHaveLength(2);
    expect(await rows()).toEqual(before);
  });

  itAlike(version)("branches of a value that appears while that of another one is created", async () => {
    const stop = stopAt(COPIED);
    const run = up(database, deployment, leveledProgram(SOURCED), { env: stop.env });
    await stop.reached();
    const holder = await database.connect();
    try {
      // A branch is created once no session reads the copy.
      await holder.query("begin; lock table app.obs_copy in access share mode");
      await database.query("insert into app.obs values (-1, 'first', 'one', '2025-02-02', 1, 1)");
      stop.goOn();
      await until(async () => {
        const waiting = await database.query(
          "select from pg_locks where relation = 'app.obs_copy'::regclass and not granted",
        );
        return waiting.length > 0;
      });
      await database.query("insert into app.obs values (-2, 'second', 'two', '2025-02-02', 1, 1)");
      await holder.query("commit");
    } finally {
      await holder.end();
    }
    const before = await rows();
    expect((await run).error).toBeUndefined();
    expect(await rows()).toEqual(before);
    expect(await tree("^obs_prog_(first|second)_site_..._")).toEqual([
      "obs_prog_first_site_one_2025_02",
      "obs_prog_second_site_two_2025_02",
    ]);
  });

  itAlike(version)(
    "three levels, and a row of the third that another session has changed is found and named",
    async () => {
      const stop = stopAt(COPIED);
      const run = up(database, deployment, leveledProgram(SOURCED), { env: stop.env });
      await stop.reached();
      await database.query("update app.obs_prog_old_site_s_2025_01 set growth = growth + 1 where id = 18");
      stop.goOn();
      const { error } = await run;
      expect(error).toMatch(/the copy is not equal to the table: .*\(18, old, s, .*\) different in growth/);
      expect(await database.query("select relkind from pg_class where oid = 'app.obs'::regclass")).toEqual([
        { relkind: "r" },
      ]);
      // Removed from the program, the conversion takes everything back.
      expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
      expect(
        await database.query(
          "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') order by 1",
        ),
      ).toEqual(["obs", "programs", "sites", "users"].map((relname) => ({ relname })));
    },
  );

  itAlike(version).each([
    [
      "with rows that have no value",
      "alter table app.obs alter site_id drop not null; update app.obs set site_id = null where id < 4",
      /3 rows have no "site_id", and NULL belongs to no branch/,
    ],
    [
      "with a unique key that lacks a level",
      "create unique index once on app.obs (id, at)",
      /unique index "once" \(id, at\) lacks "program_id", "site_id"/,
    ],
    ["without the column of a level", "alter table app.obs drop site_id", /"app\.obs" has no column "site_id"/],
    ["whose values cannot be read", "alter table app.programs rename to others", /cannot be read from app\.programs/],
    [
      "beside a table that has the name of a branch",
      "create table app.obs_prog_lost ()",
      /"app\.obs_prog_lost" exists already/,
    ],
    [
      "whose column of HASH may be NULL",
      "alter table app.obs alter user_id drop not null",
      /"user_id" may be NULL, and becomes a column of the primary key/,
      SHAPES["LIST, HASH, time and HASH"],
    ],
  ])("several levels: one %s is refused before anything is changed", async (_, sql, message, levels = SOURCED) => {
    await database.query(sql);
    const { error } = await preview(database, deployment, leveledProgram(levels));
    expect(error).toMatch(message);
  });
});
