import type { Span } from "../../time/span";

/** Storage classes of S3 for data that is hardly ever read, by the time that a restore has to wait. */
export type ArchiveStorageClass = "GLACIER_IR" | "GLACIER" | "DEEP_ARCHIVE";

/** Retention, protection and storage classes of the objects of an archive. */
export interface ArchiveBucketSettingsArgs {
  /** Folder of the archive in the bucket; the archiver may write nowhere else. @default the whole bucket */
  readonly prefix?: string;
  /** Retention that the law requires: no other setting may end it earlier. @example "7 years" */
  readonly legalMinimum?: Span;
  /** **Objects are deleted** at this age: first hidden, then removed when `keepVersionsFor` is over too. @default never */
  readonly expireAfter?: Span;
  /**
   * Time for which an overwritten or expired version is retained; locked versions are retained in any case.
   * @default as expireAfter
   */
  readonly keepVersionsFor?: Span;
  /**
   * Lock of every object: it cannot be deleted or overwritten before it ends. Cannot be added later to a bucket without it.
   * @default none
   */
  readonly objectLock?: ObjectLockArgs;
  /**
   * Cheaper classes by age, soonest first. Objects in GLACIER or DEEP_ARCHIVE have to be thawed before a restore, which takes
   * hours.
   */
  readonly storage?: readonly StorageStepArgs[];
  /** Age at which the parts of an unfinished upload are removed. @default "7 days" */
  readonly abortUploadsAfter?: Span;
}

/** S3 Object Lock, for every object from its upload on. */
export interface ObjectLockArgs {
  /** `governance`: roles with the right may lift it. `compliance`: not even the account's root can lift it before it ends. */
  readonly mode: "governance" | "compliance";
  /** Length of the lock. @example "7 years" */
  readonly for: Span;
}

/** A change of storage class at an age. */
export interface StorageStepArgs {
  /** Age of the object. @example "90 days" */
  readonly after: Span;
  /** Storage class from then on. */
  readonly class: ArchiveStorageClass;
}
