// Lists a bucket, page by page.
import type {
  ListMultipartUploadsCommandOutput,
  ListObjectsV2CommandOutput,
  MultipartUpload,
  S3,
  _Object,
} from "@aws-sdk/client-s3";
import { toAbortOption } from "./s3-upload";

/** Sends one request to the store, about the keys below a prefix. */
export type AskPage = <T>(question: (client: S3) => Promise<T>) => Promise<T>;

interface Below {
  readonly Bucket: string;
  readonly Prefix: string;
}

export async function* listObjectsBelow(
  ask: AskPage,
  below: Below,
  signal: AbortSignal | undefined,
): AsyncGenerator<_Object & { Key: string }> {
  let ContinuationToken: string | undefined;
  do {
    const from = ContinuationToken === undefined ? {} : { ContinuationToken };
    const page: ListObjectsV2CommandOutput = await ask((client) =>
      client.listObjectsV2({ ...below, ...from }, toAbortOption(signal)),
    );
    for (const object of page.Contents ?? [])
      // Some tools store an empty object for a folder.
      if (object.Key !== undefined && !object.Key.endsWith("/")) yield { ...object, Key: object.Key };
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

export async function* listUploadsBelow(
  ask: AskPage,
  below: Below,
  signal: AbortSignal | undefined,
): AsyncGenerator<MultipartUpload> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  do {
    const marker: { KeyMarker?: string; UploadIdMarker?: string } = from;
    const page: ListMultipartUploadsCommandOutput = await ask((client) =>
      client.listMultipartUploads({ ...below, ...marker }, toAbortOption(signal)),
    );
    yield* page.Uploads ?? [];
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    from = page.IsTruncated && KeyMarker ? { KeyMarker, ...(UploadIdMarker ? { UploadIdMarker } : {}) } : undefined;
  } while (from !== undefined);
}
