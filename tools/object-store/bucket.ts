// Makes a bucket in an object store, versioned, as the archive's own component makes it.
import { S3 } from "@aws-sdk/client-s3";
import type { ObjectStoreServer } from "./server";

interface BucketOptions {
  /** With Object Lock, which cannot be added later. @default false */
  readonly objectLock?: boolean;
  /** @default true */
  readonly versioning?: boolean;
}

export async function makeBucket(
  server: Pick<ObjectStoreServer, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">,
  bucket: string,
  { objectLock = false, versioning = true }: BucketOptions = {},
): Promise<void> {
  // The SDK warns of Node 20 otherwise, each time.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const client = new S3({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
  try {
    await client.createBucket({ Bucket: bucket, ObjectLockEnabledForBucket: objectLock });
    if (versioning)
      await client.putBucketVersioning({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } });
  } finally {
    client.destroy();
  }
}
