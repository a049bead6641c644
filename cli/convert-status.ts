import { Command } from "commander";
import { type CopyStatus, readCopyStatus } from "../conversion/read-status";
import { quoteQualified } from "../core/names/identifier";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { findJournalName, findOid, listCopiesUnderWay } from "../postgres/conversion/copy-status";
import { hasJournal, readCopyRecord } from "../postgres/conversion/journal";
import { type CliSession, requireTable, withSession } from "./open-session";
import { explainRights } from "./open-conversion";
import { renderStatus, toJson } from "./convert-render-status";

/** Prints how far conversions by copy are. Reads the journal, and waits for no lock of the tables. */
export function createConvertStatusCommand(): Command {
  return new Command("status")
    .description(
      "Tell how far conversions by copy are: phase, rows, rate, changes, settings, who works on it, what is in the way, until when a former table is kept. Changes nothing.",
    )
    .argument("[table]", "schema.table; left out: all that are under way")
    .option("--json", "as JSON: a list, empty if none is under way")
    .action(async (name: string | undefined, options: { json?: true }, command: Command) => {
      const only = name === undefined ? undefined : requireTable(name);
      await withSession(command, (session) =>
        explainRights(session, async () => {
          const found = await readAll(session, only);
          if (options.json) console.log(JSON.stringify(found.map(toJson), undefined, 2));
          else if (found.length > 0) console.log(found.map(renderStatus).join("\n\n"));
          else console.log(renderNone(session, only));
        }),
      );
    });
}

async function readAll(session: CliSession, only: TableId | undefined): Promise<CopyStatus[]> {
  const { database } = session;
  if (only && (await findOid(database, quoteQualified(only.schema, only.table))) === undefined)
    throw new Error(`table "${formatTableId(only)}" does not exist`);
  if (!(await hasJournal(database))) return [];
  const found: CopyStatus[] = [];
  for (const table of only ? [await findJournalName(database, only)] : await listCopiesUnderWay(database)) {
    const record = await readCopyRecord(database, table);
    if (!record) continue;
    const status = await readCopyStatus(database, table, record);
    if (record.phase !== "ended" || isFormerAwaited(status)) found.push(status);
  }
  return found;
}

/** True if its conversion has ended, and an update will drop the former table. */
function isFormerAwaited({ record, former }: CopyStatus): boolean {
  return former !== undefined && record.detail.formerTable?.dropAfter !== undefined;
}

function renderNone({ database }: CliSession, only: TableId | undefined): string {
  return `no conversion ${only ? `of "${formatTableId(only)}" ` : ""}by copy is under way in "${database.managementSchema}"`;
}
