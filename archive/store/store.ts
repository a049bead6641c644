import type { Readable } from "node:stream";

/** One object as the store describes it. */
export interface StoredObject {
  /** Below the store's prefix, with plain slashes. */
  readonly key: string;
  readonly bytes: number;
  /**
   * SHA-256 of the whole content in hex, where the store itself vouches for it, undefined where it does not (listings never
   * do). S3: the checksum that the store computed when it took the object; for an object in parts it holds the checksum of the
   * parts' checksums, and this is the SHA-256 that was declared together with exactly that one (`docs/object-stores.md`). A
   * directory: computed from what is on the disk. What `put` returns always has it: where the store says none, from what it
   * gave back.
   */
  readonly sha256: string | undefined;
  /** Where the bucket keeps versions. */
  readonly version?: string;
  readonly etag?: string;
  /** By the store's clock. */
  readonly storedAt?: Date;
  /** Until when Object Lock keeps it, where the role may ask. */
  readonly lockedUntil?: Date;
}

/**
 * What is to be stored. `sha256` in hex: a file that has other bytes by now is refused. A body from memory is small (a
 * manifest): it stays in the bucket's own storage class, so that it can be read at once.
 */
export type Content =
  { readonly path: string; readonly bytes: number; readonly sha256: string } | { readonly body: Uint8Array };

export interface CallOptions {
  /** Ends the call with a StoreError of kind `aborted`; an unfinished upload is given up. */
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends CallOptions {
  /** Bytes of this object that the store has taken so far; called after each part. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface GetOptions extends CallOptions {
  /** A version as `StoredObject.version` says it. @default the present one */
  readonly version?: string | undefined;
  /** Without the comparison with the store's own checksum: for who compares with a hash of its own. @default false */
  readonly unchecked?: boolean;
}

export interface CheckOptions extends CallOptions {
  /** Something is to be stored: a directory has to be one that can be written to. A bucket tells that only when it is. @default false */
  readonly writing?: boolean;
}

/** What a store promises; undefined where it does not say, or where we may not ask. */
export interface StoreFacts {
  readonly versioning: boolean | undefined;
  /** Whether objects can be locked, and how the bucket locks each that says nothing itself. */
  readonly objectLock:
    { readonly enabled: boolean; readonly mode?: "governance" | "compliance"; readonly days?: number } | undefined;
  /** Of the bucket by default: `"AES256"`, `"aws:kms"`, … */
  readonly encryption: string | undefined;
  readonly region: string | undefined;
}

/** Where archives are kept. It has no delete on purpose: nothing here may end an archive. */
export interface ObjectStore {
  /** `s3://bucket/prefix`, `file:///directory` or the place of an archive table, without credentials. */
  readonly url: string;
  /**
   * Never overwrites. There already with the same content: returned as it is. Other content: ObjectConflict. What is returned was
   * asked of the store after the upload, and compared.
   */
  put(key: string, content: Content, options?: PutOptions): Promise<StoredObject>;
  /** `head` has read the content, so that nothing is left to read again. */
  readonly headReads?: true;
  /** Undefined: there is no such object. */
  head(key: string, options?: CallOptions): Promise<StoredObject | undefined>;
  /** The content, as a stream that fails when less comes than was promised. */
  get(key: string, options?: GetOptions): Promise<Readable>;
  /** Objects whose keys begin with the prefix, ordered by the bytes of their keys. Unfinished uploads are not among them. */
  list(prefix: string, options?: CallOptions): AsyncIterable<StoredObject>;
  /**
   * Gives up the uploads below a prefix that were never finished, and returns how many. One that still runs fails: call it
   * where nobody else archives there.
   */
  abortUploads(prefix: string, options?: CallOptions): Promise<number>;
  /**
   * Of an archive table: counts what is there of these parts, by one reading. ArchiveContradicted where rows were changed or
   * deleted since, or are there twice. A store of objects has no such question: `head` tells.
   */
  confirm?(folder: string, parts: readonly { readonly key: string; readonly rows: number }[]): Promise<void>;
  /** Is it reachable, and what does it promise? Throws a StoreError that names the bucket and the cause. Writes nothing. */
  check(options?: CheckOptions): Promise<StoreFacts>;
  close(): Promise<void>;
}
