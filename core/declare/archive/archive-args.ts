import type { StoreSettings } from "./store-settings";

/** Settings for archiving expired partitions before they are dropped. */
export interface ArchiveArgs extends Omit<StoreSettings, "to"> {
  /**
   * Destination: `s3://bucket/prefix`, `file:///directory` on the machine that runs `pulumi up`, or a table,
   * `{ table: "archive.events" }`, in the same or another database. A table takes no other setting than `spoolMegabytes`.
   */
  readonly to: string | ArchiveTableArgs;
  /**
   * `parquet`, compressed with zstd: any engine reads it in place. `csv`: PostgreSQL's own CSV after a line with the column
   * names, compressed with zstd; an unquoted empty value is NULL. Both return exactly the bytes that the server sent.
   * @default "parquet"
   */
  readonly format?: "parquet" | "csv";
  /**
   * Proof that an archive is complete before anything is dropped. In either case, each part is decoded and compared with what the
   * server sent, and the store's own SHA-256 with the one computed here. `readBack` also downloads every part again and compares
   * it, which doubles the traffic, and repeats this before a drop in a later update because time has passed. With `checksum` a
   * bucket is then asked only for size and recorded checksum, so bytes that have rotted since go unnoticed; a directory is always
   * read. @default "checksum"
   */
  readonly verify?: "checksum" | "readBack";
  /**
   * Size of the spool of one part, in MB of what the server sends. Two spools are stored in the temporary directory of the
   * machine that runs the update; each becomes one object. Range 16-4096. @default 256
   */
  readonly spoolMegabytes?: number;
}

/** A table that holds the archives of another table. */
export interface ArchiveTableArgs {
  /**
   * `schema.table`. If missing, it is created with the columns of the table in their order and an index on its key; an existing
   * table needs at least the same columns with the same types. @example "archive.events"
   */
  readonly table: string;
  /** Another database. Left out: the table's own. */
  readonly database?: {
    /**
     * Connection URL without a password, so that none is in the program or in state: it comes from libpq's password file
     * (PGPASSFILE, ~/.pgpass) or PGPASSWORD. @example "postgresql://archiver@warehouse:5432/history"
     */
    readonly url: string;
  };
}
