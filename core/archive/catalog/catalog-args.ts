import type { TableSpecArgs } from "../../declare/table/args";

/** Settings of a catalogue of an archive, in addition to the archive's location. */
export interface ArchiveCatalogSettingsArgs {
  /** Name of the PostgreSQL database, which is also the name of a folder of the archive. @example "app" */
  readonly database: string;
  /** The tables by key, as in PartitionedDatabase, with their columns. */
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  /** Settings that all tables share, as in PartitionedDatabase. */
  readonly defaults?: Partial<TableSpecArgs>;
  /** A time in the oldest archive, ISO 8601; earlier archives are not searched for. @example "2020-01-01" */
  readonly since: string;
  /** Domains used by columns of the tables, each with its base type. @example { email: "text", amount: "numeric(10,2)" } */
  readonly domains?: Readonly<Record<string, string>>;
  /**
   * Branches of tables whose LIST levels have their values in the database, by key of the table: each with its values from the
   * outermost level on. Archives of other branches are not found. @default those that the levels declare
   * @example { rows: [["east", "7"], ["west", "9"]] }
   */
  readonly branches?: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Name of the database in the catalogue. @default that of the PostgreSQL database, in lower case, with underscores */
  readonly catalog?: string;
}
