// docs/reference/cli.md: the verbs of `pgpartition`, from commander's own help.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { repositoryRoot } from "../paths";
import { type Page, page, section } from "./markdown";

/** Returns no page while no command line exists. */
export async function cliPages(): Promise<Page[]> {
  if (!existsSync(join(repositoryRoot, "cli", "main.ts"))) return [];
  const { createProgram: program } = await import("../../cli/main");
  const root = program();
  return [
    page("docs/reference/cli.md", "Command line", [
      `${root.description()}\n`,
      "In a repository that depends on the package: `npx pgpartition <verb>`.\n",
      block(help(root)),
      ...root.commands.flatMap((command) => sections(command, command.name())),
    ]),
  ];
}

/** A verb that has verbs of its own comes before them. */
function sections(command: Command, name: string): string[] {
  return [
    section(name, block(help(command))),
    ...command.commands.flatMap((verb) => sections(verb, `${name} ${verb.name()}`)),
  ];
}

/** Formats for a terminal of 100 columns, whatever this one has. */
function help(command: Command): string {
  return command
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ getOutHasColors: () => false })
    .helpInformation()
    .trim();
}

function block(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\`\n`;
}
