import { afterAll, afterEach, describe, expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { withPgParquet } from "../support/harness/pg-parquet";
import { endPlugins } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { leaves } from "./support";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const folder = new ArchiveFolder();
afterAll(() => folder.remove());
const declared = folder.declared({ archive: { to: `file://${folder.path}`, method: "pg_parquet" } });
const ROWS = `insert into app.events select n, '2025-02-05'::timestamptz + n * interval '1.000001 s',
  case n % 4 when 0 then null when 1 then '' when 2 then 'a "quoted", line' || chr(10) || '😀' else 'note' end from generate_series(1, 5000) n`;

describe("archives of which the server makes the files by pg_parquet", () => {
  const database = withDatabase();

  it("fail at the end of the update where the extension is missing, with what makes it; preview says so, and nothing leaves the table", async () => {
    await reset(database);
    const deployment = new Deployment();
    expect((await up(database, deployment, program(march, declared))).error).toBeUndefined();
    const why = /does not have the extension pg_parquet.*shared_preload_libraries.*CREATE EXTENSION pg_parquet/;
    const shown = await preview(database, deployment, program(april, declared));
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toMatch(why);
    const refused = await up(database, deployment, program(april, declared));
    expect(refused.error).toMatch(why);
    expect(await leaves(database)).toEqual([
      "events_p2025_02",
      "events_p2025_03",
      "events_p2025_04",
      "events_p2025_05",
    ]);
  });

  it("hold every row, proved by decoding them, and are restored to the letter", async (context) => {
    await withPgParquet(context, async (client, url) => {
      await client.query("drop schema if exists app, pgpartition cascade");
      await client.query("create schema app");
      const deployment = new Deployment();
      expect((await up({ url }, deployment, program(march, declared))).error).toBeUndefined();
      await client.query(ROWS);
      await client.query("create table app.before as table app.events");
      const run = await up({ url }, deployment, program(april, declared));
      expect(run.error).toBeUndefined();
      expect(folder.manifest({ url }, "20250201")).toMatchObject({ rows: 5000, encoding: "parquet" });
      expect((await client.query("select to_regclass('app.events_p2025_02') as gone")).rows).toEqual([{ gone: null }]);
      const restored = await onDatabase({ url }, "restore", "app.events", "--from", "2025-02", "--name", "back");
      expect(restored.stdout).toContain("app.back: 5000 rows");
      const difference =
        "(table app.before except all table app.back) union all (table app.back except all table app.before)";
      expect((await client.query(difference)).rows).toEqual([]);
    });
  });
});
