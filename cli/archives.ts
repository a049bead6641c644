import { Command } from "commander";
import { ArchiveFault } from "../archive/store/mismatch";
import { verifyArchive } from "../archive/read/read-back";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { formatBytes } from "../core/size";
import { formatInterval, overlaps } from "../core/time/interval";
import { type ListedArchive, listArchives } from "../postgres/archive/list-archives";
import { type ArchiveFlags, listLatest, openStoreOf, parseRangeFlags, getZone } from "./archive-source";
import { type CliSession, requireTable, withRegistry } from "./open-session";

interface ArchivesFlags extends ArchiveFlags {
  readonly verify?: boolean;
}

/** Lists the archives of a table, one line each, oldest range first. */
export function createArchivesCommand(): Command {
  return new Command("archives")
    .description("List the archives of a table: range, rows, size, manifest, and whether the partition was dropped.")
    .argument("<table>", "schema.table")
    .option("--verify", "read every byte of them in their stores, and compare with the ledger")
    .option("--from <time>", "first moment of the range, such as 2024-03; without it everything")
    .option("--to <time>", "first moment after the range; without it the month, day or moment of --from alone")
    .option("--region <region>", "region of the bucket, if the registry does not have it")
    .option("--endpoint <url>", "address of an S3-compatible store, if the registry does not have it")
    .addHelpText(
      "after",
      `
The list is the ledger's, and reads no store. With --verify each line begins with "whole", "damaged", "unread" (the store did
not return it) or "older" (a later generation counts, and it is not read); standard error has what was found, and the exit code is 1 where
something is damaged or unread. Costs then: the traffic of all that is read, no disk, and it changes nothing.

Example: pgpartition archives app.events --verify --from 2024`,
    )
    .action(async (name: string, flags: ArchivesFlags, command: Command) => {
      const table = requireTable(name);
      await withRegistry(command, async (session) => {
        const { database } = session;
        const { registration } = await database.observe(table.schema, table.table);
        const range = parseRangeFlags(flags, getZone(registration));
        const archives = (await listArchives(database, table)).filter(({ bounds }) => overlaps(bounds, range));
        if (archives.length === 0) console.log(`nothing of ${formatTableId(table)} was archived`);
        const counting = new Set(listLatest(archives, range));
        for (const archive of archives) {
          const verify = () => (counting.has(archive) ? verifyOne(session, table, flags, archive) : OLDER);
          console.log(`${flags.verify ? `${await verify()}  ` : ""}${describeArchive(archive)}`);
        }
      });
    });
}

/** Mark of an archive that a later generation of the same range supersedes: it is never read. */
const OLDER = "older";

function describeArchive({ bounds, branch, bytes, droppedAt, manifest, rows }: ListedArchive): string {
  const where = branch === "" ? "" : ` ${branch}`;
  const state = droppedAt === undefined ? "not dropped" : `dropped ${droppedAt}`;
  return `${formatInterval(bounds)}${where}  ${String(rows)} rows, ${formatBytes(bytes)}, ${state}  ${manifest}`;
}

/** Verifies archives, continuing after a damaged one. */
async function verifyOne(
  session: CliSession,
  table: TableId,
  flags: ArchiveFlags,
  { manifest, partition }: ListedArchive,
): Promise<string> {
  const { database, options } = session;
  const { log, signal } = options;
  try {
    const store = await openStoreOf(session, table, flags, manifest);
    try {
      await verifyArchive({ store, manifest, name: partition, database, signal, log });
      return "whole";
    } finally {
      await store.close();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    process.exitCode = 1;
    console.error(error instanceof Error ? error.message : String(error));
    return error instanceof ArchiveFault ? "damaged" : "unread";
  }
}
