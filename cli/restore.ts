import { Command, Option } from "commander";
import { restoreTable } from "../archive/restore/restore-table";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { formatInstant } from "../core/time/instant";
import { type ListedArchive, listArchives } from "../postgres/archive/list-archives";
import { Database } from "../postgres/database";
import { type ArchiveFlags, listLatest, openStoreOf, parseRangeFlags, getZone } from "./archive-source";
import { restorePartitions } from "./restore-as-partition";
import { type CliSession, requireTable, withRegistry, withSession } from "./open-session";

interface RestoreFlags extends ArchiveFlags {
  readonly manifest?: string;
  readonly name?: string;
  readonly schema?: string;
  readonly into?: string;
  readonly as: "table" | "partition";
  readonly until?: string;
}

/** Restores archives: each range as a table of its own, attached to nothing, or as a partition. */
export function createRestoreCommand(): Command {
  return new Command("restore")
    .description(
      "Restore archives as tables or partitions: the same columns, types and rows. Each part is compared with its hashes; the rows of each range come in one transaction.",
    )
    .argument("<table>", "schema.table of the managed table")
    .option("--from <time>", "first moment of the range, such as 2024-03; without it everything that was archived")
    .option("--to <time>", "first moment after the range; without it the month, day or moment of --from alone")
    .addOption(
      new Option(
        "--as <what>",
        "table: a separate table, attached to nothing; partition: read-only if it is outside of the window, and retained in the table",
      )
        .choices(["table", "partition"])
        .default("table"),
    )
    .option(
      "--until <date>",
      "with --as partition: when it may be retired again; without it once confirmDrops of the program names it",
    )
    .option("--manifest <url>", "one archive by its manifest, if the ledger no longer has it")
    .option("--name <name>", "name of the table, where one archive is restored; else <partition>_restored")
    .option("--schema <schema>", "schema of the table; else that of the managed table")
    .option("--into <url>", "another database, by its connection URL without a password (PGPASSFILE has it)")
    .option("--region <region>", "region of the bucket, if the registry does not have it")
    .option("--endpoint <url>", "address of an S3-compatible store, if the registry does not have it")
    .addHelpText(
      "after",
      `
Costs: reads the objects once; in the database one transaction for each table, which no session waits for. Needs the rights to read the
store and to create a table. As a table it changes nothing in the managed table; as a partition it is attached, and the ledger retains it
there: no update retires it before its time, and then it is archived again. The archive is not changed.

Examples: pgpartition restore app.events --from 2024-03
          pgpartition restore app.events --from 2024-03 --as partition --until 2027-01-01`,
    )
    .action(async (name: string, flags: RestoreFlags, command: Command) => {
      const table = requireTable(name);
      requireFitting(flags);
      if (flags.as === "partition") {
        await withRegistry(command, (session) => restoreAsPartitions(session, table, flags));
        return;
      }
      if (flags.manifest !== undefined) {
        const manifest = flags.manifest;
        await withSession(command, (session) => restoreOne(session, table, flags, manifest, undefined));
        return;
      }
      await withRegistry(command, async (session) => {
        const wanted = listLatest(
          await listArchives(session.database, table),
          parseRangeFlags(flags, await readZone(session, table)),
        );
        if (wanted.length === 0) throw new Error(await explainNothingFound(session, table));
        if (wanted.length > 1 && flags.name !== undefined)
          throw new Error(`--name is for one archive, and ${String(wanted.length)} are in that range: leave it out`);
        for (const archive of wanted) await restoreOne(session, table, flags, archive.manifest, archive);
      });
    });
}

/** Refuses flags that belong to the other kind of restore. */
function requireFitting(flags: RestoreFlags): void {
  const findGiven = (names: readonly (keyof RestoreFlags)[]) => names.find((one) => flags[one] !== undefined);
  const wrong = flags.as === "partition" ? findGiven(["manifest", "name", "schema", "into"]) : findGiven(["until"]);
  if (wrong !== undefined) throw new Error(`--${wrong} cannot be combined with --as ${flags.as}`);
  if (flags.as === "partition" && flags.from === undefined) throw new Error("--as partition needs --from");
}

async function restoreAsPartitions(session: CliSession, table: TableId, flags: RestoreFlags): Promise<void> {
  const range = parseRangeFlags(flags, await readZone(session, table));
  const attached = await restorePartitions(session, { table, range, until: flags.until, flags });
  const end = flags.until === undefined ? "until confirmDrops names them" : `until ${flags.until}`;
  console.log(
    `${formatTableId(table)}: ${String(attached)} partitions are restored; outside of the window they are read-only and retained ${end}`,
  );
}

async function readZone({ database }: CliSession, table: TableId): Promise<string> {
  return getZone((await database.observe(table.schema, table.table)).registration);
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
    const ledger = session.database;
    const { rows } = await restoreTable({ database: other ?? ledger, ledger, store, manifest, target, signal, log });
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

async function explainNothingFound({ database }: CliSession, table: TableId): Promise<string> {
  const all = await listArchives(database, table);
  const starts = all.map(({ bounds }) => `${bounds.from ? formatInstant(bounds.from) : ".."}`).join(", ");
  return all.length === 0
    ? `nothing of "${formatTableId(table)}" was archived according to the ledger; --manifest restores other archives`
    : `no archive of "${formatTableId(table)}" is in that range; archives exist from ${starts}`;
}
