import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Adoption, adoptTable } from "../core/adopt/adopt-table";
import { CannotAdopt } from "../core/adopt/cannot-adopt";
import { chooseReading, listExplainingZones, suggestOffsetZone, noteUnconfirmedReading } from "../core/adopt/encoding";
import { listNamesToCreate } from "../core/adopt/first-update";
import { noteBranches } from "../core/adopt/branch-notes";
import { findTimeColumn, listObservedTimePartitions } from "../core/adopt/find-levels";
import { importFile } from "../core/adopt/import-file";
import { renderProgram } from "../core/adopt/program";
import { buildKeyRangeCondition } from "../core/observed/key-excludes";
import { retireRivals, renderRivals } from "../core/adopt/rivals";
import { formatTableId, type TableId } from "../core/names/resource-id";
import type { Observation, ObservedPartition, ObservedTable } from "../core/observed/observed-table";
import { KEY_ENCODINGS, type KeyEncoding, findKeyKind } from "../core/time/key";
import type { Instant } from "../core/time/instant";
import { isZone } from "../core/time/period";
import type { ListValuesArgs } from "../core/declare/levels/branch-level";
import { readLevelValues } from "../postgres/read/level-values";
import { readAdoptionSources } from "../postgres/read/adoption-sources";
import { runCount } from "../postgres/read/count-rows";
import type { Database } from "../postgres/database";
import { readTakenNames } from "../postgres/read/names-taken";
import { listMissingRights } from "../postgres/read/rights";
import { print, requireTable, withSession } from "./open-session";

interface AdoptOptions {
  readonly columns?: boolean;
  readonly zone?: string;
  readonly key?: KeyEncoding;
  readonly out?: string;
  readonly values?: Readonly<Record<string, ListValuesArgs>>;
}

