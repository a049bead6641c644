import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Adoption, adoptTable } from "../core/adopt/adopt";
import { lengthOf } from "../core/adopt/grid";
import { branchNotes } from "../core/adopt/branch-notes";
import { timeColumnOf, timePartitionsOf } from "../core/adopt/levels";
import { importFile } from "../core/adopt/import-file";
import { programText } from "../core/adopt/program";
import { retireRivals, rivalsText } from "../core/adopt/rivals";
import { formatTableId, type TableId } from "../core/names/resource-id";
import type { Observation } from "../core/observed";
import { KEY_ENCODINGS, type KeyEncoding, keyKind } from "../core/time/key";
import { isZone } from "../core/time/period";
import type { ListValuesArgs } from "../core/spec/level-args";
import { readLevelValues } from "../postgres/level-values";
import { readAdoptionSources } from "../postgres/adoption";
import type { Database } from "../postgres/database";
import { print, requireTable, withSession } from "./session";

interface AdoptOptions {
  readonly columns?: boolean;
  readonly zone?: string;
  readonly key?: KeyEncoding;
  readonly out?: string;
  readonly values?: Readonly<Record<string, ListValuesArgs>>;
}

/** Declaration and import file for a partitioned table that somebody else made. Reads only. */
export function adoptCommand(): Command {
  return new Command("adopt")
    .description(
      "Print the program and the import file for a partitioned table that exists, and what else makes or drops its partitions. Changes nothing.",
    )
    .argument("<table>", "schema.table")
    .option("--columns", "declare columns, keys and checks too; else the tool that made them keeps them")
    .option(
      "--zone <zone>",
      "time zone by whose calendar it is cut; left out: UTC, or the zone of the database where only that fits",
    )
    .addOption(
      new Option("--key <encoding>", "how the key writes time; left out: told from the bounds").choices(KEY_ENCODINGS),
    )
    .addOption(
      new Option(
        "--values <source>",
        "where the values of a LIST level are rows, column=table.column[,parent]; once for each level; left out: told from foreign keys",
      ).argParser(readSource),
    )
    .option("--out <dir>", "write <table>.ts, <table>.import.json and <table>.retire.sql there instead of printing")
    .action(async (name: string, options: AdoptOptions, command: Command) => {
      const table = requireTable(name);
      await withSession(command, async ({ database }) => {
        const files = await describeTable(database, table, options);
        if (options.out === undefined) console.log(files.map(({ file, text }) => `// ${file}\n${text}`).join("\n"));
        else await writeAll(options.out, files);
      });
    });
}

/** `site_id=app.sites.site_id,program_id`: the last name is the column. */
function readSource(
  text: string,
  known: Readonly<Record<string, ListValuesArgs>> = {},
): Readonly<Record<string, ListValuesArgs>> {
  const [, level, from, column, parent] = /^([^=]+)=(.+)\.([^.,]+)(?:,([^,]+))?$/.exec(text) ?? [];
  if (level === undefined || from === undefined || column === undefined)
    throw new InvalidArgumentError("write column=table.column, or column=table.column,parent");
  return { ...known, [level]: { from, column, ...(parent === undefined ? {} : { parent }) } };
}

interface OutFile {
  readonly file: string;
  readonly text: string;
}

async function describeTable(database: Database, id: TableId, options: AdoptOptions): Promise<OutFile[]> {
  if (options.zone !== undefined && !isZone(options.zone)) throw new Error(`"${options.zone}" is not a time zone`);
  const { rivals, zone } = await readAdoptionSources(database, id);
  const reading = await readKey(database, id, options, zone);
  const { table, now, registration, replication } = reading.observation;
  if (!table) throw new Error(`table "${formatTableId(id)}" does not exist`);
  const leafIndexes = await database.observeLeafIndexes(id.schema, id.table);
  const columns = options.columns === true;
  const { encoding } = reading;
  const sources = options.values ?? {};
  const adoption = adoptTable({ table, leafIndexes, replication, now, encoding, zone: reading.zone, columns, sources });
  const managed = registration?.window !== undefined && registration.window !== null;
  const notes = [
    ...(registration ? [`already managed by ${registration.owner}; pgpartition claim moves it to another stack`] : []),
    ...adoption.notes,
    ...branchNotes(adoption.spec.window, table, await readLevelValues(database, adoption.spec.window.levels)),
  ];
  const name = id.table;
  const program = programText({ name, args: adoption.args, management: database.managementSchema, notes });
  const found = { name, now, indexes: table.indexes.map((index) => index.name), managed };
  return [
    { file: `${name}.ts`, text: program },
    ...importText(adoption, found, encoding),
    { file: `${name}.retire.sql`, text: rivalsText(retireRivals(id, rivals)) },
  ];
}

/** Of numbers nothing in the catalogue says how they are times, so an import would read them wrongly: the first update adopts. */
function importText(adoption: Adoption, found: Parameters<typeof importFile>[1], encoding: KeyEncoding): OutFile[] {
  if (encoding !== "time" && !found.managed) {
    print(
      `a key of kind ${encoding} cannot be imported before the table is managed: run \`pulumi up\`, which adopts it without DDL`,
    );
    return [];
  }
  const text = `${JSON.stringify(importFile(adoption, found), undefined, 2)}\n`;
  return [{ file: `${found.name}.import.json`, text }];
}

interface KeyReading {
  readonly observation: Observation;
  readonly encoding: KeyEncoding;
  readonly zone: string;
}

/** The first reading by which the bounds are whole intervals of a calendar; else the first by which they are times. */
async function readKey(
  database: Database,
  id: TableId,
  options: AdoptOptions,
  databaseZone: string | undefined,
): Promise<KeyReading> {
  const zones =
    options.zone === undefined
      ? ["UTC", ...(databaseZone && isZone(databaseZone) ? [databaseZone] : [])]
      : [options.zone];
  const { table } = await database.observe(id.schema, id.table);
  const column = table && timeColumnOf(table);
  const type = table?.columns.find((one) => one.name === column)?.type ?? table?.key?.types[0] ?? "";
  const fitting = KEY_ENCODINGS.filter((encoding) => keyKind(type, encoding) !== undefined);
  const encodings = options.key !== undefined ? [options.key] : fitting.length > 0 ? fitting : (["time"] as const);
  let best: KeyReading | undefined;
  for (const encoding of encodings) {
    for (const zone of zones) {
      const observation = await database.observe(id.schema, id.table, {
        encoding,
        zone,
        ...(column === undefined ? {} : { column }),
      });
      const reading = { observation, encoding, zone };
      if (!best || regularity(reading) > regularity(best)) best = reading;
    }
  }
  if (!best) throw new Error(`the key of table "${formatTableId(id)}" cannot be read`);
  return best;
}

/** How many partitions are of regular size by this reading. */
function regularity({ observation, zone }: KeyReading): number {
  const bounds = (observation.table ? timePartitionsOf(observation.table) : []).flatMap((leaf) => leaf.bounds ?? []);
  return bounds.filter(({ from, to }) => from && to && lengthOf({ from, to }, zone) !== "whole").length;
}

async function writeAll(folder: string, files: readonly OutFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file, text } of files) {
    const path = join(folder, file.replaceAll(/[/\\]/g, "_"));
    await writeFile(path, text);
    console.log(path);
  }
}
