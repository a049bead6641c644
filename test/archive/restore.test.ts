import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase, pgpartition } from "../cli/support";
import { testVersions, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { makeTypes } from "./parquet/support";
import { samples } from "./parquet/samples";
import { itAlike } from "../support/sample";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe.each(testVersions())("PostgreSQL %s, a restored archive", (version) => {
  const database = withDatabase(version);
  const other = withDatabase(version);
  const folder = new ArchiveFolder();
  const known = samples.filter(({ since = 15 }) => version >= since);
  const columns = Object.fromEntries(known.map((_, index) => [`v${String(index)}`, index]));
  let client: Client;

  beforeAll(async () => {
    await reset(database);
    for (const one of [database, other]) {
      await one.query(`create schema if not exists app`);
      await makeTypes(one, "app");
    }
    // A table of another tool: its columns are of every type that there is.
    client = await database.connect();
    await client.query("set search_path = app, public, pg_catalog");
    await client.query(
      `create table app.events (id bigint not null, at timestamptz not null, note text, ${known
        .map(({ type }, index) => `v${String(index)} ${type}`)
        .join(", ")}, doubled bigint generated always as (id * 2) stored) partition by range (at)`,
    );
    await client.query(`alter table app.events owner to ${database.user}; grant all on schema app to ${database.user}`);
    const deployment = new Deployment();
    const {
      columns: _columns,
      primaryKey: _key,
      indexes: _indexes,
      ...rest
    } = {
      columns: undefined,
      primaryKey: undefined,
      indexes: undefined,
      ...folder.declared(),
    };
    const declared = (asOf: string) => {
      const base = program(asOf, rest as Partial<TableSpecArgs>);
      const { columns: _c, primaryKey: _p, indexes: _i, ...events } = base.tables["events"] as TableSpecArgs;
      return { ...base, tables: { events } };
    };
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    for (const [name, index] of Object.entries(columns))
      for (const value of [...(known[index]?.values ?? []), null])
        await client.query(`insert into app.events (id, at, note, ${name}) values ($1, '2025-02-05', $2, $3)`, [
          index,
          value === null ? null : "",
          value,
        ]);
    await client.query("create table app.before as table app.events");
    const run = await up(database, deployment, declared(april));
    expect(run.error).toBeUndefined();
  }, 120_000);
  afterAll(async () => {
    await client.end();
    folder.remove();
    await database.query("drop schema app cascade");
  });

  const text = async (on: typeof database, table: string): Promise<string[]> =>
    (await on.query<{ row: string }>(`select t::text as row from ${table} t order by 1`)).map(({ row }) => row);

  it("E12 has every row and every type as it was, by EXCEPT both ways and to the letter", async () => {
    const result = await onDatabase(database, "restore", "app.events", "--from", "2025-02");
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toMatch(/^app\.events_p2025_02_restored: \d+ rows, as they were archived in file:/);
    const shape = (table: string) =>
      database.query(`select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull from pg_attribute a
        where a.attrelid = '${table}'::regclass and a.attnum > 0 order by a.attnum`);
    expect((await shape("app.events_p2025_02_restored")).map((row) => ({ ...row, attnotnull: null }))).toEqual(
      (await shape("app.before")).map((row) => ({ ...row, attnotnull: null })),
    );
    const except = (one: string, two: string) =>
      database.query(`select t::text from ${one} t except all select t::text from ${two} t`);
    expect(await except("app.before", "app.events_p2025_02_restored")).toEqual([]);
    expect(await except("app.events_p2025_02_restored", "app.before")).toEqual([]);
  });

  itAlike(version)("has every row as it was as a partition too", async () => {
    const result = await onDatabase(database, "restore", "app.events", "--from", "2025-02", "--as", "partition");
    expect(result).toMatchObject({ code: 0 });
    const except = (one: string, two: string) =>
      database.query(`select t::text from ${one} t except all select t::text from ${two} t`);
    expect(await except("app.before", "app.events")).toEqual([]);
    expect(await except("app.events", "app.before")).toEqual([]);
    await database.query("alter table app.events detach partition app.events_p2025_02; drop table app.events_p2025_02");
  });

  it("goes into another database, once its types are there", async () => {
    await other.query("drop domain app.day cascade");
    const args = ["restore", "app.events", "--from", "2025-02-01", "--name", "feb", "--into", other.url] as const;
    const refused = await onDatabase(database, ...args);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /columns of types that this database does not have: .*CREATE DOMAIN app\.day AS date;/,
    );
    await other.query("create domain app.day as date");
    await other.query(`grant all on schema app to ${database.user}`);
    expect(await onDatabase(database, ...args)).toMatchObject({ code: 0 });
    expect(await text(other, "app.feb")).toEqual(await text(database, "app.before"));
  });

  itAlike(version)("is asked together with the table, without restoring it", async () => {
    const asked = await onDatabase(
      database,
      "query",
      "app.events",
      "select count(*)::int as n, count(v0)::int as small, sum(id)::int as s from events",
      "--json",
    );
    expect(asked).toMatchObject({ code: 0 });
    const [wanted] = await database.query(
      "select count(*)::int as n, count(v0)::int as small, sum(id)::int as s from app.before",
    );
    expect(JSON.parse(asked.stdout)).toEqual(wanted);
    expect(asked.stderr).toMatch(/0 rows of the table and \d+ of 1 archives since 2025-02-01T00:00:00Z/);
  });

  itAlike(version)(
    "F03 refuses a table that exists, and a range without an archive with the existing ones named",
    async () => {
      await database.query("create table app.taken ()");
      const taken = await onDatabase(database, "restore", "app.events", "--from", "2025", "--name", "taken");
      expect(taken.stderr).toMatch(/"app"\."taken" exists: nothing was restored/);
      const nothing = await onDatabase(database, "restore", "app.events", "--from", "2020-01", "--to", "2020-03");
      expect(nothing.stderr).toMatch(
        /no archive of "app\.events" is in that range; archives exist from 2025-02-01T00:00:00Z/,
      );
      expect((await onDatabase(database, "restore", "app.events", "--from", "soon")).stderr).toMatch(
        /"soon" is not a time/,
      );
      const list = await onDatabase(database, "archives", "app.events");
      expect(list.stdout).toMatch(/^2025-02-01T00:00:00Z\/2025-03-01T00:00:00Z  \d+ rows, .* dropped /);
    },
  );

  itAlike(version)(
    "E15 of a damaged object or manifest is refused before a row of it counts, by whichever way it is reached",
    async () => {
      const file = join(folder.of(database, "20250201"), "part-00001.parquet");
      const whole = readFileSync(file);
      const damaged = Buffer.from(whole);
      damaged[Math.floor(damaged.length / 2)] = (damaged[Math.floor(damaged.length / 2)] ?? 0) ^ 1;
      writeFileSync(file, damaged);
      const manifest = `file://${folder.of(database, "20250201")}/_manifest.json`;
      const refused = await pgpartition(["restore", "app.events", "--manifest", manifest, "--name", "again"], {
        env: { DATABASE_URL: database.url },
      });
      expect(refused.stderr).toMatch(/part-00001\.parquet" is damaged: its SHA-256 is [0-9a-f]{64}/);
      expect(await database.query("select from pg_class where relname = 'again'")).toEqual([]);
      writeFileSync(file, whole);
      const restored = await onDatabase(database, "restore", "app.events", "--manifest", manifest, "--name", "again");
      expect(restored).toMatchObject({ code: 0 });
      expect(await text(database, "app.again")).toEqual(await text(database, "app.before"));
    },
  );
});
