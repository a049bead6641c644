// Waits of the table's writers and readers while one of its partitions is archived, attributed as in stall.
import { join } from "node:path";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { BenchOptions } from "../bench";
import type { Row } from "../report";
import { LIMIT_MS } from "../stall/ours";
import { measureStall, stallText } from "../stall/scenario";
import { createReferenced, eventsTable, fill, month, MONTHS, OLD_READER, type Sizes, streams } from "../stall/world";
import { pluginPeak } from "../support/plugin-memory";
import { partitionedProject } from "../support/project";
import type { BenchDatabase, BenchServer } from "../support/server";
import { databaseArgs } from "../support/tables";

/** Rows of the month that is archived meanwhile: half a minute of export. */
const EXPIRING = { full: 3_000_000, quick: 20_000 };

const full: Sizes = { rows: 20_000, recentRows: 0, oldMs: 5_000 };
const small: Sizes = { rows: 200, recentRows: 0, oldMs: 500 };

export async function archiveBesideLoad(server: BenchServer, folder: string, options: BenchOptions): Promise<Row> {
  const what = "wait for ours: archive of another partition, old reader";
  const sizes = options.quick ? small : full;
  const database = await server.createDatabase();
  await createReferenced(database);
  const declared = (retention: number): Partial<TableSpecArgs> => ({
    window: { lead: "1 month", retention: `${retention} months` },
    onExpire: "archive",
    grace: "none",
    archive: { to: `file://${join(folder, "live")}` },
  });
  const args = (retention: number) => databaseArgs(database, { events: eventsTable(false, declared(retention)) });
  const project = await partitionedProject(args(MONTHS), options.signal);
  await project.up();
  await fill(database, sizes);
  await fillExpiring(database, options.quick ? EXPIRING.quick : EXPIRING.full);
  options.say(what);
  project.declare(args(MONTHS - 1));
  let peak: number | undefined;
  const stalled = await measureStall({
    database,
    streams: streams(sizes, false),
    old: [OLD_READER],
    oldMs: sizes.oldMs,
    workers: "pulumi-pgpartition%",
    operation: async () => {
      peak = await pluginPeak(() => project.up());
    },
  });
  await requireArchived(database);
  return {
    what,
    ours: { value: stalled.worstMs, unit: "ms" },
    limit: { of: "ours", most: LIMIT_MS },
    note: `${stallText(stalled)}; the plugin took ${peak?.toFixed(0) ?? "?"} MB`,
  };
}

async function fillExpiring(database: BenchDatabase, rows: number): Promise<void> {
  await database.with("bench", async (client) => {
    await client.query(
      "insert into events (ts, ref_id, msg) select $2::timestamptz, 1 + i % 100, md5(i::text) || md5((i * 7)::text) from generate_series(1, $1::int) i",
      [rows, month(-MONTHS).from],
    );
    await client.query("analyze events");
  });
}

/** Throws if nothing was archived: the bench would look fast. */
async function requireArchived(database: BenchDatabase): Promise<void> {
  const { name } = month(-MONTHS);
  const found = await database.with("bench", (client) =>
    client.query("select from pgpartition.archives where partition_name = $1 and dropped_at is not null", [name]),
  );
  if (found.rowCount !== 1) throw new Error(`${name} was not archived and dropped`);
}
