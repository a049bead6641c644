import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../components";
import { requireTableSpec } from "../../core/declare/table/parse";
import { formatInstant, parseInstant } from "../../core/time/instant";
import type { KeyEncoding } from "../../core/time/key";
import { planWindow } from "../../core/window/window-partitions";
import { entryOf } from "../provider/support";
import { testVersions, withDatabase } from "../support/database";
import { eventsTable, program } from "../support/harness/fixture";
import { preview, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column, failure, scheduleRuns } from "./support";
import { itAlike, casesOn } from "../support/sample";

const window = { lead: "2 months", retention: "2 months" } as const;
const at = (day: string, more: Partial<TableSpecArgs> = {}) => program(`${day}T00:00:00Z`, { window, ...more });

interface KeyCase {
  readonly type: string;
  readonly key: KeyEncoding;
  readonly zone: string;
}

const keys: readonly KeyCase[] = [
  { type: "timestamptz", key: "time", zone: "UTC" },
  { type: "timestamptz", key: "time", zone: "Europe/Berlin" },
  { type: "timestamp", key: "time", zone: "America/New_York" },
  { type: "date", key: "time", zone: "Pacific/Auckland" },
  { type: "bigint", key: "epoch-s", zone: "UTC" },
  { type: "bigint", key: "epoch-ms", zone: "Asia/Kolkata" },
  { type: "numeric", key: "epoch-us", zone: "UTC" },
  { type: "uuid", key: "uuidv7", zone: "UTC" },
];

