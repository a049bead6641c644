// A partition of 50 columns of mixed types and 1,000 MB, archived by a whole `pulumi up`: memory of the plugin.
import { join } from "node:path";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { timed } from "../support/measure";
import type { BenchOptions } from "../bench";
import type { Row } from "../report";
import { pluginPeak } from "../support/plugin-memory";
import { partitionedProject } from "../support/project";
import type { BenchDatabase, BenchServer } from "../support/server";
import { databaseArgs } from "../support/tables";

export const PEAK_MEGABYTES = 300;

/** Bytes of the table itself, without indexes. */
const BYTES = { full: 1_000_000_000, quick: 5_000_000 };
const BATCH = { full: 50_000, quick: 5_000 };

/** Column types, each many times; every seventh value is NULL. */
const KINDS: readonly (readonly [type: string, value: string])[] = [
  ["bigint", "g::bigint * 1000003"],
  ["double precision", "g / 7.0"],
  ["numeric(20,6)", "g * 1.000001"],
  ["text", "'line ' || g || chr(10) || md5(g::text)"],
  ["uuid", "md5(g::text)::uuid"],
  ["jsonb", "jsonb_build_object('g', g, 'of', array[g % 7, g % 11])"],
  ["timestamptz", "timestamptz '2020-01-01Z' + g * interval '1 second'"],
  ["boolean", "g % 3 = 0"],
];
const columns = Array.from({ length: 48 }, (_, index) => {
  const [type, value] = KINDS[index % KINDS.length] ?? ["text", "null"];
  return { name: `c${index}`, type, value: `case when (g + ${index}) % 7 > 0 then ${value} end` };
});

export async function archiveOfWide(server: BenchServer, folder: string, options: BenchOptions): Promise<Row> {
  const what = "peak memory of the plugin, 50 columns and 1,000 MB / 300 MB";
  const database = await server.createDatabase();
  const args = (retention: number) => databaseArgs(database, { wide: wideTable(retention, join(folder, "wide")) });
  const project = await partitionedProject(args(2), options.signal);
  await project.up();
  options.say("filling a table of 50 columns");
  const bytes = await fill(database, options.quick ? "quick" : "full");
  options.say(what);
  project.declare(args(1));
  let peak: number | undefined;
  const ms = await timed(async () => {
    peak = await pluginPeak(() => project.up());
  });
  if (peak === undefined) return { what, note: "not measured: /proc does not tell" };
  const { rows, stored, objects } = await archived(database);
  return {
    what,
    ratio: peak / PEAK_MEGABYTES,
    limit: { of: "ratio", most: 1 },
    note:
      `${peak.toFixed(0)} MB; ${rows} rows of ${mega(bytes)} as ${mega(stored)} in ${objects} parts, ` +
      `${(ms / 1_000).toFixed(1)} s for the whole update`,
  };
}

function wideTable(retention: number, to: string): TableSpecArgs {
  const nullable = columns.map(({ name, type }) => [name, { type, nullable: true }] as const);
  return {
    table: "wide",
    columns: { id: "bigint", ts: "timestamptz", ...Object.fromEntries(nullable) },
    primaryKey: ["id", "ts"],
    partitionBy: [{ range: "ts", every: "month" }],
    window: { lead: "1 month", retention: `${retention} months` },
    onExpire: "archive",
    grace: "none",
    archive: { to: `file://${to}` },
  };
}

/** Inserts rows into the month that is to expire, until it has as many bytes. */
function fill(database: BenchDatabase, size: keyof typeof BYTES): Promise<number> {
  return database.with("bench", async (client) => {
    const partitions = await client.query<{ name: string; at: string }>(
      `select c.oid::regclass::text as name, substring(pg_get_expr(c.relpartbound, c.oid) from '\\(''([^'']+)') as at
         from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'wide'::regclass order by 2 limit 1`,
    );
    const { name, at } = partitions.rows[0] ?? { name: "", at: "" };
    const insert = `insert into wide select g, $3::timestamptz, ${columns.map(({ value }) => value).join(", ")}
      from generate_series($1::int, $2::int) g`;
    for (let first = 1, bytes = 0; ; first += BATCH[size]) {
      if (bytes >= BYTES[size]) return bytes;
      await client.query(insert, [first, first + BATCH[size] - 1, at]);
      const sized = await client.query<{ bytes: number }>("select pg_relation_size($1)::float8 as bytes", [name]);
      bytes = sized.rows[0]?.bytes ?? 0;
    }
  });
}

async function archived(database: BenchDatabase): Promise<{ rows: number; stored: number; objects: number }> {
  const { rows } = await database.with("bench", (client) =>
    client.query<{ rows: number; stored: number; objects: number }>(
      `select row_count::float8 as rows, bytes::float8 as stored, objects::int from pgpartition.archives where dropped_at is not null`,
    ),
  );
  if (!rows[0]) throw new Error("the wide partition was not archived and dropped");
  return rows[0];
}

function mega(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
