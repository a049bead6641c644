import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quote, quoteLiteral, quoteQualified } from "../../core/names/identifier";
import { formatInterval } from "../../core/time/interval";
import { OLD_TRANSACTION_SECONDS } from "../../postgres/execute/obstacles";
import { type TestDatabase, testVersions, withDatabase } from "../support/database";
import { eventually, observed, opener } from "./support";
import { casesOn, itAlike } from "../support/sample";

const HOSTILE = ['a"b', "Select", "dot.ted", "with space", "quo'te", "$& $1 :management", "naïve 🦔", "x".repeat(63)];

/**
 * From which age on a transaction is reported cannot be set. So the reader of each version begins before the first test, and
 * ages while the others run.
 */
const readers = testVersions().map((version) => withReader(version));
const AGED = `select from pg_stat_activity where application_name = 'dashboard' and datname = current_database()
  and xact_start < clock_timestamp() - interval '${String(OLD_TRANSACTION_SECONDS)} s'`;

describe.each(testVersions())("observing on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  it.each(casesOn(version, HOSTILE))("reads everything of a table whose names are all %j", async (name) => {
    const schema = `S ${name}`.slice(0, 40);
    const table = quoteQualified(schema, name);
    const partitionIndexName = `${"y"}${name}`.slice(0, 60);
    await server.query(`create schema ${quote(schema)}`);
    await server.query(`create table ${quoteQualified(schema, `${"r"}${name}`.slice(0, 60))} (id bigint primary key)`);
    await server.query(
      `create table ${table} (${quote(name)} timestamptz not null, id bigint generated always as identity,
         ref bigint default 7 references ${quoteQualified(schema, `${"r"}${name}`.slice(0, 60))}, note text,
         constraint ${quote(`k${name}`.slice(0, 60))} primary key (id, ${quote(name)}), check (note <> ${quoteLiteral(name)}))
       partition by range (${quote(name)})`,
    );
    await server.query(
      `create index ${quote(`i${name}`.slice(0, 60))} on ${table} (${quote(name)} desc, lower(note)) where note is not null`,
    );
    await server.query(
      `create table ${quoteQualified(schema, partitionIndexName)} partition of ${table} for values from ('2025-01-01 00:00+00') to ('2025-02-01 00:00+00')`,
    );

    const database = open({ managementSchema: name });
    const { table: found, registration, ledger } = await database.observe(schema, name);
    expect(registration).toBeUndefined();
    expect(ledger).toEqual([]);
    expect(found).toMatchObject({
      schema,
      name,
      owner: server.user,
      kind: "partitioned",
      rights: { owner: true, createInSchema: true, ownerCreates: true, ownerIsAdmin: false, role: server.user },
    });
    expect(found?.key).toEqual({ strategy: "range", columns: [name], types: ["timestamp with time zone"] });
    expect(found?.columns[1]).toEqual({
      name: "id",
      type: "bigint",
      nullable: false,
      default: undefined,
      identity: "always",
    });
    expect(found?.columns[2]?.default).toBe("7");
    expect(found?.constraints.map((constraint) => constraint.kind).sort()).toEqual(["check", "foreign", "primary"]);
    expect(found?.constraints.find((constraint) => constraint.kind === "foreign")?.references).toEqual({
      schema,
      table: `r${name}`.slice(0, 60),
    });
    const index = found?.indexes.find((candidate) => candidate.constraint === undefined);
    const printedKey = (await server.query<{ q: string }>("select quote_ident($1) as q", [name]))[0]?.q ?? "";
    expect(index?.definition).toBe(`USING btree (${printedKey} DESC, lower(note)) WHERE (note IS NOT NULL)`);
    expect(index?.columns).toEqual([name, "lower(note)"]);
    expect(found?.indexes.find((candidate) => candidate.constraint)?.constraint?.kind).toBe("primary");
    expect(found?.partitions).toHaveLength(1);
    expect(found?.partitions[0]).toMatchObject({
      schema,
      name: partitionIndexName,
      isDefault: false,
      detachPending: false,
      partitioned: false,
      // Without a page there is no row, analyzed or not.
      rows: 0,
    });
    expect(found?.partitions[0]?.bytes).toBeGreaterThan(0);
    expect(found?.partitions[0]?.bounds && formatInterval(found.partitions[0].bounds)).toBe(
      "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z",
    );

    const onPartitions = await database.observePartitionIndexes(schema, name);
    const part = onPartitions.find((candidate) => candidate.constraint === undefined);
    expect(part).toMatchObject({
      partition: partitionIndexName,
      definition: index?.definition,
      attachedTo: index?.name,
      valid: true,
      building: false,
    });
    expect((await database.observe(schema, `r${name}`.slice(0, 60))).table?.referencedBy).toEqual([
      `${schema}.${name}`,
    ]);
  });

  it("estimates rows since the last ANALYZE as well, and knows none of what was never analyzed", async () => {
    await server.query("create table g (ts timestamptz not null, n int) partition by range (ts)");
    for (const [name, year] of [
      ["g_analyzed", 2024],
      ["g_never", 2025],
      ["g_cut", 2026],
    ] as const)
      await server.query(
        `create table ${name} partition of g for values from ('${String(year)}-01-01Z') to ('${String(year + 1)}-01-01Z')
         ${name === "g_cut" ? "partition by hash (n); create table g_cut_0 partition of g_cut for values with (modulus 1, remainder 0)" : ""}`,
      );
    for (const name of ["g_analyzed", "g_never", "g_cut_0"])
      await server.query(`alter table ${name} set (autovacuum_enabled = false)`);
    // A session reports what it has changed at most once a second, unless it is told to: reported after the ANALYZE, these
    // rows would count as later ones.
    const insert = (...rows: readonly (readonly [day: string, count: number])[]) =>
      server.query(
        [
          ...rows.map(([day, n]) => `insert into g select '${day}Z', n from generate_series(1, ${String(n)}) n`),
          "select pg_stat_force_next_flush()",
        ].join(";"),
      );
    await insert(["2024-02-01", 100], ["2026-02-01", 50]);
    await server.query("analyze g_analyzed, g_cut_0");
    await insert(["2024-02-01", 20_000], ["2025-02-01", 5_000]);
    const rows = new Map((await observed(open(), "g")).partitions.map((one) => [one.name, one.rows]));
    expect(rows.get("g_analyzed")).toBeGreaterThan(5_000);
    expect(rows.get("g_never")).toBeUndefined();
    expect(rows.get("g_cut")).toBe(50);
  });

  it("distinguishes default, sub-partitioned and other partitions", async () => {
    await server.query("create table m (ts timestamptz not null, n int) partition by range (ts)");
    await server.query("create table m_default partition of m default");
    await server.query(
      "create table m_2025 partition of m for values from ('2025-01-01Z') to ('2026-01-01Z') partition by range (ts)",
    );
    await server.query("create table m_2025_1 partition of m_2025 for values from ('2025-01-01Z') to ('2025-02-01Z')");
    await server.query("insert into m select '2025-01-05Z', 1 from generate_series(1, 1000)");
    await server.query("analyze m");
    const { partitions } = await observed(open(), "m");
    expect(
      partitions.map((partition) => [partition.name, partition.isDefault, partition.partitioned, partition.rows]),
    ).toEqual([
      ["m_2025", false, true, 1000],
      ["m_default", true, false, 0],
    ]);
    expect(partitions[0]?.bytes).toBeGreaterThan(8192);
    expect(partitions[1]?.bounds).toBeUndefined();
    await server.query("create table l (n int) partition by list (n)");
    await server.query("create table l1 partition of l for values in (1, null)");
    expect((await observed(open(), "l")).partitions[0]).toMatchObject({
      boundsText: "FOR VALUES IN (1, NULL)",
      bounds: undefined,
    });
    await server.query(
      "create table e (ts timestamptz, n int) partition by range (date_trunc('day', ts at time zone 'UTC'), n)",
    );
    expect((await observed(open(), "e")).key).toEqual({
      strategy: "range",
      columns: [undefined, "n"],
      types: ["timestamp without time zone", "integer"],
    });
    await server.query("create view v as select 1");
    expect((await observed(open(), "v")).kind).toBe("other");
    expect((await open().observe("public", "nothing")).table).toBeUndefined();
  });

  itAlike(version)("reads 1,200 partitions in three statements", async () => {
    await server.query("create table many (ts bigint not null) partition by range (ts)");
    await server.query(
      "do $$ begin for i in 1..1200 loop execute format('create table many_%s partition of many for values from (%s) to (%s)', i, i, i + 1); end loop; end $$",
    );
    const database = open();
    await database.connect();
    const start = performance.now();
    const { table } = await database.observe("public", "many", { encoding: "epoch-s", zone: "UTC" });
    expect(table?.partitions).toHaveLength(1200);
    expect(database.statementCount).toBeLessThanOrEqual(3);
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  it("estimates sizes instead of waiting while a partition is rewritten", async () => {
    await server.query("create table rw (ts timestamptz not null) partition by range (ts)");
    await server.query("create table rw1 partition of rw for values from ('2025-01-01Z') to ('2025-02-01Z')");
    const holder = await server.connect();
    await holder.query("begin");
    await holder.query("lock table only rw, rw1 in access exclusive mode");
    const { partitions } = await observed(open(), "rw");
    await holder.query("rollback");
    await holder.end();
    expect(partitions[0]?.name).toBe("rw1");
  });

  it("reads the database's clock", async () => {
    const now = await open().readNow();
    const [row] = await server.query<{ seconds: string }>(
      "select extract(epoch from clock_timestamp())::bigint as seconds",
    );
    expect(Math.abs(Number(row?.seconds) - now.epochMilliseconds / 1000)).toBeLessThan(5);
  });
});

