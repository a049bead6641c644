import { Command } from "commander";
import { giveUp } from "../conversion/give-up";
import { formatTableId } from "../core/names/resource-id";
import { isOpening } from "../postgres/conversion/journal-opening";
import { getLocked } from "../postgres/conversion/copy-status";
import { type OpenConversion, requireUnderWay, withConversion } from "./open-conversion";

/** Ends a conversion before its swap. The table and its rows stay as they are. */
export function createGiveUpCommand(): Command {
  return new Command("give-up")
    .description(
      "End a conversion before its swap: the capture and the copy are dropped, and the table stays as it is. Everything that was copied is lost.",
    )
    .argument("<table>", "schema.table")
    .option("--yes", "do it")
    .addHelpText(
      "after",
      `
Takes ACCESS EXCLUSIVE on the table for an instant, to drop the triggers. Needs the lock of the table: end a run that works on it, or pause
it, first. As long as the program declares convertFrom, the next pulumi up begins again from nothing: remove it.`,
    )
    .action((name: string, options: { yes?: true }, command: Command) =>
      withConversion(command, name, async (conversion) => {
        const { record } = conversion;
        if (!options.yes)
          throw new Error(
            `giving up the conversion of "${name}" drops its copy of ${record.rowsCopied.toLocaleString("en")} rows, begun at ${record.begunAt}: add --yes to do it. ` +
              `pgpartition convert pause ${name} keeps what is done`,
          );
        await endConversion(conversion);
        const removed = isOpening(record)
          ? "convertFrom.openWayBack"
          : record.detail.historyOf === undefined
            ? "convertFrom"
            : "convertFrom.split";
        console.log(
          `the conversion of ${formatTableId(conversion.table)} is given up, and the table is as it was; remove ${removed} from the program, or the next pulumi up begins again`,
        );
      }),
    );
}

async function endConversion({ session, table, record: found }: OpenConversion): Promise<void> {
  const { database, options } = session;
  const locked = getLocked(table, found);
  await database.withTableLock(locked.schema, locked.table, options, async () => {
    // A run may have moved it on while the lock was waited for.
    const record = await requireUnderWay(session, table);
    const subject = `giving up the conversion of table "${formatTableId(table)}"`;
    await giveUp(database, table, record, { ...options, subject });
  });
}
