import type { StoreSettings } from "./store-settings";

/** Where and how expired partitions are archived before they are dropped. */
export interface ArchiveArgs extends Omit<StoreSettings, "to"> {
  /**
   * `s3://bucket/prefix`, `file:///directory` of the machine that runs `pulumi up`, or a table: `{ table: "archive.events" }`,
   * in the same database or another one. A table has none of the other settings but `spoolMegabytes`.
   */
  readonly to: string | ArchiveTableArgs;
  /**
   * `parquet`, compressed with zstd: any engine reads it in place. `csv`: PostgreSQL's own CSV after a line with the names of the
   * columns, compressed with zstd; what is unquoted and empty is NULL. Both give back what the server sent byte for byte.
   * @default "parquet"
   */
  readonly format?: "parquet" | "csv";
  /**
   * How an archive is proved before anything is dropped. Always: each part is decoded and compared with what the server sent,
   * and the store's own SHA-256 with ours. `readBack` downloads every part once more and compares that too, which costs as
   * much traffic again; and so before a drop in a later update, because time has passed. With `checksum` a bucket is asked then for
   * size and recorded checksum, and bytes that have rotted since are not seen; a directory is always read. @default "checksum"
   */
  readonly verify?: "checksum" | "readBack";
  /**
   * Size of the spool of one part, in MB of what the server sends. Two of them lie in the temporary directory of the machine
   * that runs the update; there is one object for each. Range 16-4096. @default 256
   */
  readonly spoolMegabytes?: number;
}

/** An archive table as the place of a table's archives. */
export interface ArchiveTableArgs {
  /**
   * `schema.table`. Where there is none it is made, with the columns of the table in their order and an index on its key; one of
   * your own has at least the same columns with the same types. @example "archive.events"
   */
  readonly table: string;
  /** Another database; without it the table's own. */
  readonly database?: {
    /**
     * Connection URL without a password: libpq's password file (PGPASSFILE, ~/.pgpass) or PGPASSWORD has it, so that none is in
     * the program or in state. @example "postgresql://archiver@warehouse:5432/history"
     */
    readonly url: string;
  };
}
