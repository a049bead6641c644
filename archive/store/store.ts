import type { Readable } from "node:stream";

/** Object as the store describes it. */
export interface StoredObject {
  /** Key below the store's prefix, with plain slashes. */
  readonly key: string;
  readonly bytes: number;
  /**
   * SHA-256 of the whole content in hex if the store itself vouches for it, else undefined (in listings always). S3: the checksum
   * that the store computed when it took the object; for an object in parts it holds the checksum of the parts' checksums, and
   * this is the SHA-256 that was declared together with exactly that one (`docs/object-stores.md`). A directory: computed from
   * the content on the disk. The result of `put` always has it: if the store reports none, it is computed by reading back.
   */
  readonly sha256: string | undefined;
  /** Version, if the bucket keeps versions. */
  readonly version?: string;
  readonly etag?: string;
  /** Time by the store's clock. */
  readonly storedAt?: Date;
  /** End of the Object Lock, if the role may read it. */
  readonly lockedUntil?: Date;
}

/**
 * Content to be stored. `sha256` in hex: a file that has changed since is refused. A body from memory is small (a manifest): it
 * gets the bucket's own storage class, so that it can be read at once.
 */
export type Content =
  { readonly path: string; readonly bytes: number; readonly sha256: string } | { readonly body: Uint8Array };

export interface CallOptions {
  /** Ends the call with a StoreError of kind `aborted`; an unfinished upload is aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends CallOptions {
  /** Called after each part with the bytes of this object that the store has taken so far. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

export interface GetOptions extends CallOptions {
  /** Version as in `StoredObject.version`. @default the present one */
  readonly version?: string | undefined;
  /** True if the store's own checksum is not compared, because the caller compares a hash itself. @default false */
  readonly unchecked?: boolean;
}

export interface CheckOptions extends CallOptions {
  /** True before storing: a directory has to be writable. A bucket shows that only at an upload. @default false */
  readonly writing?: boolean;
}

/** Guarantees of a store; undefined if it does not report them, or the role may not read them. */
export interface StoreFacts {
  readonly versioning: boolean | undefined;
  /** Object Lock: available or not, and the bucket's default for objects without a lock of their own. */
  readonly objectLock:
    { readonly enabled: boolean; readonly mode?: "governance" | "compliance"; readonly days?: number } | undefined;
  /** Default of the bucket: `"AES256"`, `"aws:kms"`, … */
  readonly encryption: string | undefined;
  readonly region: string | undefined;
}

/** Store for archives. It deliberately has no delete: nothing here may end an archive. */
export interface ObjectStore {
  /** `s3://bucket/prefix`, `file:///directory` or the location of an archive table, without credentials. */
  readonly url: string;
  /**
   * Stores an object and never overwrites. Existing with the same content: returned as it is. Other content: ObjectConflict. The
   * result was read from the store after the upload, and compared.
   */
  put(key: string, content: Content, options?: PutOptions): Promise<StoredObject>;
  /** True if `head` reads the content, so that it need not be read again. */
  readonly headReads?: true;
  /** Describes an object; undefined: there is none. */
  head(key: string, options?: CallOptions): Promise<StoredObject | undefined>;
  /** Returns the content, as a stream that fails if it is shorter than announced. */
  get(key: string, options?: GetOptions): Promise<Readable>;
  /** Lists objects whose keys begin with the prefix, ordered by the bytes of their keys, without unfinished uploads. */
  list(prefix: string, options?: CallOptions): AsyncIterable<StoredObject>;
  /**
   * Aborts unfinished uploads below a prefix, and returns their number. One that still runs fails: call it only if no other
   * process archives there.
   */
  abortUploads(prefix: string, options?: CallOptions): Promise<number>;
  /**
   * Counts, for an archive table, the rows of these parts, in one reading. Throws ArchiveContradicted if rows were changed or
   * deleted since, or exist twice. Stores of objects use `head` instead.
   */
  confirm?(folder: string, parts: readonly { readonly key: string; readonly rows: number }[]): Promise<void>;
  /** Connects and reads the store's guarantees. Throws a StoreError that names the bucket and the cause. Writes nothing. */
  check(options?: CheckOptions): Promise<StoreFacts>;
  close(): Promise<void>;
}
