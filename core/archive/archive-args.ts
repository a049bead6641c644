import type { StoreSettings } from "./store-settings";

/** Where and how expired partitions are archived before they are dropped. */
export interface ArchiveArgs extends StoreSettings {
  /** Parquet with zstd: any engine reads it in place, and it gives back what the server sent byte for byte. @default "parquet" */
  readonly format?: "parquet";
  /**
   * How an archive is proved before anything is dropped. Always: each part is decoded and compared with what the server sent,
   * and the store's own SHA-256 with ours. `readBack` downloads every part once more and compares that too, which costs as
   * much traffic again. @default "checksum"
   */
  readonly verify?: "checksum" | "readBack";
  /**
   * Size of the spool of one part, in MB of what the server sends. Two of them lie in the temporary directory of the machine
   * that runs the update; there is one object for each. Range 16-4096. @default 256
   */
  readonly spoolMegabytes?: number;
}
