// Stores archives in a bucket of S3 or of a compatible store.
import { Readable } from "node:stream";
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { formatLocation, type Location } from "../../core/store/location";
import type { StoreSettings } from "../../core/declare/archive/store-settings";
import { openSource, type Source } from "./content";
import { ObjectConflict, StoreError, type StoreErrorKind } from "./store-errors";
import { toFullKey, toFullPrefix } from "./keys";
import { connectS3, DEFAULT_S3_LIMITS, type S3Connection, type S3Limits } from "./s3-client";
import { toFailure, explainS3Error } from "./s3-errors";
import { readStoreFacts } from "./s3-facts";
import { type AskPage, listObjectsBelow, listUploadsBelow } from "./s3-list";
import { guardBody, hashContent } from "./read";
import { lockFrom, requireLock } from "./s3-lock";
import { COMPOSITE_SHA256, type Target, upload, WHOLE_SHA256, toAbortOption } from "./s3-upload";
import type { CallOptions, Content, GetOptions, ObjectStore, PutOptions, StoredObject, StoreFacts } from "./store";

/** Time for asking the store for the object after an upload with an unknown result. */
const DECIDE_MS = 15_000;

export class S3Store implements ObjectStore {
  readonly url: string;
  private readonly limits: S3Limits;
  private connecting: Promise<S3Connection> | undefined;

  constructor(
    private readonly location: Extract<Location, { kind: "s3" }>,
    private readonly settings: StoreSettings,
    limits: Partial<S3Limits> = {},
  ) {
    this.url = formatLocation(location);
    this.limits = { ...DEFAULT_S3_LIMITS, ...limits };
  }

  async put(key: string, content: Content, options: PutOptions = {}): Promise<StoredObject> {
    const Key = toFullKey(this.url, this.location.prefix, key);
    const object = this.formatObjectUrl(Key);
    const source = await openSource(object, content, this.limits.partBytes);
    try {
      // Checked first: a resumed archive finds most of its objects stored.
      const before = await this.lookUp(Key, "storing", options.signal);
      if (before) return await this.settle(before, source, object, options);
      await this.send(Key, content, source, options);
      const after = await this.lookUp(Key, "checking", options.signal);
      if (!after) throw new StoreError("integrity", object, "checking", "it was stored, and does not exist");
      return await this.settle(after, source, object, options);
    } finally {
      await source.close();
    }
  }

  async head(key: string, options: CallOptions = {}): Promise<StoredObject | undefined> {
    return this.lookUp(toFullKey(this.url, this.location.prefix, key), "looking at", options.signal);
  }

  async get(key: string, options: GetOptions = {}): Promise<Readable> {
    const Key = toFullKey(this.url, this.location.prefix, key);
    const { body, bytes } = await this.ask("reading", Key, async ({ client }) => {
      const place = { Bucket: this.location.bucket, Key, ...(options.version ? { VersionId: options.version } : {}) };
      const checked = options.unchecked ? {} : { ChecksumMode: "ENABLED" as const };
      const answer = await client.getObject({ ...place, ...checked }, toAbortOption(options.signal));
      return { body: answer.Body as Readable, bytes: answer.ContentLength };
    });
    const { hide } = await this.connectOnce();
    const object = this.formatObjectUrl(Key);
    return Readable.from(
      guardBody(body, bytes, object, (error) => explainS3Error(error, "reading", object, hide)),
      {
        objectMode: false,
      },
    );
  }

  async *list(prefix: string, { signal }: CallOptions = {}): AsyncIterable<StoredObject> {
    const below = { Bucket: this.location.bucket, Prefix: toFullPrefix(this.url, this.location.prefix, prefix) };
    const ask: AskPage = (question) => this.ask("listing", below.Prefix, ({ client }) => question(client));
    for await (const { Key, Size = 0, ETag } of listObjectsBelow(ask, below, signal))
      yield { key: this.toRelativeKey(Key), bytes: Size, sha256: undefined, ...(ETag ? { etag: ETag } : {}) };
  }

  async abortUploads(prefix: string, { signal }: CallOptions = {}): Promise<number> {
    const below = { Bucket: this.location.bucket, Prefix: toFullPrefix(this.url, this.location.prefix, prefix) };
    const ask: AskPage = (question) =>
      this.ask("listing uploads below", below.Prefix, ({ client }) => question(client));
    let aborted = 0;
    for await (const { Key = "", UploadId } of listUploadsBelow(ask, below, signal)) {
      await this.ask("giving up an upload of", Key, ({ client }) =>
        client
          .abortMultipartUpload({ Bucket: below.Bucket, Key, UploadId }, toAbortOption(signal))
          .catch((error: unknown) => {
            // Aborted meanwhile by another process.
            if (toFailure(error).name !== "NoSuchUpload") throw error;
          }),
      );
      aborted += 1;
    }
    return aborted;
  }

  async check(options: CallOptions = {}): Promise<StoreFacts> {
    const { bucket, prefix } = this.location;
    const facts = await this.ask("looking at", "", ({ client }) =>
      readStoreFacts(client, bucket, prefix, options.signal),
    );
    if (this.settings.objectLock && facts.objectLock?.enabled === false)
      throw new StoreError(
        "configuration",
        `s3://${bucket}`,
        "looking at",
        "objectLock is set, and the bucket has no Object Lock",
        "It cannot be added later: write to a bucket that was created with it, or leave the setting out.",
      );
    return facts;
  }

