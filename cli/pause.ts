import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { setPaused as setTablePaused } from "../postgres/read/ownership";
import { createNotRegisteredError, requireTable, withRegistry } from "./open-session";

export function createPauseCommand(): Command {
  return setPaused("pause", "Stop every retirement of a table; partitions are still created ahead.", true);
}

export function createResumeCommand(): Command {
  return setPaused("resume", "Let a paused table retire again, from the next update on.", false);
}

function setPaused(verb: string, description: string, paused: boolean): Command {
  return new Command(verb)
    .description(description)
    .argument("<table>", "schema.table")
    .action(async (name: string, _options: object, command: Command) => {
      const table = requireTable(name);
      await withRegistry(command, async ({ database, options }) => {
        if (!(await setTablePaused(database, { ...table, paused }, options))) throw createNotRegisteredError(table);
        console.log(`${formatTableId(table)}: retirement ${paused ? "is paused" : "continues with the next update"}`);
      });
    });
}
