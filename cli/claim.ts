import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { claimTable } from "../postgres/read/ownership";
import { createNotRegisteredError, requireTable, withRegistry } from "./open-session";

/** Moves a table to another stack, or takes a released one back. */
export function createClaimCommand(): Command {
  return new Command("claim")
    .description("Let a stack manage a table: one that was released, or one of another stack.")
    .argument("<table>", "schema.table")
    .requiredOption("--stack <project/stack>", "the stack that manages it from now on, as `project/stack`")
    .action(async (name: string, options: { stack: string }, command: Command) => {
      const table = requireTable(name);
      if (!/^[^/\s]+\/[^/\s]+$/.test(options.stack))
        throw new Error(`"${options.stack}" is not a stack; write project/stack, as pulumi stack ls shows them`);
      await withRegistry(command, async (session) => {
        if (!(await claimTable(session.database, { ...table, owner: options.stack }, session.options)))
          throw createNotRegisteredError(table);
        console.log(
          `${formatTableId(table)} is managed by ${options.stack} now; the next pulumi up of that stack adopts it as it is`,
        );
      });
    });
}
