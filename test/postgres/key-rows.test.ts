// The range of a large table's key comes from an index on it, in the order of its values.
import { describe, expect, it } from "vitest";
import { readKeyRows } from "../../postgres/read/key-rows";
import { testVersions, withDatabase } from "../support/database";
import { opener } from "./support";

/** As of a table that is too large to be read in full. */
const LARGE = 2 ** 40;

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const open = opener(database);

  it("finds the least and the greatest number of seconds by its index, not in the order of their texts", async () => {
    await database.query(`
      create schema app;
      create table app.events (id bigint primary key, at bigint);
      insert into app.events values (1, 999999999), (2, 1743465600), (3, 5), (4, null);
      create index events_at on app.events (at);`);
    const client = open();
    const { table } = await client.observe("app", "events");
    if (!table) throw new Error("no table");
    const { rows } = await readKeyRows(client, table, { column: "at", kind: "epoch-s", zone: "UTC" }, LARGE);
    await client.close();
    expect(rows).toMatchObject({ from: "index", nulls: 1, min: "5", max: "1743465600" });
  });
});
