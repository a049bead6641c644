import { expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { withArchiveFolder } from "../support/harness/archive-folder";
import { program } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);
const folder = withArchiveFolder();

/** Rows that are in one of the two and not in the other, both ways. */
const differing = (one: string, two: string): Promise<unknown[]> =>
  database.query(`(table ${one} except all table ${two}) union all (table ${two} except all table ${one})`);

it("partitions called _9 and _10 are archived, stored and restored in the order of their bounds, and found by them", async () => {
  await database.query(`
    create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at)) partition by range (at);
    create table app.events_9 partition of app.events for values from ('2024-09-01Z') to ('2024-10-01Z');
    create table app.events_10 partition of app.events for values from ('2024-10-01Z') to ('2024-11-01Z');
    create table app.events_11 partition of app.events for values from ('2024-11-01Z') to ('2024-12-01Z');
    insert into app.events select n, '2024-09-05', 'nine' from generate_series(1, 30) n;
    insert into app.events select n, '2024-10-05', 'ten' from generate_series(1, 50) n;
    create table app.nine as table app.events_9; create table app.ten as table app.events_10`);
  const declared = folder.declared({ window: { lead: "1 month", retention: "2 months" } });
  expect((await up(database, deployment, program("2024-11-10T00:00:00Z", declared))).error).toBeUndefined();
  const january = program("2025-01-10T00:00:00Z", declared);
  const run = await up(database, deployment, january);
  expect(run.error).toBeUndefined();
  const archived = run.messages.join("\n").match(/archived \w+ \([^)]*\): \d+ rows/g);
  expect(archived).toEqual([
    expect.stringMatching(/^archived events_9 .*2024-09-01.*: 30 rows$/),
    expect.stringMatching(/^archived events_10 .*2024-10-01.*: 50 rows$/),
  ]);
  expect(folder.manifest(database, "20240901")).toMatchObject({ rows: 30, partition: { name: "events_9" } });
  expect(folder.manifest(database, "20241001")).toMatchObject({ rows: 50, partition: { name: "events_10" } });
  expect((await preview(database, deployment, january)).steps).toEqual([]);
  const restored = await onDatabase(database, "restore", "app.events", "--from", "2024-09", "--to", "2024-11");
  expect(restored).toMatchObject({ code: 0 });
  expect(await differing("app.nine", "app.events_9_restored")).toEqual([]);
  expect(await differing("app.ten", "app.events_10_restored")).toEqual([]);
});

/** Each of these ten times, as a table of an application grows wide; every seventh value is NULL. */
const columns = {
  n: ["bigint", "g::bigint * 1000003"],
  f: ["double precision", "g / 7.0"],
  d: ["numeric(20,6)", "g * 1.000001"],
  t: ["text", "'line ' || g || chr(10) || md5(g::text)"],
  u: ["uuid", "md5(g::text)::uuid"],
} as const;

it("a partition with 50 columns of mixed types and many NULLs is archived in parts and restored to the letter", async () => {
  const wide = Array.from({ length: 48 }, (_, index) => {
    const [letter, [type, value]] = Object.entries(columns)[index % 5] as [string, (typeof columns)["n"]];
    return {
      name: `${letter}${String(index)}`,
      type,
      value: `case when (g + ${String(index)}) % 7 > 0 then ${value} end`,
    };
  });
  const declared = folder.declared({
    columns: {
      id: "bigint",
      at: "timestamptz",
      ...Object.fromEntries(wide.map(({ name, type }) => [name, { type, nullable: true }])),
    },
    indexes: {},
    archive: { to: `file://${folder.path}`, spoolMegabytes: 16 },
  });
  expect((await up(database, deployment, program("2025-03-10T00:00:00Z", declared))).error).toBeUndefined();
  await database.query(
    `insert into app.events select g, '2025-02-05', ${wide.map(({ value }) => value).join(", ")} from generate_series(1, 20000) g`,
  );
  await database.query("create table app.before as table app.events");
  expect((await up(database, deployment, program("2025-04-10T00:00:00Z", declared))).error).toBeUndefined();
  const manifest = folder.manifest(database, "20250201");
  expect(manifest.columns).toHaveLength(50);
  expect(manifest.parts.length).toBeGreaterThan(1);
  expect(manifest.rows).toBe(20_000);
  expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
  expect(await differing("app.before", "app.events_p2025_02_restored")).toEqual([]);
});
