// A conversion by copy that is taken back: the former table is kept current meanwhile, and has every write.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { type TestDatabase, testVersions, withDatabase } from "../support/database";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const open = (changes: Partial<TableSpecArgs["convertFrom"]> = {}, more: Partial<TableSpecArgs> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", rollbackUntil: "2025-04-20", ...changes }, ...more });
const forth = open();
const back = open({ until: "verify" });

const digest = (database: TestDatabase, table: string) =>
  database.query(
    `select count(*)::int as rows, md5(string_agg(to_jsonb(e)::text, '|' order by at, id)) from ${table} e`,
  );

describe.each(testVersions())("PostgreSQL %s, a copied table whose way back is open", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let before: string[];

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    // Since 18 no row of it could be updated or deleted: its identity has a generated column, which is not published.
    await database.query(`${CONVERTIBLE_TABLE}; alter publication watch set (publish = 'insert, truncate')`);
    before = await describeAll(database);
    expect((await up(database, deployment, forth)).error).toBeUndefined();
  });

  it("is taken back with every kind of write, and all that was bound to it, and swapped again", async () => {
    expect((await preview(database, deployment, forth)).steps).toEqual([]);
    await database.query(`
      insert into app.events (run_id, at, note) select 1, timestamptz '2025-03-01' + n * interval '1 hour', 'since ' || n from generate_series(1, 300) n;
      update app.events set note = 'changed' where number % 7 = 0;
      update app.events set at = at + interval '31 days' where number % 50 = 1;
      delete from app.events where number % 11 = 0;
      create table app.events_extra partition of app.events for values from ('2025-06-01+00') to ('2025-07-01+00');
      insert into app.events (run_id, at, note) values (1, '2025-06-05', 'extra'), (1, '2025-06-06', 'more');
      truncate app.events_p2024_12;`);
    const rows = await digest(database, "app.events");
    const shown = await preview(database, deployment, back);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain("way back of app.events");
    expect(await digest(database, "app.events")).toEqual(rows);
    expect((await up(database, deployment, back)).error).toBeUndefined();
    expect(await digest(database, "app.events")).toEqual(rows);
    expect(
      (await describeAll(database)).filter((line) => !/events_(copy|p20|extra|pending)|pgpartition_capture/.test(line)),
    ).toEqual(before);
    expect([...deployment.state.values()].map(({ type }) => type)).toEqual(["ManagementSchema", "Conversion"]);
    expect((await left(database)).orphans).toEqual([]);
    expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
    // The copy is kept current, and swapped again.
    await database.query("insert into app.events (run_id, at, note) values (2, '2025-03-09', 'between')");
    const between = await digest(database, "app.events");
    expect((await up(database, deployment, forth)).error).toBeUndefined();
    expect(await digest(database, "app.events")).toEqual(between);
    expect(await database.query("select relkind from pg_class where oid = 'app.events'::regclass")).toEqual([
      { relkind: "p" },
    ]);
    expect(await preview(database, deployment, forth)).toMatchObject({ steps: [], error: undefined });
  });
});
