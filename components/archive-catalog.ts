import type * as awsTypes from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type BranchProblem, listCatalogBranches } from "../core/archive/catalog/catalog-branches";
import { type CatalogTable, toCatalogName, describeCatalogTable } from "../core/archive/catalog/catalog";
import type { ArchiveCatalogSettingsArgs } from "../core/archive/catalog/catalog-args";
import { encodeView } from "../core/archive/catalog/catalog-view";
import { type Report, requireValid } from "../core/problems/problem";
import { requireTableSpec } from "../core/declare/table/parse";
import type { TableSpec } from "../core/declare/table/spec";
import { type Instant, parseInstant } from "../core/time/instant";
import { programClock } from "./clock";
import { loadAws } from "./optional-packages";

/** The archives of a database, as tables for Athena. */
export interface ArchiveCatalogArgs extends ArchiveCatalogSettingsArgs {
  /** Location of the archives, the same as `archive.to` of the tables. @example bucket.url */
  readonly location: pulumi.Input<string>;
}

/**
 * Lets Athena query the archives with SQL and no further step: a database in Glue, and for each table the columns and
 * locations of its archives, computed from the window (partition projection), so that a new archive is found as soon as it
 * exists.
 *
 * Each table has two: `<schema>_<table>_generations` with every archive of every range, and the view `<schema>_<table>`
 * with the last archive of each range. Query the view: a range that was restored and archived again is in the store twice.
 *
 * @example
 * const catalog = new ArchiveCatalog("archive", { location: bucket.url, database: "app", tables, since: "2024-01-01" });
 */
export class ArchiveCatalog extends pulumi.ComponentResource {
  /** Name of the database in the catalogue. */
  readonly catalog: pulumi.Output<string>;
  /** Names of the views, by the keys of the tables. */
  readonly views: Readonly<Record<string, string>>;

  constructor(name: string, args: ArchiveCatalogArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pgpartition:index:ArchiveCatalog", name, {}, opts);
    const tables = readTables(name, args);
    const catalog = args.catalog ?? toCatalogName(args.database);
    const aws = loadAws(`archive catalog "${name}"`);
    const database = new aws.glue.CatalogDatabase(name, { name: catalog }, { parent: this });
    this.catalog = database.name;
    for (const [key, table] of tables) {
      const made = this.createTable(aws, `${name}-${key}`, database.name, table, args.location);
      this.createView(aws, `${name}-${key}-view`, catalog, database.name, table, made);
    }
    this.views = Object.fromEntries([...tables].map(([key, { view }]) => [key, view]));
    this.registerOutputs({ catalog: this.catalog, views: this.views });
  }

  private createTable(
    aws: typeof awsTypes,
    name: string,
    databaseName: pulumi.Output<string>,
    { columns, folder, name: table, partitionKeys, projection, template }: CatalogTable,
    location: pulumi.Input<string>,
  ): pulumi.Resource {
    const folderOf = pulumi.output(location).apply((store) => `${store.replace(/\/$/, "")}/${folder}`);
    return new aws.glue.CatalogTable(
      name,
      {
        name: table,
        databaseName,
        tableType: "EXTERNAL_TABLE",
        parameters: {
          EXTERNAL: "TRUE",
          classification: "parquet",
          ...projection,
          "storage.location.template": folderOf.apply((of) => `${of}/${template}`),
        },
        partitionKeys: partitionKeys.map((key) => ({ ...key })),
        storageDescriptor: {
          columns: columns.map((column) => ({ ...column })),
          location: folderOf,
          inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
          outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
          serDeInfo: { serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" },
        },
      },
      { parent: this },
    );
  }

  private createView(
    aws: typeof awsTypes,
    name: string,
    catalog: string,
    databaseName: pulumi.Output<string>,
    table: CatalogTable,
    source: pulumi.Resource,
  ): void {
    new aws.glue.CatalogTable(
      name,
      {
        name: table.view,
        databaseName,
        tableType: "VIRTUAL_VIEW",
        parameters: { presto_view: "true", comment: "Presto View" },
        viewOriginalText: encodeView(catalog, table),
        viewExpandedText: "/* Presto View */",
        storageDescriptor: {
          columns: [...table.columns, ...table.partitionKeys].map((column) => ({ ...column })),
          serDeInfo: {},
        },
      },
      { parent: this, dependsOn: [source] },
    );
  }
}

function readTables(name: string, args: ArchiveCatalogArgs): Map<string, CatalogTable> {
  const now = parseInstant(programClock().asOf, "UTC");
  const { database, defaults, domains = {}, tables } = args;
  return requireValid(`archive catalog "${name}"`, (report) => {
    const since = readSince(args.since, report) ?? now;
    const made = new Map<string, CatalogTable>();
    for (const key of Object.keys(args.branches ?? {}).filter((one) => !(one in tables)))
      report(`branches.${key}`, "no such table exists.", `The tables are ${Object.keys(tables).join(", ")}.`);
    for (const [key, declared] of Object.entries(tables)) {
      const spec = requireTableSpec({ ...defaults, ...declared }, `table "${key}"`);
      const branches = readBranches(key, spec, args, report);
      if (!branches) continue;
      const table = describeCatalogTable(spec, { database, branches, since, now, domains });
      const other = [...made].find(([, { view }]) => view === table.view);
      if (other)
        report(
          `tables.${key}`,
          `it would be called ${table.view}, as "${other[0]}" is.`,
          "Create a catalogue for each.",
        );
      made.set(key, table);
    }
    return made;
  });
}

/** Returns the folders of a table's branches; undefined, with a problem, if they or its columns are not known. */
function readBranches(
  key: string,
  spec: TableSpec,
  args: ArchiveCatalogArgs,
  report: Report,
): readonly string[] | undefined {
  if (spec.columns === undefined) {
    report(`tables.${key}.columns`, "a catalogue needs the type of each column.", "Declare the columns of the table.");
    return undefined;
  }
  const { archive } = spec.window;
  if (archive !== undefined && archive.format !== "parquet") {
    report(
      `tables.${key}.archive`,
      "a catalogue reads Parquet.",
      "Leave the table out, or remove format from its archive.",
    );
    return undefined;
  }
  const branches = listCatalogBranches(spec.window.levels, args.branches?.[key]);
  if (typeof branches !== "string") return branches;
  const [message, fix] = BRANCH_PROBLEMS[branches];
  report(branches === "intervals-differ" ? `tables.${key}.partitionBy` : `branches.${key}`, message, fix);
  return undefined;
}

const BRANCH_PROBLEMS: Readonly<Record<BranchProblem, readonly [message: string, fix: string]>> = {
  "values-needed": [
    "the values of its levels are in the database, and a catalogue finds only folders whose names it can compute.",
    'Name the branches: branches: { <table>: [["east"], ["west"]] }, or leave the table out and read it with DuckDB, Spark or Trino, which list the folders.',
  ],
  "intervals-differ": [
    "single branches have another interval, and a catalogue computes the starts of all of them by one rule.",
    "Leave the table out, and read it with DuckDB, Spark or Trino, which list the folders.",
  ],
  "wrong-length": [
    "a branch has one value for each level above the time level.",
    "Write the values from the outermost level on.",
  ],
};

function readSince(text: string, report: Report): Instant | undefined {
  try {
    return parseInstant(text, "UTC");
  } catch {
    report("since", `"${text}" is no time.`, 'Write the date of the oldest archive, as "2024-01-01".');
    return undefined;
  }
}
