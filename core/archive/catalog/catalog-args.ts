import type { TableSpecArgs } from "../../declare/table/args";

/** What a catalogue has to know of the archive beside where it lies. */
export interface ArchiveCatalogSettingsArgs {
  /** Name of the PostgreSQL database: a folder of the archive is called so. @example "app" */
  readonly database: string;
  /** The tables by key, as PartitionedDatabase has them; with their columns. */
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  /** What every table has in common, as PartitionedDatabase has it. */
  readonly defaults?: Partial<TableSpecArgs>;
  /** A time in the oldest archive, ISO 8601: nothing before it is looked for. @example "2020-01-01" */
  readonly since: string;
  /** Domains in the columns of the tables, each with the type below it. @example { email: "text", amount: "numeric(10,2)" } */
  readonly domains?: Readonly<Record<string, string>>;
  /**
   * Branches of tables that are cut by LIST levels whose values are in the database, by the keys of the tables: each with its
   * values from the outermost level on. Archives of other branches are not found. @default those that the levels declare
   * @example { rows: [["east", "7"], ["west", "9"]] }
   */
  readonly branches?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Name of the database in the catalogue. @default that of the PostgreSQL database, in lower case, with underscores */
  readonly catalog?: string;
}