/** Writes the declaration and the import file for a partitioned table that already exists. Reads only. */
export function createAdoptCommand(): Command {
  return new Command("adopt")
    .description(
      "Print the program and the import file for a partitioned table that exists, and what else creates or drops its partitions. Changes nothing.",
    )
    .argument("<table>", "schema.table")
    .option("--columns", "declare columns, keys and checks too; otherwise the tool that created them manages them")
    .option(
      "--zone <zone>",
      "time zone by whose calendar it is cut; left out: UTC, or the zone of the database where only that fits",
    )
    .addOption(
      new Option("--key <encoding>", "how the key writes time; left out: read from the bounds").choices(KEY_ENCODINGS),
    )
    .addOption(
      new Option(
        "--values <source>",
        "where the values of a LIST level are rows, column=table.column[,parent]; once for each level; left out: read from foreign keys",
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

/** Reads `site_id=app.sites.site_id,program_id`: the last name is the column. */
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
  const { table, now, registration, replication, ledger, detached } = reading.observation;
  if (!table) throw new Error(`table "${formatTableId(id)}" does not exist`);
  const partitionIndexes = await database.observePartitionIndexes(id.schema, id.table);
  const columns = options.columns === true;
  const { encoding } = reading;
  const sources = options.values ?? {};
  const history = { ledger, detached };
  const facts = { table, partitionIndexes, replication, now, encoding, zone: reading.zone, columns, sources, history };
  const adoption = adoptTable(facts);
  const managed = registration?.window !== undefined && registration.window !== null;
  const notes = [
    ...(registration ? [`already managed by ${registration.owner}; pgpartition claim moves it to another stack`] : []),
    ...listMissingRights(table).map((sql) => `before the first update, an administrator has to run: ${sql}`),
    ...(await noteTaken(database, id, adoption)),
    ...(await noteDefaultRows(database, table, adoption)),
    ...reading.notes,
    ...adoption.notes,
    ...noteBranches(adoption.spec.window, table, await readLevelValues(database, adoption.spec.window.levels)),
  ];
  const name = id.table;
  const program = renderProgram({ name, args: adoption.args, management: database.managementSchema, notes });
  const found = { name, now, indexes: table.indexes.map((index) => index.name), managed };
  return [
    { file: `${name}.ts`, text: program },
    ...renderImport(adoption, found, encoding),
    { file: `${name}.retire.sql`, text: renderRivals(retireRivals(id, rivals)) },
  ];
}

/** Returns the import file; none for a key of numbers, which an import would misread: the first update adopts. */
function renderImport(adoption: Adoption, found: Parameters<typeof importFile>[1], encoding: KeyEncoding): OutFile[] {
  if (encoding !== "time" && !found.managed) {
    print(
      `a key of kind ${encoding} cannot be imported before the table is managed: run \`pulumi up\`, which adopts it without DDL`,
    );
    return [];
  }
  const text = `${JSON.stringify(importFile(adoption, found), undefined, 2)}\n`;
  return [{ file: `${found.name}.import.json`, text }];
}

/** Reports names that the first update needs and other objects already have. */
async function noteTaken(database: Database, id: TableId, adoption: Adoption): Promise<string[]> {
  const names = listNamesToCreate(adoption.makes);
  if (names.length === 0) return [];
  const schema = adoption.args.partitionSchema ?? id.schema;
  const taken = await readTakenNames(
    database,
    names.map((name) => ({ schema, name })),
  );
  return taken
    .filter((one) => one.kind === "relation")
    .map(
      ({ name }) =>
        `before the first update, rename the relation "${name}", which is no partition of the table, or change the name template: the update creates a partition of that name`,
    );
}

/** Reports rows in a default partition that is not declared: the update refuses to create the partitions they belong to. */
async function noteDefaultRows(database: Database, table: ObservedTable, { spec, makes }: Adoption): Promise<string[]> {
  const found = table.defaultPartition;
  const { column, encoding, zone } = spec.window.key;
  const kind = findKeyKind(table.columns.find((one) => one.name === column)?.type ?? "", encoding);
  if (!found || !kind || makes.length === 0) return [];
  const conditions = makes.map((one) => buildKeyRangeCondition({ column, kind, zone }, one));
  const counts = await runCount(database, found, conditions, { column, kind });
  if (!counts)
    return [
      `rows of "${found.name}" could not be counted: those of a partition to be created are refused by the first update`,
    ];
  const filled = makes.filter((_, index) => (counts.rows[index] ?? 0) > 0);
  if (filled.length === 0) return [];
  const rows = counts.rows.reduce((sum, one) => sum + one, 0);
  return [
    `before the first update, which refuses it as it is: ${rows} rows of ${filled.length} partitions to be created (${filled
      .slice(0, 3)
      .map((one) => `"${one.name}"`)
      .join(
        ", ",
      )}${filled.length > 3 ? ", …" : ""}) are in the default partition: declare it, defaultPartition: { name: ${JSON.stringify(found.name)} }, and they move when it is created; or move them first`,
  ];
}

interface KeyReading {
  readonly observation: Observation;
  readonly encoding: KeyEncoding;
  readonly zone: string;
  readonly parts: readonly ObservedPartition[];
}

/** Reads the key from the partition bounds, with notes for the user. --key and --zone take precedence. */
async function readKey(
  database: Database,
  id: TableId,
  options: AdoptOptions,
  databaseZone: string | undefined,
): Promise<KeyReading & { readonly notes: readonly string[] }> {
  const { table, now } = await database.observe(id.schema, id.table);
  if (!table) throw new Error(`table "${formatTableId(id)}" does not exist`);
  const column = findTimeColumn(table);
  const type = table.columns.find((one) => one.name === column)?.type ?? table.key?.types[0] ?? "";
  const read = async (encoding: KeyEncoding, zone: string): Promise<KeyReading> => {
    const reading = { encoding, zone, ...(column === undefined ? {} : { column }) };
    const observation = await database.observe(id.schema, id.table, reading);
    return {
      observation,
      encoding,
      zone,
      parts: observation.table ? listObservedTimePartitions(observation.table) : [],
    };
  };
  const fitting = KEY_ENCODINGS.filter((encoding) => findKeyKind(type, encoding) !== undefined);
  if (options.key !== undefined && fitting.length > 0 && !fitting.includes(options.key))
    throw new CannotAdopt(
      `--key ${options.key} is not how "${column ?? ""}" of ${formatTableId(id)} (${type}) can write times: ${fitting.join(", ")}`,
    );
  const encodings = options.key !== undefined ? [options.key] : fitting.length > 0 ? fitting : (["time"] as const);
  const readings: KeyReading[] = [];
  for (const encoding of encodings) {
    const first = await read(encoding, options.zone ?? "UTC");
    const further = options.zone === undefined ? [databaseZone, suggestOffsetZone(listIntervals(first))] : [];
    readings.push(first);
    for (const zone of further) if (zone !== undefined && isZone(zone)) readings.push(await read(encoding, zone));
  }
  const subject = { name: `"${formatTableId(id)}"`, column: column ?? "", type, now };
  // A table that is not partitioned by time is refused by adoptTable, which shows how it is partitioned.
  const best = chooseReading(readings, subject, options.key !== undefined || column === undefined);
  const kind = findKeyKind(type, best.encoding);
  const zones =
    kind === "date" || kind === "timestamp" || options.zone !== undefined ? [] : noteZones(best, databaseZone);
  return { ...best, notes: [...noteUnconfirmedReading(best, now), ...zones] };
}

function listIntervals(reading: Pick<KeyReading, "parts"> | undefined): { from: Instant; to: Instant }[] {
  return (reading?.parts ?? []).flatMap(({ bounds }) =>
    bounds?.from && bounds.to ? [{ from: bounds.from, to: bounds.to }] : [],
  );
}

/** Reports a zone that was inferred rather than given, and zones that would explain more bounds. */
function noteZones(reading: KeyReading, databaseZone: string | undefined): string[] {
  const zones = listExplainingZones(reading, Intl.supportedValuesOf("timeZone"));
  const named = zones.slice(0, 3).join(", ");
  return [
    ...(reading.zone !== "UTC" && reading.zone !== databaseZone
      ? [
          `intervals begin at one time of day, which is midnight at the constant offset ${reading.zone}: if they follow a zone with summer time, set --zone`,
        ]
      : []),
    ...(zones.length > 0
      ? [
          `by the calendar of ${named}${zones.length > 3 ? ` and ${zones.length - 3} more zones` : ""} more of the bounds are whole intervals: if they were cut there, run again with --zone ${zones[0] ?? ""}`,
        ]
      : []),
  ];
}

async function writeAll(folder: string, files: readonly OutFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { file, text } of files) {
    const path = join(folder, file.replaceAll(/[/\\]/g, "_"));
    await writeFile(path, text);
    console.log(path);
  }
}
