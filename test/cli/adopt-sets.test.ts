import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { partitions } from "../provider/support";
import { anyVersion } from "../support/database";
import type { Program } from "../support/harness/declare";
import { Deployment } from "../support/harness/deployment";
import { preview, up } from "../support/harness/rounds";
import {
  DAY,
  HOUR,
  monthStart,
  months,
  now,
  parts,
  PLAIN,
  quoted,
  run,
  table,
  tag,
  text,
  today,
  uuid,
  VERSIONED,
} from "./adopt-ranges";
import { withOutFolder } from "./adopt-support";
import { evaluate } from "./printed-program";
import { onDatabase, withinOneHour } from "./support";

interface Case {
  readonly sql: string;
  /** Words of the printed program. */
  readonly says: readonly RegExp[];
  readonly options?: readonly string[];
  /** To be run before the first update, as the program says. */
  readonly before?: readonly string[];
  /** How many partitions the first update may make; left out: none. */
  readonly makes?: boolean;
}

/** Sets of other makers, of which the field cases are samples. */
const SETS: Readonly<Record<string, Case>> = {
  "milliseconds in seven days from the epoch": {
    sql: `${table("bigint not null")} ${parts("t", run("t", 7 * DAY, Math.floor(now / (7 * DAY)) * 7 * DAY - 28 * DAY, 8, String))}`,
    says: [/key: "epoch-ms"/, /no interval here is 7 days/, /every: "week"/],
  },
  "seconds in four bytes by days": {
    sql: `${table("integer not null")} ${parts(
      "t",
      run("t", DAY, today - 3 * DAY, 7, (time) => String(time / 1000)),
    )}`,
    says: [/every: "day".*key: "epoch-s"/],
  },
  "UUIDv7 with version and variant by months": {
    sql: `${table("uuid not null")} ${parts(
      "t",
      months("t", (time) => `'${uuid(time, VERSIONED)}'`),
    )}`,
    says: [/every: "month".*key: "uuidv7"/],
  },
  "days that end with their last second": {
    sql: `${table("timestamp not null")} ${parts("t", run("t", DAY, today - 5 * DAY, 8, quoted, 1000))}`,
    says: [/the gaps belong to none/, /the first update creates "t_/],
    makes: true,
  },
  "twelve hours": {
    sql: `${table("timestamptz not null")} ${parts("t", run("t", 12 * HOUR, today - 3 * DAY, 12, quoted))}`,
    says: [/no interval here is 12 hours/, /each new one is an hour/],
  },
  "days from 05:00 UTC": {
    sql: `${table("timestamptz not null")} ${parts("t", run("t", DAY, today - 5 * DAY + 5 * HOUR, 9, quoted))}`,
    says: [/constant offset -05:00/, /--zone/, /every: "day".*zone: "-05:00"/],
  },
  "two weeks of a date": {
    sql: `${table("date not null")} ${parts(
      "t",
      run("t", 14 * DAY, today - 42 * DAY, 6, (time) => `'${text(time).slice(0, 10)}'`),
    )}`,
    says: [/no interval here is 14 days/, /an ISO week/],
  },
  "250 hours": {
    sql: `${table("timestamptz not null")} ${parts("t", run("t", HOUR, today - 200 * HOUR, 250, quoted))}`,
    says: [/resources: "window"/],
  },
  "months and one without an end": {
    sql: `${table("timestamptz not null")} ${parts("t", months("t", quoted))}
      create table app.t_future partition of app.t for values from (${quoted(monthStart(3))}) to (maxvalue);`,
    says: [/"t_future" has no end/, /lead: \{ until: /],
  },
  "a key that may be NULL, with columns": {
    sql: `${table("timestamptz")} ${parts("t", months("t", quoted))}`,
    options: ["--columns"],
    says: [
      /before the first update.*the key "at" may be NULL/,
      /ALTER TABLE "app"."t" ALTER COLUMN "at" SET NOT NULL;/,
    ],
    before: [
      `ALTER TABLE "app"."t" ADD CONSTRAINT "t_at_filled" CHECK ("at" IS NOT NULL) NOT VALID`,
      `ALTER TABLE "app"."t" VALIDATE CONSTRAINT "t_at_filled"`,
      `ALTER TABLE "app"."t" ALTER COLUMN "at" SET NOT NULL`,
      `ALTER TABLE "app"."t" DROP CONSTRAINT "t_at_filled"`,
    ],
  },
  "columns of types and kinds that a declaration says by halves": {
    sql: `create type app.mood as enum ('sad', 'happy'); create table app.other (id bigint primary key);
      create table app.t (id bigint not null, at timestamptz not null, mood app.mood not null default 'sad',
        upper_id bigint generated always as (id * 2) stored, tags text[] not null default array['a', 'b'],
        other_id bigint references app.other (id) deferrable initially deferred, primary key (id, at)) partition by range (at);
      ${parts("t", months("t", quoted))}`,
    options: ["--columns"],
    says: [
      /"app\.mood"/,
      /column "upper_id" is generated/,
      /foreign key "t_other_id_fkey" has more than can be declared/,
    ],
  },
  "columns of a domain and of a type of several words": {
    sql: `create domain app.amount as numeric(12, 2) check (value >= 0);
      create table app.t (id bigint not null, at timestamptz not null, span interval day to second, price app.amount) partition by range (at);
      ${parts("t", months("t", quoted))}`,
    options: ["--columns"],
    says: [/app\.amount/],
  },
};

describe.each(anyVersion())("PostgreSQL %s, pgpartition adopt of sets that other makers cut", (version) => {
  const { database, deployment, folder } = withOutFolder(version);

  async function adopt(...options: readonly string[]) {
    const { result, asOf } = await withinOneHour(database, async () => {
      await rm(join(folder(), "t.ts"), { force: true });
      return onDatabase(database, "adopt", "app.t", "--out", folder(), ...options);
    });
    const { code, stderr } = result;
    expect([code, stderr.replace(/^a key of kind \S+ cannot be imported.*\n/m, "")]).toEqual([0, ""]);
    const source = await readFile(join(folder(), "t.ts"), "utf8");
    const { name, args } = evaluate(source);
    return { source, program: { tables: { [name]: args }, asOf } satisfies Program };
  }

  it.each(Object.entries(SETS))("%s: the printed program runs, and creates what it announces", async (_, set) => {
    await database.query(set.sql);
    const there = await partitions(database, "t");
    const { source, program } = await adopt(...(set.options ?? []));
    for (const words of set.says) expect(source).toMatch(words);
    for (const sql of set.before ?? []) await database.query(sql);
    expect((await preview(database, deployment, program)).error).toBeUndefined();
    expect((await up(database, deployment, program)).error).toBeUndefined();
    const made = (await partitions(database, "t")).filter((name) => !there.includes(name));
    if (set.makes) for (const name of made.slice(0, 20)) expect(source).toContain(`creates "${name}"`);
    else expect(made).toEqual([]);
    expect((await partitions(database, "t")).length - made.length).toBe(there.length);
    expect((await up(database, deployment, program)).steps).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    [
      "a million ids each",
      `${table("bigint not null")} ${parts("t", run("t", 1_000_000, 0, 5, String))}`,
      /cut by bounds that are no times.*leave them to the tool/s,
    ],
    [
      "nanoseconds",
      `${table("bigint not null")} ${parts(
        "t",
        run("t", DAY, today, 3, (time) => `${time}000000`),
      )}`,
      /As nanoseconds they would begin on/,
    ],
    [
      "UUIDs by their first digit",
      `${table("uuid not null")} ${parts("t", [["t_0", "'00000000-0000-0000-0000-000000000000'", "'80000000-0000-0000-0000-000000000000'"]])}`,
      /no times/,
    ],
    [
      "nothing but an open beginning and an open end",
      `${table("timestamptz not null")} create table app.t_old partition of app.t for values from (minvalue) to (${quoted(monthStart(0))});
        create table app.t_new partition of app.t for values from (${quoted(monthStart(0))}) to (maxvalue);`,
      /no partition of "app.t" has both a beginning and an end/,
    ],
  ])("%s: no program is printed, and no advice that cannot help", async (_, sql, words) => {
    await database.query(sql);
    const run_ = await onDatabase(database, "adopt", "app.t");
    expect([run_.code, run_.stdout]).toEqual([1, ""]);
    expect(run_.stderr).toMatch(words);
    expect(run_.stderr).not.toContain("--key");
  });

  it("rows in a default partition that a missing one would take are reported, with a fix that works", async () => {
    const set = months("t", quoted).filter((_, index) => index !== 1);
    await database.query(`${table("timestamptz not null")} ${parts("t", set)}
      create table app.t_default partition of app.t default;
      insert into app.t values (1, ${quoted(monthStart(-1) + DAY)})`);
    const { source, program } = await adopt();
    expect(source).toMatch(
      /before the first update.*1 rows of 1 partitions to be created \("t_\d{6}"\) are in the default partition/,
    );
    expect((await preview(database, new Deployment(), program)).error).toContain("are in the default partition");
    const [[name, args] = ["", undefined]] = Object.entries(program.tables);
    if (!args) throw new Error("no table");
    const declared: Program = { ...program, tables: { [name]: { ...args, defaultPartition: { name: "t_default" } } } };
    expect((await up(database, new Deployment(), declared)).error).toBeUndefined();
    expect(await database.query("select count(*)::int as rows from app.t_default")).toEqual([{ rows: 0 }]);
  });

  it("a name that something else has is reported before the update would meet it", async () => {
    const set = months("t", quoted).filter((_, index) => index !== 1);
    const missing = `t_${tag(monthStart(-1)).slice(0, 6)}`;
    await database.query(`${table("timestamptz not null")} ${parts("t", set)} create table app.${missing} (id int)`);
    const { source } = await adopt();
    expect(source).toContain(
      `before the first update, rename the relation "${missing}", which is no partition of the table`,
    );
  });

  it("a given --key takes numbers of long ago, and reports what it creates", async () => {
    const start = Date.UTC(1991, 0, 1);
    await database.query(
      `${table("bigint not null")} ${parts(
        "t",
        run("t", DAY, start, 3, (time) => String(time / 1000)),
      )}`,
    );
    const { source } = await adopt("--key", "epoch-s");
    expect(source).toMatch(
      /read as epoch-s, all partitions are between 1991-01-01 and 1991-01-04, far from the present/,
    );
    expect(source).toMatch(/the first update creates \d+ more partitions/);
  });

  it.each<[string, (time: number, end: boolean) => string, string]>([
    ["with version and variant", (time) => `'${uuid(time, VERSIONED)}'`, VERSIONED],
    ["with the version alone", (time) => `'${uuid(time, "7000-0000-000000000000")}'`, "7000-0000-000000000000"],
    ["plain", (time) => `'${uuid(time, PLAIN)}'`, PLAIN],
    [
      "whose ends are the last of a millisecond",
      (time, end) => (end ? `'${uuid(time - 1, "7fff-bfff-ffffffffffff")}'` : `'${uuid(time, VERSIONED)}'`),
      VERSIONED,
    ],
  ])(
    "UUIDv7 %s: later partitions begin where the last ends, created by up and by the schedule alike",
    async (_, bound, tail) => {
      await database.query(`${table("uuid not null")} ${parts("t", months("t", bound))}`);
      const { program } = await adopt();
      expect((await up(database, deployment, program)).error).toBeUndefined();
      const last = bound(monthStart(3), true);
      const [prepared] = await database.query<{ sql: string }>(
        "select string_agg(s, ' ') as sql from pgpartition.prepared p, unnest(p.statements) s where p.lower_bound = $1::timestamptz",
        [new Date(monthStart(3)).toISOString()],
      );
      expect(prepared?.sql).toContain(`FOR VALUES FROM (${last}) TO ('${uuid(monthStart(4), tail)}')`);
      // The schedule's own functions read these bounds as well.
      expect(
        await database.query(
          "select count(*)::int as parts from pgpartition.parts('app.t', 'uuidv7', 'UTC') where starts_at is not null and ends_at is not null",
        ),
      ).toEqual([{ parts: 5 }]);
      const later: Program = { ...program, asOf: new Date(monthStart(1) + DAY).toISOString() };
      expect((await up(database, deployment, later)).error).toBeUndefined();
      const made = `t_${tag(monthStart(3)).slice(0, 6)}`;
      expect(
        await database.query("select pg_get_expr(relpartbound, oid) as bound from pg_class where relname = $1", [made]),
      ).toEqual([{ bound: `FOR VALUES FROM (${last}) TO ('${uuid(monthStart(4), tail)}')` }]);
    },
  );
});