  async close(): Promise<void> {
    const connecting = this.connecting;
    this.connecting = undefined;
    await connecting?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }

  /** Uploads; if the result is unknown, or another process was faster, the stored object decides. */
  private async send(Key: string, content: Content, source: Source, options: PutOptions): Promise<void> {
    try {
      await this.ask("storing", Key, ({ client, storeTime }) =>
        upload(client, this.buildTarget(Key, content, storeTime), source, options),
      );
    } catch (error) {
      if (!(error instanceof StoreError) || !UNDECIDED.has(error.kind)) throw error;
      const there = await this.lookUp(Key, "checking", AbortSignal.timeout(DECIDE_MS)).catch(() => undefined);
      if (!there) throw error;
    }
  }

  private buildTarget(Key: string, content: Content, storeTime: () => Date | undefined): Target {
    const { kmsKey, storageClass, objectLock } = this.settings;
    return {
      Bucket: this.location.bucket,
      Key,
      ...(storageClass && "path" in content ? { StorageClass: storageClass } : {}),
      ...(kmsKey ? { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: kmsKey } : {}),
      ...(objectLock ? lockFrom(storeTime(), objectLock, this.formatObjectUrl(Key)) : {}),
    };
  }

  /** Compares the stored object with the content; reads it back if the store vouches for no SHA-256. */
  private async settle(
    there: StoredObject,
    source: Source,
    object: string,
    { signal }: CallOptions,
  ): Promise<StoredObject> {
    if (there.bytes !== source.bytes)
      throw new ObjectConflict(object, there.sha256 ?? `unknown (of ${there.bytes} bytes)`, source.sha256);
    const sha256 = there.sha256 ?? (await hashContent(await this.get(there.key, { version: there.version, signal })));
    if (sha256 !== source.sha256) throw new ObjectConflict(object, sha256, source.sha256);
    if (this.settings.objectLock) requireLock(there, this.settings.objectLock, object);
    return { ...there, sha256 };
  }

  private async lookUp(Key: string, doing: string, signal: AbortSignal | undefined): Promise<StoredObject | undefined> {
    const Bucket = this.location.bucket;
    return this.ask(doing, Key, async ({ client }) => {
      try {
        return this.toStoredObject(
          Key,
          await client.headObject({ Bucket, Key, ChecksumMode: "ENABLED" }, toAbortOption(signal)),
        );
      } catch (error) {
        const { status, name } = toFailure(error);
        if (status === 404 && name !== "NoSuchBucket") return undefined;
        // A role that may list the prefix only gets 403 for a missing object, so a listing decides.
        if (status !== 403) throw error;
        const page = await client.listObjectsV2({ Bucket, Prefix: Key, MaxKeys: 1 }, toAbortOption(signal));
        if (page.Contents?.[0]?.Key === Key) throw error;
        return undefined;
      }
    });
  }

  private toStoredObject(Key: string, head: HeadObjectCommandOutput): StoredObject {
    return {
      key: this.toRelativeKey(Key),
      bytes: head.ContentLength ?? 0,
      sha256: readVouchedSha256(head),
      ...(head.VersionId ? { version: head.VersionId } : {}),
      ...(head.ETag ? { etag: head.ETag } : {}),
      ...(head.LastModified ? { storedAt: head.LastModified } : {}),
      ...(head.ObjectLockRetainUntilDate ? { lockedUntil: head.ObjectLockRetainUntilDate } : {}),
    };
  }

  private toRelativeKey(Key: string): string {
    return this.location.prefix === "" ? Key : Key.slice(this.location.prefix.length + 1);
  }

  private formatObjectUrl(Key: string): string {
    return `s3://${this.location.bucket}${Key === "" ? "" : `/${Key}`}`;
  }

  private connectOnce(): Promise<S3Connection> {
    this.connecting ??= connectS3(this.settings, this.limits);
    return this.connecting;
  }

  /** Sends a request; once more with new credentials if those in use have expired. Fails with a StoreError. */
  private async ask<T>(doing: string, Key: string, question: (connection: S3Connection) => Promise<T>): Promise<T> {
    for (let renewed = false; ; renewed = true) {
      const connection = await this.connectOnce();
      try {
        return await question(connection);
      } catch (error) {
        if (renewed || !EXPIRED.test(toFailure(error).name))
          throw await explainS3Error(error, doing, this.formatObjectUrl(Key), connection.hide);
        await this.close();
      }
    }
  }
}

/** Credentials of a role last for an hour; only a new client reads the chain again. */
const EXPIRED = /^(ExpiredToken|ExpiredTokenException|TokenRefreshRequired)$/;

/** Failures after which the store may have the object or not. */
const UNDECIDED: ReadonlySet<StoreErrorKind> = new Set(["taken", "busy", "unreachable", "other"]);

/** Returns the SHA-256 that the store vouches for, in hex. */
function readVouchedSha256({
  ChecksumSHA256: checksum,
  Metadata: metadata = {},
}: HeadObjectCommandOutput): string | undefined {
  if (checksum === undefined) return undefined;
  if (!checksum.includes("-")) return Buffer.from(checksum, "base64").toString("hex");
  return checksum === metadata[COMPOSITE_SHA256] ? metadata[WHOLE_SHA256] : undefined;
}
