import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { onDatabase } from "../../cli/support";
import { testVersions, withDatabase } from "../../support/database";
import { Deployment } from "../../support/harness/deployment";
import { program, reset } from "../../support/harness/fixture";
import { up } from "../../support/harness/rounds";
import { makeTypes } from "../parquet/support";
import { samples } from "../parquet/samples";

const newest = Math.max(...testVersions()) as typeof testVersions extends () => readonly (infer V)[] ? V : never;

describe.each(testVersions())(
  `PostgreSQL %s, an archive table in a database of PostgreSQL ${String(newest)}`,
  (version) => {
    const database = withDatabase(version);
    const other = withDatabase(newest);
    const known = samples.filter(({ since = 15 }) => version >= since);
    const folder = mkdtempSync(join(tmpdir(), "pgpartition-test-passfile-"));
    const deployment = new Deployment();
    let client: Client;

    beforeAll(async () => {
      await reset(database, ["app", "archive"]);
      for (const one of [database, other]) {
        await one.query(`create schema if not exists app; create schema if not exists archive;
        grant all on schema app, archive to ${database.user}`);
        await makeTypes(one, "app");
      }
      // A table of another tool: its columns are of every type that there is.
      client = await database.connect();
      await client.query("set search_path = app, public, pg_catalog");
      const types = known.map(({ type }, index) => `v${String(index)} ${type}`).join(", ");
      await client.query(
        `create table app.events (id bigint not null, at timestamptz not null, note text, ${types}, doubled bigint generated always as (id * 2) stored) partition by range (at);
      alter table app.events owner to ${database.user}`,
      );
      expect((await run("2025-03-10T00:00:00Z")).error).toBeUndefined();
      for (const at of ["2025-02-05", "2025-03-05"])
        for (const [index, { values }] of known.entries())
          for (const value of [...values, null])
            await client.query(`insert into app.events (id, at, note, v${String(index)}) values ($1, $2, $3, $4)`, [
              index,
              at,
              value === null ? null : "",
              value,
            ]);
      await client.query("create table app.before as table app.events");
      const passfile = join(folder, "passfile");
      writeFileSync(
        passfile,
        `${other.host}:${String(other.port)}:${other.database}:${other.user}:${other.password}\n`,
      );
      chmodSync(passfile, 0o600);
    }, 120_000);
    afterAll(async () => {
      await client.end();
      rmSync(folder, { recursive: true });
    });

    const elsewhere = () => ({
      table: "archive.events",
      database: { url: `postgresql://${other.user}@${other.host}:${String(other.port)}/${other.database}` },
    });
    const run = (
      asOf: string,
      to: Exclude<NonNullable<TableSpecArgs["archive"]>["to"], string> = { table: "archive.events" },
    ) => {
      const { tables, ...rest } = program(asOf, { onExpire: "archive", grace: "none", archive: { to } });
      const { columns: _columns, primaryKey: _key, indexes: _indexes, ...events } = tables["events"] as TableSpecArgs;
      const declared = { ...rest, tables: { events } };
      return up(database, deployment, declared, { env: { PGPASSFILE: join(folder, "passfile") } });
    };
    const rows = async (on: Pick<typeof database, "query">, table: string, month: string): Promise<string[]> =>
      (
        await on.query<{ row: string }>(
          `select t::text as row from ${table} t where at >= '${month}-01' and at < '${month}-01'::timestamptz + interval '1 month' order by 1`,
        )
      ).map(({ row }) => row);

    it("every type as it was in the same database, by EXCEPT both ways", async () => {
      expect((await run("2025-04-10T00:00:00Z")).error).toBeUndefined();
      const february = "(select * from app.before where at < '2025-03-01')";
      const except = (one: string, two: string) =>
        database.query(`select t::text from ${one} t except all select t::text from ${two} t`);
      expect(await except(february, "archive.events")).toEqual([]);
      expect(await except("archive.events", february)).toEqual([]);
      expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    });

    it("every type as it was in the other one, with a password from the password file that nothing else has", async () => {
      await other.query("drop domain app.day");
      const refused = await run("2025-05-10T00:00:00Z", elsewhere());
      expect(refused.error).toMatch(/its database lacks a type that columns are of: CREATE DOMAIN app\.day AS date;/);
      expect(
        await database.query("select from pg_class where relname = 'events_p2025_03' and relispartition"),
      ).toHaveLength(1);
      await other.query("create domain app.day as date");
      const done = await run("2025-05-10T00:00:00Z", elsewhere());
      expect(done.error).toBeUndefined();
      const before = await rows(database, "app.before", "2025-03");
      expect(before.length).toBeGreaterThan(300);
      expect(await rows(other, "archive.events", "2025-03")).toEqual(before);
      expect(await database.query("select from pg_class where relname = 'events_p2025_03'")).toEqual([]);
      const kept = JSON.stringify([[...deployment.state.values()], done.messages]) + String(await left());
      expect(kept).toContain(`postgresql://${other.user}@`);
      expect(kept).not.toContain(other.password);
    });

    const left = async (): Promise<string> => {
      const ledger = await database.query("select l::text as row from pgpartition.ledger l");
      const registry = await database.query("select t::text as row from pgpartition.registry t");
      return JSON.stringify([ledger, registry]);
    };

    it("is listed; restore and query say that it is a table, and how its rows come back", async () => {
      const listed = await onDatabase(database, "archives", "app.events");
      expect(listed.stdout).toMatch(/ {2}table:\/\/\/[^\n]+\n[^\n]+ {2}table:\/\/127\.0\.0\.1/);
      for (const verb of [
        ["restore", "app.events"],
        ["query", "app.events", "select 1"],
      ] as const) {
        const refused = await onDatabase(database, ...verb, "--from", "2025-02");
        expect(refused.code).toBe(1);
        expect(refused.stderr).toMatch(/INSERT INTO "app"\."events" [^\n]*SELECT [^\n]* FROM "archive"\."events"/);
      }
    });
  },
);
