// The history of a converted table that is split into partitions, while the table is used.
import { beforeEach, describe, expect, it } from "vitest";
import { conversionProgram, CONVERTIBLE_TABLE, NO_TABLE } from "../support/convertible-table";
import { testVersions, withDatabase } from "../support/database";
import { left } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const HISTORY = { historyUntil: "2025-04-01" };
const converting = conversionProgram({ convertFrom: HISTORY });
const splitting = conversionProgram({ convertFrom: { ...HISTORY, split: true } });

const ROWS = "select * from app.events order by at, id";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  beforeEach(async () => {
    expect((await up(database, deployment, NO_TABLE)).error).toBeUndefined();
    // Since 18 no row of it could be updated or deleted: its identity has a generated column, which is not published.
    await database.query(`${CONVERTIBLE_TABLE}; alter publication watch set (publish = 'insert, truncate')`);
    expect((await up(database, deployment, converting)).error).toBeUndefined();
  });

  const partitions = async () =>
    (
      await database.query<{ name: string }>(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'app.events'::regclass order by 1",
      )
    ).map(({ name }) => name);

  it("is cut into the months of its rows, with every row, and stays as a table that refuses writes", async () => {
    const rows = await database.query(ROWS);
    const shown = await preview(database, deployment, splitting);
    expect(shown.error).toBeUndefined();
    expect(shown.messages.join("\n")).toContain("split of app.events_history");
    expect(await database.query(ROWS)).toEqual(rows);
    const run = await up(database, deployment, splitting);
    expect(run.error).toBeUndefined();
    expect(await database.query(ROWS)).toEqual(rows);
    expect(await partitions()).toEqual([]);
    expect((await preview(database, deployment, splitting)).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  });
});
