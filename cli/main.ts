import { Command } from "commander";
import { version } from "../package.json";
import { adoptCommand } from "./adopt";
import { archivesCommand } from "./archives";
import { claimCommand } from "./claim";
import { monitoringCommand } from "./monitoring";
import { pauseCommand, resumeCommand } from "./pause";
import { queryCommand } from "./query";
import { releaseCommand } from "./release";
import { restoreCommand } from "./restore";
import { statusCommand } from "./status";

/** Builds `pgpartition`, the command line for work outside a Pulumi program. One file per verb. */
export function program(): Command {
  const root = new Command("pgpartition")
    .description("Looks after the tables that pulumi-pgpartition manages. Reads DATABASE_URL, else the PG* variables.")
    .version(version)
    .option(
      "--url <url>",
      "connection URL; prefer DATABASE_URL or PGPASSFILE, which other users of this machine cannot see",
    )
    .option("--management-schema <name>", "schema of registry and ledger", "pgpartition");
  for (const command of [
    statusCommand(),
    releaseCommand(),
    claimCommand(),
    pauseCommand(),
    resumeCommand(),
    adoptCommand(),
    monitoringCommand(),
    archivesCommand(),
    restoreCommand(),
    queryCommand(),
  ])
    root.addCommand(command);
  return root;
}

if (require.main === module) {
  program()
    .parseAsync(process.argv)
    .catch((error: unknown) => {
      console.error(`pgpartition: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    });
}