describe.each(testVersions())("PostgreSQL %s, what the functions answer", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it.each(casesOn(version, keys))(
    "reads and creates the bounds of a key of type $type ($key, $zone) as the program does",
    async (one) => {
      const table = eventsTable({
        columns: { id: "bigint", at: one.type },
        indexes: {},
        partitionBy: [{ range: "at", every: "month", key: one.key, zone: one.zone }],
        window,
        resources: "window",
      });
      const asOf = parseInstant("2025-03-10T12:00:00Z", "UTC");
      await apply(database, deployment, { tables: { events: table }, asOf: formatInstant(asOf) });
      // A session of another zone and style must make no difference.
      const client = await database.connect();
      await client.query("set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; set search_path = app");
      const { rows } = await client.query<{ p: string }>(
        "select pgpartition.ensure_partition('events', date '2025-06-01')::text as p",
      );
      expect(rows).toEqual([{ p: "events_p2025_06" }]);
      await client.query("call pgpartition.ensure_window('events', '2025-05-15')");
      await client.end();
      const found = await column(
        database,
        `select format('%s %s/%s', partition_name, to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
         to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
       from pgpartition.partition_info order by starts_at`,
      );
      const spec = requireTableSpec(table, "events").window;
      const wanted = ["2025-03-15", "2025-05-15"].flatMap((day) => planWindow(spec, parseInstant(day, "UTC")).desired);
      const lines = wanted.map(({ name, from, to }) => `${name} ${formatInstant(from)}/${formatInstant(to)}`);
      expect(found).toEqual([...new Set(lines)]);
    },
  );

  itAlike(version)(
    "creates a partition that is cut further by HASH, and gives its parts the bounds of the month",
    async () => {
      const cut = at("2025-03-10", {
        partitionBy: [
          { range: "at", every: "month" },
          { hash: "id", modulus: 2, name: "{base}_h{remainder}" },
        ],
      });
      await apply(database, deployment, cut);
      await scheduleRuns(database, "2025-04-10");
      const months = ["01", "02", "03", "04", "05", "06"];
      expect(
        await column(
          database,
          "select partition_name || ' ' || (starts_at at time zone 'UTC')::date from pgpartition.partition_info order by 1",
        ),
      ).toEqual(
        months.flatMap((month) => [0, 1].map((part) => `events_p2025_${month}_h${String(part)} 2025-${month}-01`)),
      );
      await database.query("call pgpartition.ensure_window('app.events')");
      const [gap] = await column(
        database,
        "select ((runway_ends at time zone 'UTC')::date = date_trunc('month', now() at time zone 'UTC') + interval '3 months')::text from pgpartition.runway",
      );
      expect(gap).toBe("true");
      expect((await preview(database, deployment, cut)).steps).toEqual([]);
    },
  );

  itAlike(version)("expired is what an update would retire, attached or being retired", async () => {
    const june = at("2025-06-10", { maxDropsPerUpdate: 10 });
    await apply(database, deployment, at("2025-03-10"));
    await scheduleRuns(database, "2025-06-10");
    const expired = () =>
      column(
        database,
        "select partition_name || ' ' || state || coalesce(' ' || (drop_after at time zone 'UTC')::date, '') from pgpartition.expired('app.events', '2025-06-10')",
      );
    expect(await expired()).toEqual([
      "events_p2025_01 attached",
      "events_p2025_02 attached",
      "events_p2025_03 attached",
    ]);
    await apply(database, deployment, june);
    expect(entryOf(deployment, "events-window").outputs["retired"]).toEqual(
      ["01", "02", "03"].map((month) => `detach events_p2025_${month}`),
    );
    expect(await expired()).toEqual(["01", "02", "03"].map((month) => `events_p2025_${month} detached 2025-06-17`));
    const kept = { lead: "1 month", retention: "forever", start: "2025-05-01" } as const;
    await apply(database, deployment, at("2025-06-10", { window: kept }));
    expect(
      await column(
        database,
        "select partition_name from pgpartition.expired('app.events', '2030-01-01') where state = 'attached'",
      ),
    ).toEqual([]);
  });

  it("counts rows, shows tuples and sizes, and analyzes the table as a whole", async () => {
    await apply(database, deployment, at("2025-03-10"));
    await database.query("insert into app.events (id, at) select n, '2025-03-05' from generate_series(1, 100) n");
    await database.query("insert into app.events (id, at) values (1, '2025-04-05')");
    const stats = "select partition_name || ' ' || row_count from pgpartition.partition_stats('app.events')";
    expect(await column(database, stats)).toEqual(
      ["01 0", "02 0", "03 100", "04 1", "05 0"].map((text) => `events_p2025_${text}`),
    );
    const analyzed = "select partition_name from pgpartition.partition_info where last_analyze is not null";
    const parent = "select reltuples::int from pg_class where oid = 'app.events'::regclass";
    expect(await column(database, parent)).toEqual(["-1"]);
    await database.query("select pgpartition.analyze_partitions('app.events')");
    expect(await column(database, parent)).toEqual(["101"]);
    expect(await column(database, analyzed)).toHaveLength(version >= 18 ? 0 : 5);
    await database.query("select pgpartition.analyze_partitions('app.events', leaves => true)");
    expect(await column(database, analyzed)).toHaveLength(5);
    const [info] = await database.query(
      "select row_estimate, indexes, size_bytes > 0 as sized, size_pretty from pgpartition.partition_info where partition_name = 'events_p2025_03'",
    );
    expect(info).toEqual({
      row_estimate: "100",
      indexes: "2",
      sized: true,
      size_pretty: expect.stringMatching(/kB$/) as string,
    });
    const sizes =
      "select partition_name, row_estimate from pgpartition.partition_sizes('app.events') where row_estimate > 0";
    expect(await database.query(sizes)).toHaveLength(2);
  });

  it("the runway ends at the first gap, and is empty if nothing takes a row of now", async () => {
    const runway =
      "select coalesce((runway_ends at time zone 'UTC')::date::text, 'none') || ' ' || (prepared_until at time zone 'UTC')::date from pgpartition.runway";
    await apply(database, deployment, at("2025-03-10"));
    expect(await column(database, runway)).toEqual(["none 2027-06-01"]);
    await database.query("call pgpartition.ensure_window('app.events')");
    const [ends] = await column(
      database,
      "select (date_trunc('month', now() at time zone 'UTC') + interval '3 months')::date::text",
    );
    expect((await column(database, runway))[0]).toBe(`${(ends ?? "").slice(0, 10)} 2027-06-01`);
    const [next] = await column(database, "select to_char(now() at time zone 'UTC' + interval '2 months', 'YYYY_MM')");
    await database.query(`drop table app.events_p${next ?? ""}`);
    const [gap] = await column(
      database,
      "select (date_trunc('month', now() at time zone 'UTC') + interval '2 months')::date::text",
    );
    expect((await column(database, runway))[0]).toBe(`${(gap ?? "").slice(0, 10)} 2027-06-01`);
  });

  itAlike(version)(
    "prepares again what an index, a grant or a storage setting changes, and the next update has nothing to do",
    async () => {
      const march = at("2025-03-10");
      await apply(database, deployment, march);
      const grown = at("2025-03-10", { indexes: { by_note: { columns: ["note"] }, by_id: { columns: ["id"] } } });
      await apply(database, deployment, grown);
      expect(await apply(database, deployment, grown)).toEqual([]);
      await scheduleRuns(database, "2025-04-10");
      const indexes = (month: string) =>
        column(
          database,
          `select indexrelid::regclass from pg_index where indrelid = 'app.events_p2025_${month}'::regclass order by 1`,
        );
      expect(await indexes("06")).toContain("app.events_p2025_06_by_id");

      const fewer = at("2025-03-10", { indexes: {}, storage: { hot: { options: { fillfactor: 80 } } } });
      await apply(database, deployment, fewer);
      expect(await apply(database, deployment, fewer)).toEqual([]);
      await scheduleRuns(database, "2025-05-10");
      expect(await indexes("07")).toEqual(["app.events_p2025_07_pkey"]);
      expect(await column(database, "select reloptions::text from pg_class where relname = 'events_p2025_07'")).toEqual(
        ["{fillfactor=80}"],
      );
    },
  );

  itAlike(version)("an unchanged update writes nothing, and asks no more than four times", async () => {
    const march = at("2025-03-10", {
      schedule: { cron: "0 2 * * *" },
      functionNames: { ensure: "ensure_part", info: "parts" },
    });
    await apply(database, deployment, march);
    const sent = await statementsDuring(database, async () => {
      expect((await preview(database, deployment, march)).steps).toEqual([]);
    });
    const ours = sent.filter(({ application }) => application.startsWith("pulumi-pgpartition"));
    const asked = ours.map(({ sql }) => sql).filter((sql) => !/^(set|begin|select pg_catalog.set_config)/i.test(sql));
    expect(asked.filter((sql) => /\b(insert|update|delete)\b.*pgpartition/i.test(sql))).toEqual([]);
    const ofTable = asked.filter((sql) => /^-- /.test(sql) && !sql.includes("under the name $1"));
    expect(ofTable.map((sql) => sql.slice(0, 60))).toHaveLength(4);
  });

  itAlike(version)("a table that is being destroyed gets nothing more from the schedule", async () => {
    const march = at("2025-03-10", { functionNames: { ensure: "ensure_part" } });
    await apply(database, deployment, march);
    const seen: string[] = [];
    await withPlugin(
      database,
      march,
      async (plugin) => {
        const window = entryOf(deployment, "events-window");
        await plugin.delete(window);
        deployment.state.delete(window.urn);
        seen.push(await failure(scheduleRuns(database, "2025-04-10")));
        await deployment.destroy(plugin);
      },
      { config: { allowDestroy: '["app.events"]' } },
    );
    expect(seen[0]).toContain("nothing is prepared");
    expect(await column(database, "select to_regclass('app.events')")).toEqual(["null"]);
    expect(await column(database, "select proname from pg_proc where proname = 'ensure_part'")).toEqual([]);
  });
});
