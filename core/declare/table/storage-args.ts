import type { Span } from "../../time/span";

/** Storage of partitions by age: written to, read at times, hardly read. */
export interface StorageArgs {
  /** Partitions from their creation on. */
  readonly hot?: StorageProfileArgs;
  /** Partitions that ended `after` ago. */
  readonly warm?: AgedStorageProfileArgs;
  /** Partitions that ended `after` ago, longer than for `warm`. */
  readonly cold?: AgedStorageProfileArgs;
}

/** Storage of partitions of one age. A setting named in any profile is managed on every partition; others are left alone. */
export interface StorageProfileArgs {
  /**
   * Storage parameters. Takes SHARE UPDATE EXCLUSIVE on a partition, which blocks no reader or writer.
   * @example { fillfactor: 90, autovacuum_vacuum_scale_factor: 0.02 }
   */
  readonly options?: Readonly<Record<string, string | number | boolean>>;
  /** Storage parameters of its TOAST table, without the prefix `toast.`. @example { autovacuum_enabled: false } */
  readonly toast?: Readonly<Record<string, string | number | boolean>>;
  /** Tablespace. A move copies the partition while **its readers and writers wait**: for partitions that are not in use. */
  readonly tablespace?: string;
}

/** A profile that begins some time after a partition has ended. */
export interface AgedStorageProfileArgs extends StorageProfileArgs {
  /** Time from the partition's upper bound. @example "1 month" */
  readonly after: Span;
  /**
   * Freezes the partition once when it enters this profile (VACUUM FREEZE), so that no later vacuum has to. Empty pages at its
   * end are not truncated, because that takes ACCESS EXCLUSIVE. @default false
   */
  readonly freeze?: boolean;
}