describe.each(readers)("observing on PostgreSQL $version", ({ version, server }) => {
  const open = opener(server);

  it("names a transaction that has used a partition for long, where the role may see how old it is", async () => {
    const watcher = `watcher_${String(process.pid)}_${String(version)}`;
    await server.query(`create role ${watcher} login password 'w' in role pg_read_all_stats`);
    await eventually(async () => (await server.query(AGED)).length > 0, 2 * OLD_TRANSACTION_SECONDS * 1000);
    const { obstacles } = await open({ user: watcher, password: "w", managementSchema: "none" }).observe(
      "public",
      "ob",
    );
    const blind = await open().observe("public", "ob");
    expect(blind.obstacles).toHaveLength(server.user === server.superuser.user ? 1 : 0);
    expect(obstacles).toHaveLength(1);
    expect(obstacles[0]).toMatch(
      /^pid \d+ \("dashboard", idle in transaction\) has held a lock on the table for up to \d+ (s|min): /,
    );
    await server.query(`drop role ${watcher}`);
  });
});

/** A transaction that has read a partition, and reads no more. */
function withReader(version: TestDatabase["version"]) {
  const server = withDatabase(version);
  let reader: Client;
  beforeAll(async () => {
    await server.query("create table ob (ts timestamptz not null) partition by range (ts)");
    await server.query("create table ob1 partition of ob for values from ('2025-01-01Z') to ('2025-02-01Z')");
    reader = await server.connect({ application_name: "dashboard" });
    await reader.query("begin");
    await reader.query("select * from ob1");
  });
  afterAll(() => reader.end());
  return { version, server };
}
