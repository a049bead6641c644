import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { formatBytes } from "../core/size";
import { compareInstants, formatInstant } from "../core/time/instant";
import type { Database } from "../postgres/database";
import { describeManagementSchema } from "../postgres/management/install";
import { listRegistered, type RegisteredTable } from "../postgres/read/ownership";
import { withSession } from "./open-session";

/** Prints one line for each registered table: its owner, and how far its partitions reach. */
export function createStatusCommand(): Command {
  return new Command("status")
    .description("List the managed tables: owner, mode, partitions, size, runway.")
    .action(async (_options: object, command: Command) => {
      await withSession(command, async ({ database }) => {
        const management = await describeManagementSchema(database);
        const tables = management.kind === "ours" ? await listRegistered(database) : [];
        if (tables.length === 0) console.log(`no table is registered in "${database.managementSchema}"`);
        for (const table of tables) console.log(await describe(database, table));
      });
    });
}

async function describe(database: Database, entry: RegisteredTable): Promise<string> {
  const head = `${formatTableId(entry)}  ${entry.mode === "released" ? "released" : entry.owner}${entry.paused ? ", paused" : ""}`;
  const { table, detached } = await database.observe(entry.schema, entry.table);
  if (!table) return `${head}  (does not exist)`;
  const ends = table.partitions
    .flatMap((partition) => (partition.bounds?.to ? [partition.bounds.to] : []))
    .sort(compareInstants);
  const last = ends.at(-1);
  const bytes = table.partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  const away = detached.length > 0 ? `, ${detached.length} detached` : "";
  return `${head}  ${table.partitions.length} partitions${away}, ${formatBytes(bytes)}, until ${last ? formatInstant(last) : "(none)"}`;
}
