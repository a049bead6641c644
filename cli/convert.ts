import { Command } from "commander";
import { createGiveUpCommand } from "./convert-give-up";
import { createConvertRunCommand } from "./convert-run";
import {
  createConvertPaceCommand,
  createConvertPauseCommand,
  createConvertResumeCommand,
  createStopBeforeSwapCommand,
} from "./convert-settings";
import { createConvertStatusCommand } from "./convert-status";

/** The commands of an operator, from another terminal, for a conversion that copies. One file per verb. */
export function createConvertCommand(): Command {
  const convert = new Command("convert").description(
    "Look after a conversion by copy that pulumi up has begun: how far it is, go on, pause, pace, give up.",
  );
  for (const command of [
    createConvertStatusCommand(),
    createConvertRunCommand(),
    createConvertPauseCommand(),
    createConvertResumeCommand(),
    createConvertPaceCommand(),
    createStopBeforeSwapCommand(),
    createGiveUpCommand(),
  ])
    convert.addCommand(command);
  return convert;
}
