import { Command } from "commander";
import { restoreTable } from "../archive/restore";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { formatInstant } from "../core/time/instant";
import { type ListedArchive, listArchives } from "../postgres/archive-table";
import { Database } from "../postgres/database";
import { type ArchiveFlags, latest, openStoreOf, rangeOf } from "./archive-source";
import { type CliSession, requireTable, withRegistry, withSession } from "./session";

interface RestoreFlags extends ArchiveFlags {
  readonly manifest?: string;
  readonly name?: string;
  readonly schema?: string;
  readonly into?: string;
}

/** Archives become tables again: each range a table of its own, attached to nothing. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "Make tables of archives: the same columns, types and rows. Each part is compared with its hashes; each table is one transaction.",
    )
    .argument("<table>", "schema.table, as it is managed")
    .option("--from <time>", "first moment that is wanted, such as 2024-03; without it everything that was archived")
    .option(
      "--to <time>",
      "first moment that is not wanted any more; without it the month, day or moment of --from alone",
    )
    .option("--manifest <url>", "one archive by its manifest, where the ledger does not know it any more")
    .option("--name <name>", "name of the table, where one archive is restored; else <partition>_restored")
    .option("--schema <schema>", "schema of the table; else that of the managed table")
    .option("--into <url>", "another database, by its connection URL without a password (PGPASSFILE has it)")
    .option("--region <region>", "region of the bucket, where the registry does not say it")
    .option("--endpoint <url>", "address of an S3-compatible store, where the registry does not say it")
    .addHelpText(
      "after",
      `
Costs: reads the objects once; in the database one transaction for each table, which nobody waits for. Needs the rights to read the
store and to create a table. Nothing is changed in the managed table or in the archive.

Example: pgpartition restore app.events --from 2024-03`,
    )
    .action(async (name: string, flags: RestoreFlags, command: Command) => {
      const table = requireTable(name);
      if (flags.manifest !== undefined) {
        const manifest = flags.manifest;
        await withSession(command, (session) => restoreOne(session, table, flags, manifest, undefined));
        return;
      }
      await withRegistry(command, async (session) => {
        const wanted = latest(await listArchives(session.database, table), rangeOf(flags));
        if (wanted.length === 0) throw new Error(await nothingFound(session, table));
        if (wanted.length > 1 && flags.name !== undefined)
          throw new Error(`--name is for one archive, and ${String(wanted.length)} are in that range: leave it out`);
        for (const archive of wanted) await restoreOne(session, table, flags, archive.manifest, archive);
      });
    });
}

async function restoreOne(
  session: CliSession,
  table: TableId,
  flags: RestoreFlags,
  manifest: string,
  archive: ListedArchive | undefined,
): Promise<void> {
  const store = await openStoreOf(session, table, flags, manifest);
  const target = {
    schema: flags.schema ?? table.schema,
    name: flags.name ?? `${archive?.partition ?? table.table}_restored`,
  };
  const other = flags.into === undefined ? undefined : openOther(session, flags.into);
  try {
    const { signal, log } = session.options;
    const { rows } = await restoreTable({ database: other ?? session.database, store, manifest, target, signal, log });
    console.log(`${target.schema}.${target.name}: ${String(rows)} rows, as they were archived in ${manifest}`);
  } finally {
    await store.close();
    await other?.close();
  }
}

function openOther({ database }: CliSession, url: string): Database {
  const { managementSchema } = database;
  const config = { url, applicationName: "pulumi-pgpartition cli", managementSchema, poolSize: 2 };
  return new Database(config, process.env);
}

async function nothingFound({ database }: CliSession, table: TableId): Promise<string> {
  const all = await listArchives(database, table);
  const said = all.map(({ bounds }) => `${bounds.from ? formatInstant(bounds.from) : ".."}`).join(", ");
  return all.length === 0
    ? `nothing of "${formatTableId(table)}" was archived, says the ledger; --manifest restores what it does not know`
    : `no archive of "${formatTableId(table)}" is in that range; there are those from ${said}`;
}
