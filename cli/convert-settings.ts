import { Command } from "commander";
import { DEFAULT_MAX_REPLICA_LAG_SECONDS, DEFAULT_MAX_SLOT_LAG } from "../core/defaults";
import { formatTableId } from "../core/names/resource-id";
import { parseSize, SIZE_HINT } from "../core/size";
import { type CopyControl, writeControl } from "../postgres/conversion/journal";
import { describeReplicaLimit, describeSlotLimit } from "./convert-render-status";
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
    .description(
      `Set the share of the time in which a conversion works, and how far others may fall behind before it waits. ${NOTICED}`,
    )
    .argument("<table>", "schema.table")
    .argument("[percent]", "1 to 100; it rests in between")
    .option(
      "--max-replica-lag <seconds>",
      `wait while a replica replays WAL older than that, ${DEFAULT_MAX_REPLICA_LAG_SECONDS} by default; none: never`,
    )
    .option(
      "--max-slot-lag <size>",
      `wait while a slot keeps, or a replica has yet to replay, more WAL than that, "${DEFAULT_MAX_SLOT_LAG}" by default; none: never`,
    )
    .addHelpText(
      "after",
      `
From half of a limit on the conversion gets slower, and beyond it it waits, and tells for what; pgpartition convert status does too. It
also gets slower while checkpoints cannot keep up with its WAL, and lets sessions go first that wait for its locks. A slot that the server
would give up (max_slot_wal_keep_size) is waited for earlier. How far replicas are behind is hidden from a role without pg_monitor.

Example: pgpartition convert pace app.events 50 --max-replica-lag 5 --max-slot-lag "20 GB"`,
    )
    .action((name: string, text: string | undefined, options: PaceOptions, command: Command) => {
      const { control, told } = readPace(text, options);
      return setControl(command, name, control, told.join(", "));
    });
}

interface PaceOptions {
  readonly maxReplicaLag?: string;
  readonly maxSlotLag?: string;
}

/** Reads what is to be set, and what to say about it. */
function readPace(text: string | undefined, { maxReplicaLag, maxSlotLag }: PaceOptions) {
  const percent = text === undefined ? undefined : readPercent(text);
  const seconds = maxReplicaLag === undefined ? undefined : readSeconds(maxReplicaLag);
  const bytes = maxSlotLag === undefined ? undefined : readSize(maxSlotLag);
  const control: CopyControl = {
    ...(percent === undefined ? {} : { pace: percent / 100 }),
    ...(seconds === undefined ? {} : { maxReplicaLagSeconds: seconds }),
    ...(bytes === undefined ? {} : { maxSlotLagBytes: bytes }),
  };
  const told = [
    ...(percent === undefined ? [] : [`works ${percent} % of the time`]),
    ...(seconds === undefined ? [] : [describeReplicaLimit(seconds)]),
    ...(bytes === undefined ? [] : [describeSlotLimit(bytes)]),
  ];
  if (told.length === 0) throw new Error("nothing to set: write a percentage, --max-replica-lag or --max-slot-lag");
  return { control, told };
}

const NONE = "none";

function readSeconds(text: string): number | null {
  if (text === NONE) return null;
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds <= 0) throw new Error(`"${text}" is not a time; write seconds, such as 5, or none`);
  return seconds;
}

function readSize(text: string): number | null {
  if (text === NONE) return null;
  const bytes = parseSize(text) ?? 0;
  if (bytes <= 0) throw new Error(`"${text}" is not a size. ${SIZE_HINT} none: without a limit.`);
  return bytes;
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
