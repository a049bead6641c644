import { Command } from "commander";
import { queryTogether } from "../archive/restore/query-together";
import { formatInstant } from "../core/time/instant";
import { toIntervalKey } from "../core/time/interval";
import { listArchives } from "../postgres/archive/list-archives";
import { type ArchiveFlags, listLatest, openStoreOf, parseRangeFlags, getZone } from "./archive-source";
import { requireTable, withRegistry } from "./open-session";

/** Queries a table together with its archives. */
export function createQueryCommand(): Command {
  return new Command("query")
    .description("Query a table and its archives together, in DuckDB's SQL; the table is a view of its name.")
    .argument("<table>", "schema.table")
    .argument("<sql>", 'such as "select count(*) from events"')
    .option("--from <time>", "first moment of the range, such as 2024-03; without it everything")
    .option("--to <time>", "first moment after the range; without it the month, day or moment of --from alone")
    .option("--json", "one JSON object for each row, instead of columns with tabs between")
    .option("--region <region>", "region of the bucket, if the registry does not have it")
    .option("--endpoint <url>", "address of an S3-compatible store, if the registry does not have it")
    .addHelpText(
      "after",
      `
Partitions and archives are queried whole: a range includes those that have a moment in it. Costs: reads them once, needs the disk
of what is read as Parquet, and changes nothing. Numbers and times are DuckDB's; next to a column of such a type <name>__text in the
files has what only text can express.

Example: pgpartition query app.events "select date_trunc('month', at) as month, count(*) from events group by 1" --from 2024`,
    )
    .action(async (name: string, sql: string, flags: ArchiveFlags & { json?: boolean }, command: Command) => {
      const table = requireTable(name);
      // DuckDB spills to files with the mode of the process when memory is short; no other user may read them.
      process.umask(0o077);
      await withRegistry(command, async (session) => {
        const { database, options } = session;
        const observation = await database.observe(table.schema, table.table);
        const range = parseRangeFlags(flags, getZone(observation.registration));
        const there = new Set(
          (observation.table?.partitions ?? []).flatMap(({ bounds }) => (bounds ? [toIntervalKey(bounds)] : [])),
        );
        // Restored ranges are already in the table: their archives have the same rows.
        const archives = listLatest(await listArchives(database, table), range).filter(
          ({ bounds, branch }) => branch !== "" || !there.has(toIntervalKey(bounds)),
        );
        const opened = await Promise.all(
          archives.map(async ({ manifest }) => ({
            manifest,
            store: await openStoreOf(session, table, flags, manifest),
          })),
        );
        try {
          const { columns, rows, hot, archived } = await queryTogether({
            database,
            table,
            archives: opened,
            range,
            sql,
            signal: options.signal,
            log: options.log,
          });
          printRows(columns, rows, flags.json ?? false);
          const since = archives[0]?.bounds.from;
          console.error(
            `${String(hot)} rows of the table and ${String(archived)} of ${String(archives.length)} archives${since ? ` since ${formatInstant(since)}` : ""}`,
          );
        } finally {
          await Promise.all(opened.map(({ store }) => store.close()));
        }
      });
    });
}

function printRows(columns: readonly string[], rows: readonly (readonly unknown[])[], json: boolean): void {
  if (!json) console.log(columns.join("\t"));
  for (const row of rows) {
    if (json) console.log(JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, row[index]]))));
    else
      console.log(
        row
          .map((value) => (value === null ? "" : typeof value === "string" ? value : JSON.stringify(value)))
          .join("\t"),
      );
  }
}
