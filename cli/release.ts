import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { releaseTable } from "../postgres/read/ownership";
import { createNotRegisteredError, requireTable, withRegistry } from "./open-session";

/** Releases a table. Only the registry changes; no stack retires or deletes anything of the table from then on. */
export function createReleaseCommand(): Command {
  return new Command("release")
    .description(
      "Hand a table back unmanaged: its stack forgets it and drops nothing. Then remove it from the program and run pulumi up.",
    )
    .argument("<table>", "schema.table")
    .action(async (name: string, _options: object, command: Command) => {
      const table = requireTable(name);
      await withRegistry(command, async ({ database, options }) => {
        if (!(await releaseTable(database, table, options))) throw createNotRegisteredError(table);
        console.log(
          `released ${formatTableId(table)}; remove it from the program and run pulumi up, which only forgets it`,
        );
      });
    });
}
