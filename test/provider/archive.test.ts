import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseManifest } from "../../core/archive/manifest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import type { Entry } from "../support/harness/deployment";
import { left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { stopAt } from "../support/harness/stop-at";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe.each(anyVersion())("PostgreSQL %s, an archive", (version) => {
  const { database, deployment, folder, succeeded } = withArchivedTable(version);
  afterAll(() => database.query("drop schema app cascade"));

  const archived = (changes: Partial<TableSpecArgs> = {}) => folder.declared(changes);
  const filled = async (changes: Partial<TableSpecArgs> = {}): Promise<void> => {
    await succeeded(march, changes);
    await database.query(
      "insert into app.events select n, '2025-02-05'::timestamptz + n * interval '1 minute', case when n % 7 > 0 then 'note ' || n end from generate_series(1, 5000) n",
    );
  };
  const place = (): string => folder.of(database, "20250201");

  it("is created, proved and relied on by the drop, all in one update; the next one has nothing to do", async () => {
    await filled();
    const shown = await preview(database, deployment, program(april, archived()));
    expect(shown.messages.join("\n")).toMatch(
      /1 to drop \([^)]*\), 1 to archive \([^)]*\), 1 to detach [^]*archive events_p2025_02[^]*"pgpartition"\.fence\('"app"\."events_p2025_02"'::regclass\)[^]*COPY \(SELECT/,
    );
    const run = await up(database, deployment, program(april, archived()));
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toMatch(/archived events_p2025_02 .*: 5000 rows in 1 objects, proved/);
    expect(readdirSync(place()).sort()).toEqual(["_manifest.json", "part-00001.parquet"]);
    const manifest = parseManifest(readFileSync(join(place(), "_manifest.json"), "utf8"), "manifest");
    expect(manifest).toMatchObject({ rows: 5000, generation: 1, table: "events", encoding: "parquet" });
    const [archive] = await database.query<Record<string, unknown>>(
      "select partition_name, row_count::int, objects::int, manifest, verified_by, dropped_at is not null as dropped from pgpartition.archived('app', 'events')",
    );
    expect(archive).toEqual({
      partition_name: "events_p2025_02",
      row_count: 5000,
      objects: 1,
      manifest: `file://${place()}/_manifest.json`,
      verified_by: "checksum",
      dropped: true,
    });
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    expect((await preview(database, deployment, program(april, archived()))).steps).toEqual([]);
    expect((await left(database)).orphans).toEqual([]);
  });

  it("is followed by the drop in the same update by a clock that has parts of a second, if there is no grace", async () => {
    await filled();
    const run = await up(database, deployment, program("2025-04-10T00:00:00.25Z", archived()));
    expect(run.error).toBeUndefined();
    expect(run.messages.join("\n")).toMatch(/dropped events_p2025_02 /);
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
  });

  it("counts the grace from the proof, not from before an export that may take hours", async () => {
    await filled({ grace: "7 days" });
    const stop = stopAt("after proof of part 1");
    // By the server's clock: a trusted one stands still.
    const run = up(database, deployment, program(april, archived({ grace: "7 days" })), {
      config: { trustAsOf: "false" },
      env: stop.env,
    });
    await stop.reached();
    const [{ now: proved } = { now: "" }] = await database.query<{ now: string }>(
      "select clock_timestamp()::text as now",
    );
    stop.goOn();
    expect((await run).error).toBeUndefined();
    const [ledger] = await database.query(
      `select effective_at > $1::timestamptz as later, abs(extract(epoch from (detail ->> 'dropAfter')::timestamptz - effective_at - interval '7 days')) < 1 as week
         from pgpartition.ledger where event = 'archived'`,
      [proved],
    );
    expect(ledger).toEqual({ later: true, week: true });
  });

  it("C14 closes the partition to every writer while it waits for the end of its grace", async () => {
    await filled({ grace: "7 days" });
    await database.query("create role archive_writer").catch(() => undefined);
    await database.query("grant insert, select on app.events_p2025_02 to archive_writer").catch(() => undefined);
    expect((await up(database, deployment, program(april, archived({ grace: "7 days" })))).error).toBeUndefined();
    for (const write of [
      "insert into app.events_p2025_02 values (1, '2025-02-06')",
      "update app.events_p2025_02 set note = 'x' where id = 1",
      "delete from app.events_p2025_02",
      "truncate app.events_p2025_02",
    ])
      await expect(database.query(write)).rejects.toThrow(/has expired and is archived: .* is refused/);
    const waiting = await preview(database, deployment, program("2025-04-12T00:00:00Z", archived({ grace: "7 days" })));
    expect(waiting.steps).toEqual([]);
    const run = await up(database, deployment, program("2025-04-18T00:00:00Z", archived({ grace: "7 days" })));
    expect(run.error).toBeUndefined();
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
  });

  it("E11 of a partition without a row has a manifest and no part", async () => {
    expect((await up(database, deployment, program(march, archived()))).error).toBeUndefined();
    expect((await up(database, deployment, program(april, archived()))).error).toBeUndefined();
    expect(readdirSync(place())).toEqual(["_manifest.json"]);
  });

  it("of many parts is read back where that was asked for", async () => {
    const changes = { archive: { to: `file://${folder.path}`, spoolMegabytes: 16, verify: "readBack" as const } };
    await filled(changes);
    await database.query(
      "insert into app.events select n, '2025-02-10', repeat(md5(n::text), 20) from generate_series(10001, 60000) n",
    );
    expect((await up(database, deployment, program(april, archived(changes)))).error).toBeUndefined();
    const manifest = parseManifest(readFileSync(join(place(), "_manifest.json"), "utf8"), "manifest");
    expect(manifest.parts.length).toBeGreaterThan(2);
    expect(manifest.rows).toBe(55_000);
    expect(readdirSync(place())).toHaveLength(manifest.parts.length + 1);
  });

  it("a grown retention brings the archived table back with its rows, open to writers", async () => {
    await filled({ grace: "7 days" });
    expect((await up(database, deployment, program(april, archived({ grace: "7 days" })))).error).toBeUndefined();
    const longer = archived({ grace: "7 days", window: { lead: "1 month", retention: "3 months" } });
    // January was never in the window of March: it comes empty.
    const run = await up(database, deployment, program(april, longer));
    expect(run.error).toBeUndefined();
    const [{ rows } = { rows: "" }] = await database.query<{ rows: string }>(
      "select count(*)::text as rows from app.events where at < '2025-03-01'",
    );
    expect(rows).toBe("5000");
    await database.query("insert into app.events values (0, '2025-02-28', 'late')");
    expect((await preview(database, deployment, program(april, longer))).steps).toEqual([]);
  });

  it("is relied on by the drop of a table that no longer declares one, and by the destroy of the table", async () => {
    await filled({ grace: "7 days" });
    expect((await up(database, deployment, program(april, archived({ grace: "7 days" })))).error).toBeUndefined();
    const { archive: _archive, ...plain } = archived({ grace: "7 days", onExpire: "drop" });
    const run = await up(database, deployment, program("2025-04-18T00:00:00Z", plain));
    expect(run.error).toBeUndefined();
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
    await database.query("insert into app.events values (1, '2025-03-05', 'x')");
    const may = "2025-05-10T00:00:00Z";
    expect((await up(database, deployment, program(may, archived({ grace: "30 days" })))).error).toBeUndefined();
    // The engine asks the window first.
    const window = [...deployment.state.values()].find(({ type }) => type === "PartitionWindow");
    const destroyed = await withPlugin(database, program(may, {}), (plugin) => plugin.delete(window as Entry), {
      config: { allowDestroy: '["app.events"]' },
    });
    expect(destroyed.messages.join()).not.toMatch(/is not archived yet/);
    const remains = await database.query(
      "select c.relname, (select string_agg(l.event || l.detail::text, ' ' order by l.id) from pgpartition.ledger l where l.partition_oid = c.oid) as history from pg_class c where c.relname like 'events%' and c.relkind = 'r'",
    );
    expect(remains).toEqual([]);
  });

  it("E08 that cannot be stored fails by name, and nothing is dropped; creating continued; the next update completes it", async () => {
    await filled();
    // A file where the folder of the database has to be.
    const inTheWay = join(folder.path, new URL(database.url).pathname.slice(1));
    writeFileSync(inTheWay, "");
    const failed = await up(database, deployment, program(april, archived()));
    expect(failed.error).toMatch(/archive "events_p2025_02"/);
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toHaveLength(1);
    expect(await database.query("select from pg_class where relname = 'events_p2025_05'")).toHaveLength(1);
    rmSync(inTheWay);
    const run = await up(database, deployment, program(april, archived()));
    expect(run.error).toBeUndefined();
    expect(existsSync(place())).toBe(true);
    expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
  });
});
