// Sends one object, in one request if it is small, in parts if it is large; never overwrites.
import type { CompletedPart, ObjectLockMode, S3, StorageClass } from "@aws-sdk/client-s3";
import { hashComposite, type Source } from "./content";
import { toFailure } from "./s3-errors";
import type { PutOptions } from "./store";

/** Names in the object's metadata: SHA-256 of the whole, in hex, and the composite that it belongs to. */
export const WHOLE_SHA256 = "sha256";
export const COMPOSITE_SHA256 = "sha256-parts";

/** A failed upload is aborted before its error is thrown: a store that does not answer must not delay that for long. */
const GIVE_UP_MS = 5_000;

/** Location and storage options of an object, in the SDK's terms. */
export interface Target {
  readonly Bucket: string;
  readonly Key: string;
  readonly StorageClass?: StorageClass;
  readonly ServerSideEncryption?: "aws:kms";
  readonly SSEKMSKeyId?: string;
  readonly ObjectLockMode?: ObjectLockMode;
  readonly ObjectLockRetainUntilDate?: Date;
}

export async function upload(client: S3, target: Target, source: Source, options: PutOptions): Promise<void> {
  if (source.partSha256.length === 1) await sendWhole(client, target, source, options);
  else await sendParts(client, target, source, options);
}

async function sendWhole(client: S3, target: Target, source: Source, { signal, onSent }: PutOptions): Promise<void> {
  await client.putObject(
    {
      ...target,
      Body: await source.read(0),
      ContentLength: source.bytes,
      // Computed again by the store, which refuses the object if they differ.
      ChecksumSHA256: source.partSha256[0],
      IfNoneMatch: "*",
      Metadata: { [WHOLE_SHA256]: source.sha256 },
    },
    toAbortOption(signal),
  );
  onSent?.(source.bytes);
}

async function sendParts(client: S3, target: Target, source: Source, options: PutOptions): Promise<void> {
  const { signal } = options;
  const place = { Bucket: target.Bucket, Key: target.Key };
  const { UploadId } = await client.createMultipartUpload(
    {
      ...target,
      ChecksumAlgorithm: "SHA256",
      ChecksumType: "COMPOSITE",
      Metadata: { [WHOLE_SHA256]: source.sha256, [COMPOSITE_SHA256]: hashComposite(source.partSha256) },
    },
    toAbortOption(signal),
  );
  try {
    const Parts = await sendEach(client, { ...place, UploadId }, source, options);
    await client.completeMultipartUpload(
      { ...place, UploadId, MultipartUpload: { Parts }, ChecksumType: "COMPOSITE", IfNoneMatch: "*" },
      toAbortOption(signal),
    );
  } catch (error) {
    // Parts of an unfinished upload cost money. If this fails too, abortUploads finds them. The signal that ended the upload must
    // not end this.
    if (toFailure(error).name !== "NoSuchUpload")
      await client
        .abortMultipartUpload({ ...place, UploadId }, toAbortOption(AbortSignal.timeout(GIVE_UP_MS)))
        .catch(() => undefined);
    throw error;
  }
}

async function sendEach(
  client: S3,
  place: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  source: Source,
  { signal, onSent }: PutOptions,
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  let sent = 0;
  for (const [index, ChecksumSHA256] of source.partSha256.entries()) {
    // Read from the disk again for every attempt of the job; the SDK's own attempts use this buffer.
    const Body = await source.read(index);
    const PartNumber = index + 1;
    const { ETag } = await client.uploadPart(
      { ...place, PartNumber, Body, ContentLength: Body.length, ChecksumSHA256 },
      toAbortOption(signal),
    );
    parts.push({ PartNumber, ETag, ChecksumSHA256 });
    sent += Body.length;
    onSent?.(sent);
  }
  return parts;
}

/** Returns an option of the SDK, which accepts no undefined signal. */
export function toAbortOption(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
