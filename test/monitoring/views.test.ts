import { beforeEach, describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { presentProgram } from "./support";
import { itAlike, firstOn } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const rows = (sql: string, values: readonly unknown[] = []) => database.query(sql, values);
  const number = async (sql: string): Promise<number> => Number((await rows(`select (${sql}) as n`))[0]?.["n"]);
  const flush = () => rows("select pg_stat_force_next_flush()");

  beforeEach(async () => {
    expect((await up(database, deployment, presentProgram())).error).toBeUndefined();
  });

  /** Rows in the month so many before the present one. */
  const fill = (monthsAgo: number, count: number) =>
    rows(
      `insert into app.events select g, date_trunc('month', now(), 'UTC') - $1 * interval '1 month' + interval '1 day' from generate_series(1, $2::int) g`,
      [monthsAgo, count],
    );
  const thresholds = (small: number, warn: number, alert: number) =>
    rows("select pgpartition.set_size_thresholds($1, $2, $3)", [small, warn, alert]);

  /** A managed table made by hand: what the views need of the registry, and no more. */
  const register = (table: string, key: object) =>
    rows(
      `insert into pgpartition.registry (schema_name, table_name, owner, "window") values ('app', $1, 'a/b', jsonb_build_object('key', $2::jsonb))`,
      [table, JSON.stringify(key)],
    );

  it("judges each partition by the recorded thresholds", async () => {
    await fill(1, 5_000);
    const full = await number("select max(size_bytes) from pgpartition.partition_size");
    const verdicts = async () =>
      (
        await rows("select distinct verdict, size_bytes = $1 as full from pgpartition.partition_size order by 2", [
          full,
        ])
      ).map((row) => row["verdict"]);
    expect(await verdicts()).toEqual(["small", "small"]);
    await thresholds(1, full + 1, full + 2);
    expect(await verdicts()).toEqual(["good", "good"]);
    await thresholds(full - 2, full - 1, full);
    expect(await verdicts()).toEqual(["small", "warn"]);
    await thresholds(full - 3, full - 2, full - 1);
    expect(await verdicts()).toEqual(["small", "alert"]);
    await expect(thresholds(10, 5, 20)).rejects.toThrow(/check constraint/);
  });

  itAlike(version)("suggests the interval by which the measured growth keeps within the thresholds", async () => {
    await fill(1, 20_000);
    await fill(2, 20_000);
    const growth = async () =>
      (await rows("select * from pgpartition.table_growth where table_name = 'events'"))[0] ?? {};
    const month = Number((await growth())["expected_bytes"]);
    expect(await growth()).toMatchObject({ present_interval: "month" });
    const suggested = async (small: number, warn: number) => {
      await thresholds(Math.round(small), Math.round(warn), Math.round(warn) * 2);
      return (await growth())["suggested_interval"];
    };
    expect(await suggested(month / 2, month * 2)).toBe("month");
    expect(await suggested(month / 100, month / 2)).toBe("week");
    expect(await suggested(1, month / 1_000_000)).toBe("hour");
    expect(await suggested(month * 2, month * 4)).toBe("quarter");
    expect(await suggested(month * 100, month * 200)).toBe("month");
  });

  itAlike(version)("compares the largest partition with the median, without those that have not begun", async () => {
    await fill(1, 20_000);
    const [found] = await rows("select * from pgpartition.imbalance where table_name = 'events'");
    expect(found).toMatchObject({ partitions: "3", largest_partition: expect.stringMatching(/^events_p/) as string });
    expect(Number(found?.["ratio"])).toBeGreaterThan(10);
  });

  itAlike(version)("counts what is in a default partition, and nothing in an empty one", async () => {
    await rows("create table app.events_rest partition of app.events default");
    const inDefault = async () => (await rows("select partition_name, row_estimate from pgpartition.default_rows"))[0];
    expect(await inDefault()).toEqual({ partition_name: "events_rest", row_estimate: "0" });
    await rows("insert into app.events select g, '2001-01-01' from generate_series(1, 30) g");
    await flush();
    expect(await inDefault()).toEqual({ partition_name: "events_rest", row_estimate: "30" });
    await rows("truncate app.events_rest");
    expect(await inDefault()).toEqual({ partition_name: "events_rest", row_estimate: "0" });
  });

  it("sums writes by month and the use of indexes over the partitions", async () => {
    await fill(0, 10);
    await fill(1, 20);
    await rows("update app.events set note = 'x' where id <= 5 and at < date_trunc('month', now(), 'UTC')");
    await rows("delete from app.events where id = 7");
    await flush();
    const written = await rows(
      "select inserted, updated, deleted from pgpartition.writes_by_month where table_name = 'events' and inserted > 0 order by month",
    );
    expect(written).toEqual([
      { inserted: "20", updated: "5", deleted: "1" },
      { inserted: "10", updated: "0", deleted: "1" },
    ]);
    const use = async () =>
      (
        await rows(
          "select leaves, unused_leaves, invalid_leaves, idx_scan from pgpartition.index_use_total where table_name = 'events' and index_name = 'events_by_note'",
        )
      )[0];
    const before = await use();
    expect(before).toMatchObject({ leaves: "5", invalid_leaves: "0" });
    await rows("set enable_seqscan = off");
    await rows("select from app.events where note = 'none'");
    await rows("reset enable_seqscan");
    await flush();
    expect(Number((await use())?.["idx_scan"])).toBe(Number(before?.["idx_scan"]) + 5);
    expect((await use())?.["unused_leaves"]).toBe("0");
  });

  itAlike(version)("counts what is due and missing until it is created", async () => {
    const missing = () => number("select missing from pgpartition.creation_health where table_name = 'events'");
    expect(await missing()).toBe(0);
    const [last] = await rows(
      "select partition_name from pgpartition.partition_info where table_name = 'events' order by starts_at desc limit 1",
    );
    await rows(`drop table app.${String(last?.["partition_name"])}`);
    expect(await missing()).toBe(1);
    await rows("call pgpartition.ensure_window('app.events')");
    expect(await missing()).toBe(0);
    await rows("delete from pgpartition.prepared");
    expect(await missing()).toBe(0);
  });

  itAlike(version)("gives partitions below and above the time level its bounds", async () => {
    await rows(`create table app.deep (site text, at timestamptz, id int) partition by list (site);
      create table app.deep_a partition of app.deep for values in ('a') partition by range (at);
      create table app.deep_a_1 partition of app.deep_a for values from ('2025-01-01') to ('2025-02-01') partition by hash (id);
      create table app.deep_a_1_0 partition of app.deep_a_1 for values with (modulus 2, remainder 0);
      create table app.deep_a_1_1 partition of app.deep_a_1 for values with (modulus 2, remainder 1);
      create table app.deep_b partition of app.deep for values in ('b') partition by range (at);
      create table app.deep_b_1 partition of app.deep_b for values from ('2025-02-01') to ('2025-03-01')`);
    await register("deep", { column: "at", encoding: "time" });
    expect(
      await rows(
        "select partition_name, starts_at::date::text, ends_at::date::text from pgpartition.leaf_facts where table_name = 'deep' order by 1",
      ),
    ).toEqual([
      { partition_name: "deep_a_1_0", starts_at: "2025-01-01", ends_at: "2025-02-01" },
      { partition_name: "deep_a_1_1", starts_at: "2025-01-01", ends_at: "2025-02-01" },
      { partition_name: "deep_b_1", starts_at: "2025-02-01", ends_at: "2025-03-01" },
    ]);
  });

  it.each(
    firstOn(version, [
      ["timestamptz", "time", "at", "at"],
      ["timestamp", "time", "at at time zone 'Pacific/Auckland'", "at"],
      ["date", "time", "(at at time zone 'Pacific/Auckland')::date", "at"],
      ["bigint", "epoch-ms", "(extract(epoch from at) * 1000)::bigint", "at"],
      [
        "uuid",
        "uuidv7",
        "(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7fff8fffffffffffffff')::uuid",
        "at",
      ],
    ]),
  )("counts rows and tenants of the last months by a key of type %s (%s)", async (type, encoding, value) => {
    await rows(`create table app.volume (at ${type} not null, "te nant" int) partition by range (at)`);
    await rows("create table app.volume_all partition of app.volume default");
    await register("volume", { column: "at", encoding, zone: "Pacific/Auckland" });
    // The first moment of the present month there, the last one before it, and a month that is not asked for.
    await rows(`insert into app.volume select ${value}, tenant from (
      select date_trunc('month', now(), 'Pacific/Auckland') as at, 1 as tenant
      union all select date_trunc('month', now(), 'Pacific/Auckland') + interval '1 hour', g % 2 from generate_series(1, 4) g
      union all select date_trunc('month', now(), 'Pacific/Auckland') - interval '1 second', 7
      union all select now() - interval '100 days', 9
    ) v`);
    expect(
      await rows(
        `select (month at time zone 'Pacific/Auckland' = date_trunc('month', now() at time zone 'Pacific/Auckland')) as present, row_count, tenants
         from pgpartition.write_volume('app.volume', 'te nant', 2)`,
      ),
    ).toEqual([
      { present: false, row_count: "1", tenants: "1" },
      { present: true, row_count: "5", tenants: "2" },
    ]);
    await expect(rows("select * from pgpartition.write_volume('app.volume', 'te nant', 0)")).rejects.toThrow(
      /months is 0/,
    );
  });

  itAlike(version)(
    "has no slow statements without pg_stat_statements, and none where its library is not loaded",
    async () => {
      expect(await rows("select * from pgpartition.slow_queries(0)")).toEqual([]);
      await rows("create extension pg_stat_statements");
      expect(await rows("select * from pgpartition.slow_queries(0)")).toEqual([]);
      await rows("drop extension pg_stat_statements");
    },
  );

  itAlike(version)("has no jobs without pg_cron, and names one that was recorded and is gone", async () => {
    expect(await rows("select * from pgpartition.job_health()")).toEqual([]);
    await rows(
      `update pgpartition.registry set schedule = '{"job": "j", "jobId": "7", "since": "2025-01-01T00:00:00Z"}' where table_name = 'events'`,
    );
    expect(await rows("select table_name, job, job_id, state, idle from pgpartition.job_health()")).toEqual([
      { table_name: "events", job: "j", job_id: "7", state: "missing", idle: null },
    ]);
  });
});
