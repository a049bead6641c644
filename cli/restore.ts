import { Command } from "commander";
import { openStore } from "../archive/store/open";
import type { ObjectStore } from "../archive/store/store";
import { restoreTable } from "../archive/restore";
import { storeOfManifest } from "../core/archive/layout";
import type { StoreSettings } from "../core/archive/store-settings";
import { formatTableId, type TableId } from "../core/names/resource-id";
import { formatInstant, parseInstant } from "../core/time/instant";
import { type OpenInterval, overlaps } from "../core/time/interval";
import { windowFromWire } from "../core/window/wire";
import { type ListedArchive, listArchives } from "../postgres/archive-table";
import { Database } from "../postgres/database";
import { type CliSession, requireTable, withRegistry, withSession } from "./session";

interface RestoreFlags {
  readonly from?: string;
  readonly to?: string;
  readonly manifest?: string;
  readonly name?: string;
  readonly schema?: string;
  readonly into?: string;
  readonly region?: string;
  readonly endpoint?: string;
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

/** The settings that the registry keeps of the table, where they are of this store. */
async function openStoreOf(
  { database }: CliSession,
  table: TableId,
  flags: RestoreFlags,
  manifest: string,
): Promise<ObjectStore> {
  const to = storeOfManifest(manifest);
  if (to === undefined)
    throw new Error(`"${manifest}" is not the place of a manifest; it ends in /table=…/from=…/gen=…/_manifest.json`);
  const { registration } = await database.observe(table.schema, table.table);
  const window = windowFromWire(registration?.window);
  const declared = "spec" in window && window.spec.archive?.to === to ? window.spec.archive : undefined;
  const settings: StoreSettings = {
    to,
    ...(declared?.region === undefined ? {} : { region: declared.region }),
    ...(declared?.endpoint === undefined ? {} : { endpoint: declared.endpoint }),
    ...(declared?.pathStyle === undefined ? {} : { pathStyle: declared.pathStyle }),
    ...(flags.region === undefined ? {} : { region: flags.region }),
    ...(flags.endpoint === undefined ? {} : { endpoint: flags.endpoint }),
  };
  return openStore(settings);
}

function openOther({ database }: CliSession, url: string): Database {
  const { managementSchema } = database;
  const config = { url, applicationName: "pulumi-pgpartition cli", managementSchema, poolSize: 2 };
  return new Database(config, process.env);
}

/** Of each range and branch the last generation: the ones before it were superseded. */
function latest(archives: readonly ListedArchive[], range: OpenInterval): ListedArchive[] {
  const found = new Map<string, ListedArchive>();
  for (const archive of archives) {
    if (!overlaps(archive.bounds, range)) continue;
    const { from, to } = archive.bounds;
    found.set(`${archive.branch} ${from?.toString() ?? ".."} ${to?.toString() ?? ".."}`, archive);
  }
  return [...found.values()];
}

function rangeOf(flags: RestoreFlags): OpenInterval {
  if (flags.from === undefined) {
    if (flags.to !== undefined) throw new Error("--to needs --from");
    return { from: undefined, to: undefined };
  }
  const from = timeOf(flags.from);
  return { from: from.first, to: flags.to === undefined ? from.next : timeOf(flags.to).first };
}

/** `2024`, `2024-03`, `2024-03-01` mean the whole of it; anything longer a moment. */
function timeOf(text: string): {
  readonly first: OpenInterval["from"] & object;
  readonly next: OpenInterval["to"] & object;
} {
  const [, year, month, day] = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text) ?? [];
  try {
    const first = parseInstant(year === undefined ? text : `${year}-${month ?? "01"}-${day ?? "01"}`, "UTC");
    const zoned = first.toZonedDateTimeISO("UTC");
    const next =
      year === undefined
        ? first.add({ nanoseconds: 1000 })
        : zoned.add(day ? { days: 1 } : month ? { months: 1 } : { years: 1 }).toInstant();
    return { first, next };
  } catch {
    throw new Error(`"${text}" is not a time; write 2024, 2024-03, 2024-03-01 or 2024-03-01T00:00:00Z`);
  }
}

async function nothingFound({ database }: CliSession, table: TableId): Promise<string> {
  const all = await listArchives(database, table);
  const said = all.map(({ bounds }) => `${bounds.from ? formatInstant(bounds.from) : ".."}`).join(", ");
  return all.length === 0
    ? `nothing of "${formatTableId(table)}" was archived, says the ledger; --manifest restores what it does not know`
    : `no archive of "${formatTableId(table)}" is in that range; there are those from ${said}`;
}
