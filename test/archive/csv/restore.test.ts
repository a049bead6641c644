import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { onDatabase } from "../../cli/support";
import { testVersions, withDatabase } from "../../support/database";
import { ArchiveFolder } from "../../support/harness/archive-folder";
import { Deployment } from "../../support/harness/deployment";
import { program, reset } from "../../support/harness/fixture";
import { preview, up } from "../../support/harness/rounds";
import { makeTypes } from "../parquet/support";
import { samples } from "../parquet/samples";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe.each(testVersions())("PostgreSQL %s, an archive in CSV", (version) => {
  const database = withDatabase(version);
  const folder = new ArchiveFolder();
  const known = samples.filter(({ since = 15 }) => version >= since);
  let client: Client;
  let messages: string;

  beforeAll(async () => {
    await reset(database);
    await database.query(`create schema if not exists app`);
    await makeTypes(database, "app");
    client = await database.connect();
    await client.query("set search_path = app, public, pg_catalog");
    await client.query(
      `create table app.events (id bigint not null, at timestamptz not null, note text, ${known
        .map(({ type }, index) => `v${String(index)} ${type}`)
        .join(", ")}) partition by range (at)`,
    );
    await client.query(`alter table app.events owner to ${database.user}; grant all on schema app to ${database.user}`);
    const deployment = new Deployment();
    const archive = { to: `file://${folder.path}`, format: "csv" as const };
    const declared = (asOf: string) => {
      const base = program(asOf, folder.declared({ archive }));
      const { columns: _c, primaryKey: _p, indexes: _i, ...events } = base.tables["events"] as TableSpecArgs;
      return { ...base, tables: { events } };
    };
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    for (const [index, { values }] of known.entries())
      for (const value of [...values, null])
        await client.query(
          `insert into app.events (id, at, note, v${String(index)}) values ($1, '2025-02-05', $2, $3)`,
          [index, value === null ? null : "", value],
        );
    await client.query("create table app.before as table app.events");
    const run = await up(database, deployment, declared(april));
    expect(run.error).toBeUndefined();
    messages = run.messages.join("\n");
    expect((await preview(database, deployment, declared(april))).steps).toEqual([]);
  }, 120_000);
  afterAll(async () => {
    await client.end();
    folder.remove();
    await database.query("drop schema app cascade");
  });

  it("is stored as PostgreSQL's CSV next to its manifest, and its partition is dropped", async () => {
    expect(folder.objects(database, "20250201")).toEqual(["_manifest.json", "part-00001.csv.zst"]);
    expect(folder.manifest(database, "20250201")).toMatchObject({ encoding: "csv", generation: 1 });
    expect(messages).toMatch(/archived events_p2025_02 .*: \d+ rows in 1 objects, proved, .*\/gen=1\/_manifest\.json/);
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    const list = await onDatabase(database, "archives", "app.events");
    expect(list.stdout).toMatch(/^2025-02-01T00:00:00Z\/2025-03-01T00:00:00Z  \d+ rows, .* dropped .*manifest\.json$/m);
  });

  it("E12 is restored from CSV with every type as it was, by EXCEPT both ways and to the letter", async () => {
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    const except = (one: string, two: string) =>
      database.query(`select t::text from ${one} t except all select t::text from ${two} t`);
    expect(await except("app.before", "app.events_p2025_02_restored")).toEqual([]);
    expect(await except("app.events_p2025_02_restored", "app.before")).toEqual([]);
    // From the place alone, as nobody needs the ledger for it.
    const manifest = `file://${folder.of(database, "20250201")}/_manifest.json`;
    const again = await onDatabase(database, "restore", "app.events", "--manifest", manifest, "--name", "again");
    expect(again).toMatchObject({ code: 0 });
    expect(await except("app.before", "app.again")).toEqual([]);
  });

  it("is asked together with the table, in its types", async () => {
    const sql =
      'select count(*)::int as n, count(v0)::int as small, sum(id)::int as s, min("at")::text as earliest from events';
    const asked = await onDatabase(database, "query", "app.events", sql, "--json");
    expect(asked).toMatchObject({ code: 0, stderr: expect.stringContaining("of 1 archives") });
    const [wanted] = await database.query(
      "select count(*)::int as n, count(v0)::int as small, sum(id)::int as s from app.before",
    );
    expect(JSON.parse(asked.stdout)).toMatchObject({ ...wanted, earliest: expect.stringMatching(/^2025-02-0[45] /) });
  });
});
