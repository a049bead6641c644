import { Command } from "commander";
import { formatTableId } from "../core/names/resource-id";
import { type CopyControl, writeControl } from "../postgres/conversion/journal";
import { requireUnderWay, withConversion } from "./open-conversion";

/** What a run that is under way does with a setting. */
const NOTICED = "A run that is under way notices it after the statement that it works on.";

export function createConvertPauseCommand(): Command {
  return new Command("pause")
    .description(
      `Stop the copying of a conversion until it is resumed; changes go on being captured. ${NOTICED} An update then ends unfinished, and convert run waits.`,
    )
    .argument("<table>", "schema.table")
    .action((name: string, _options: object, command: Command) =>
      setControl(
        command,
        name,
        { paused: true },
        "is paused: an update that works on it ends unfinished, pgpartition convert run waits; pgpartition convert resume goes on",
      ),
    );
}

export function createConvertResumeCommand(): Command {
  return new Command("resume")
    .description("Take back pause and stop-before-swap. The pace stays.")
    .argument("<table>", "schema.table")
    .action((name: string, _options: object, command: Command) =>
      setControl(
        command,
        name,
        { paused: false, stopBeforeSwap: false },
        "goes on with the next pulumi up, or with pgpartition convert run",
      ),
    );
}

export function createConvertPaceCommand(): Command {
  return new Command("pace")
    .description(`Set the share of the time in which a conversion works; it rests in between. ${NOTICED}`)
    .argument("<table>", "schema.table")
    .argument("<percent>", "1 to 100")
    .action((name: string, text: string, _options: object, command: Command) => {
      const percent = readPercent(text);
      return setControl(command, name, { pace: percent / 100 }, `works ${percent} % of the time`);
    });
}

export function createStopBeforeSwapCommand(): Command {
  return new Command("stop-before-swap")
    .description("Let an update stop once everything is verified, whatever its program declares. resume takes it back.")
    .argument("<table>", "schema.table")
    .action((name: string, _options: object, command: Command) =>
      setControl(
        command,
        name,
        { stopBeforeSwap: true },
        "stops before its swap; pgpartition convert resume takes it back",
      ),
    );
}

function setControl(command: Command, name: string, control: CopyControl, told: string): Promise<void> {
  const either = { orWayBack: true };
  return withConversion(
    command,
    name,
    async ({ session, table }) => {
      // It ended in this moment: the error says how.
      if (!(await writeControl(session.database, table, control))) await requireUnderWay(session, table, either);
      console.log(`the conversion of ${formatTableId(table)} ${told}`);
    },
    either,
  );
}

function readPercent(text: string): number {
  const percent = /^\d{1,3}%?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (percent < 1 || percent > 100)
    throw new Error(`"${text}" is not a share of the time; write a whole number of percent from 1 to 100`);
  return percent;
}
