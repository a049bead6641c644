// PostgreSQL 19 keeps the tables that FOR ALL TABLES EXCEPT leaves out in pg_publication_rel, and marks them by prexcept. Its rows
// are made here on the servers that there are: the queries read a view in the place of the catalogue.
import { beforeAll, describe, expect, it } from "vitest";
import { query } from "../../postgres/queries";
import { type ReplicationRow, toReplication } from "../../postgres/catalog/replication-rows";
import { testVersions, withDatabase } from "../support/database";

describe.each(testVersions())("PostgreSQL %s, tables that a publication of all tables leaves out", (version) => {
  const database = withDatabase(version);

  beforeAll(async () => {
    await database.query(`
      create schema app;
      create table app.events (id bigint, at date) partition by range (at);
      create table app.events_1 partition of app.events for values from ('2025-01-01') to ('2025-02-01');
      create table app.orders (id bigint, at date) partition by range (at);
      create publication whole for table app.events, app.events_1;
      create publication named for table app.events where (id > 0), app.orders with (publish_via_partition_root = true);
      create view app.rel19 as
        select m.*, p.pubname = 'whole' as prexcept from pg_publication_rel m join pg_publication p on p.oid = m.prpubid;
      create view app.pub19 as
        select p.oid, p.pubname, p.pubowner, p.pubname = 'whole' as puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate, p.pubviaroot
        from pg_publication p`);
  });

  const as19 = (text: string): string =>
    text.replaceAll("pg_publication_rel m", "app.rel19 m").replaceAll("from pg_publication p", "from app.pub19 p");

  async function publications(table: string, text: string) {
    const [row] = await database.query<ReplicationRow & Record<string, unknown>>(text, [
      "app",
      table,
      "pgpartition",
      600,
      1024,
      60,
    ]);
    if (!row) throw new Error("the query gives one row always");
    return toReplication(row).publications;
  }

  it("is no member of it, and reported as left out; the named publication is as it was", async () => {
    const [named, whole] = [...(await publications("events", as19(query("table", "pgpartition"))))].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    expect(whole).toMatchObject({ name: "whole", allTables: true, excepted: true, tables: 0, partitions: [] });
    expect(whole?.member).toBeUndefined();
    expect(named).toMatchObject({ name: "named", allTables: false, tables: 2, member: { where: "(id > 0)" } });
    expect(named?.excepted).toBeUndefined();
    const others = await publications("orders", as19(query("table", "pgpartition")));
    expect(others.find(({ name }) => name === "whole")).toMatchObject({ allTables: true, tables: 0 });
    expect(others.find(({ name }) => name === "whole")?.excepted).toBeUndefined();
  });

  it("is not listed as something to import", async () => {
    const listed = async (text: string) =>
      (await database.query<{ table: string; publication: string }>(text)).map(
        (row) => `${row.table} ${row.publication}`,
      );
    expect(await listed(as19(query("publication-members")))).toEqual(["events named", "orders named"]);
    expect(await listed(query("publication-members"))).toEqual(["events named", "events whole", "orders named"]);
  });

  it("without such a column every row is a member, as on the existing servers", async () => {
    const whole = (await publications("events", query("table", "pgpartition"))).find(({ name }) => name === "whole");
    expect(whole).toMatchObject({ tables: 2, partitions: ["app.events_1"], member: { filterColumns: [] } });
    expect(whole?.excepted).toBeUndefined();
  });
});
