import type { Span } from "../../time/span";

/** Storage classes of S3 for what is hardly ever read, by the time that a restore has to wait. */
export type ArchiveStorageClass = "GLACIER_IR" | "GLACIER" | "DEEP_ARCHIVE";

/** How long the objects of an archive are kept, how safe from deletion, and where they lie. */
export interface ArchiveBucketSettingsArgs {
  /** Folder of the archive in the bucket: the archiver may write nothing else. @default the whole bucket */
  readonly prefix?: string;
  /** How long the law wants the archive to be kept: nothing here may end it before. @example "7 years" */
  readonly legalMinimum?: Span;
  /** **Objects are deleted** when they are as old as this: hidden first, and gone when `keepVersionsFor` is over too. @default never */
  readonly expireAfter?: Span;
  /** How long a version is kept that was overwritten or has expired; what is locked stays in any case. @default as expireAfter */
  readonly keepVersionsFor?: Span;
  /** Nobody may delete or overwrite an object before its lock ends. It cannot be added to a bucket without it later. @default none */
  readonly objectLock?: ObjectLockArgs;
  /** Cheaper classes by age, soonest first. What lies in GLACIER or DEEP_ARCHIVE has to be thawed before a restore, which takes hours. */
  readonly storage?: readonly StorageStepArgs[];
  /** When parts of an upload that was never finished are removed. @default "7 days" */
  readonly abortUploadsAfter?: Span;
}

/** S3 Object Lock, for every object from its upload on. */
export interface ObjectLockArgs {
  /** `governance`: who has the right may lift it. `compliance`: nobody, not even the account's root, until it ends. */
  readonly mode: "governance" | "compliance";
  /** Length of the lock. @example "7 years" */
  readonly for: Span;
}

/** From an age on another storage class. */
export interface StorageStepArgs {
  /** Age of the object. @example "90 days" */
  readonly after: Span;
  /** Where it lies from then on. */
  readonly class: ArchiveStorageClass;
}
