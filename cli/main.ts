import { Command } from "commander";
import { version } from "../package.json";
import { createAdoptCommand } from "./adopt";
import { createAnalyzeCommand } from "./analyze";
import { createArchivesCommand } from "./archives";
import { createBenchCommand } from "./bench";
import { createClaimCommand } from "./claim";
import { createConvertCommand } from "./convert";
import { createMonitoringCommand } from "./monitoring";
import { createPauseCommand, createResumeCommand } from "./pause";
import { createPlanCommand } from "./plan";
import { createQueryCommand } from "./query";
import { createReleaseCommand } from "./release";
import { createRestoreCommand } from "./restore";
import { createStatusCommand } from "./status";

/** Builds `pgpartition`, the command line for work outside a Pulumi program. One file per verb. */
export function createProgram(): Command {
  const root = new Command("pgpartition")
    .description("Looks after the tables that pulumi-pgpartition manages. Reads DATABASE_URL, else the PG* variables.")
    .version(version)
    .option(
      "--url <url>",
      "connection URL; prefer DATABASE_URL or PGPASSFILE, which other users of this machine cannot see",
    )
    .option("--management-schema <name>", "schema of registry and ledger", "pgpartition");
  for (const command of [
    createPlanCommand(),
    createStatusCommand(),
    createReleaseCommand(),
    createClaimCommand(),
    createPauseCommand(),
    createResumeCommand(),
    createAnalyzeCommand(),
    createBenchCommand(),
    createConvertCommand(),
    createAdoptCommand(),
    createMonitoringCommand(),
    createArchivesCommand(),
    createRestoreCommand(),
    createQueryCommand(),
  ])
    root.addCommand(command);
  return root;
}

if (require.main === module) {
  createProgram()
    .parseAsync(process.argv)
    .catch((error: unknown) => {
      console.error(`pgpartition: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    });
}
