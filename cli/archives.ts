import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { formatBytes } from "../core/size";
import { formatInterval } from "../core/time/interval";
import { listArchives } from "../postgres/archive-table";
import { requireTable, withRegistry } from "./session";

/** What was archived of a table: one line each, oldest range first. */
export function archivesCommand(): Command {
  return new Command("archives")
    .description("List the archives of a table: range, rows, size, place, and whether the partition was dropped.")
    .argument("<table>", "schema.table")
    .action(async (name: string, _options: object, command: Command) => {
      const table = requireTable(name);
      await withRegistry(command, async ({ database }) => {
        const archives = await listArchives(database, table);
        if (archives.length === 0) console.log(`nothing of ${formatTableId(table)} was archived`);
        for (const { bounds, branch, rows, bytes, manifest, droppedAt } of archives) {
          const where = branch === "" ? "" : ` ${branch}`;
          const state = droppedAt === undefined ? "not dropped" : `dropped ${droppedAt}`;
          console.log(
            `${formatInterval(bounds)}${where}  ${String(rows)} rows, ${formatBytes(bytes)}, ${state}  ${manifest}`,
          );
        }
      });
    });
}
