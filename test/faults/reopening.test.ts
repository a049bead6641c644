// A way back that is opened for a table which is partitioned already, however it became so: its rows come into a new plain table.
import { beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { type TestDatabase, testVersions, withDatabase } from "../support/database";
import { describeAll } from "../support/harness/describe-all";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const copied = (changes: Partial<TableSpecArgs["convertFrom"]> = {}, more: Partial<TableSpecArgs> = {}) =>
  conversionProgram({ convertFrom: { strategy: "copy", ...changes }, ...more });
const OPEN = { openWayBack: true, rollbackUntil: "2025-04-20", formerName: "events_plain" } as const;
const AFTER_HISTORY = { window: { start: "2025-04-01", lead: "1 month", retention: "24 months" } } as const;
const opening = copied(OPEN, AFTER_HISTORY);
const back = copied({ ...OPEN, until: "verify" }, AFTER_HISTORY);

const digest = (database: TestDatabase) =>
  database.query(
    "select count(*)::int as rows, md5(string_agg(to_jsonb(e)::text, '|' order by at, id)) from app.events e",
  );

describe.each(testVersions())("PostgreSQL %s, a way back that is opened", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  let before: string[];

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    await database.query(`${CONVERTIBLE_TABLE}; alter publication watch set (publish = 'insert, truncate')`);
    before = await describeAll(database);
  });

  it("takes back a table that was attached", async () => {
    expect((await up(database, deployment, conversionProgram())).error).toBeUndefined();
    await database.query(
      "insert into app.events (run_id, at, note) select 1, timestamptz '2025-04-01' + n * interval '1 second', 'since ' || n from generate_series(1, 120000) n",
    );
    const shown = await preview(database, deployment, opening);
    console.log(shown.error, shown.messages.join("\n"), JSON.stringify(shown.steps));
    const run = await up(database, deployment, opening);
    console.log(run.error, run.messages.join("\n"));
    expect(run.error).toBeUndefined();
    expect((await preview(database, deployment, opening)).steps).toEqual([]);
    const rows = await digest(database);
    const shownBack = await preview(database, deployment, back);
    console.log(shownBack.error, shownBack.messages.join("\n"), JSON.stringify(shownBack.steps));
    const run2 = await up(database, deployment, back);
    console.log(run2.error, run2.messages.join("\n"));
    expect(run2.error).toBeUndefined();
    expect(await digest(database)).toEqual(rows);
    expect(
      (await describeAll(database)).filter(
        (line) => !/events_(copy|p20|history|pending)|pgpartition_capture/.test(line),
      ),
    ).toEqual(before);
    expect((await left(database)).orphans).toEqual([]);
    expect(await preview(database, deployment, back)).toMatchObject({ steps: [], error: undefined });
  });
});
