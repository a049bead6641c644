// Creates a bucket in an object store, versioned, as the archive's own component does.
import { S3 } from "@aws-sdk/client-s3";
import type { ObjectStoreServer } from "./server";

interface BucketOptions {
  /** Enables Object Lock, which cannot be added later. @default false */
  readonly objectLock?: boolean;
  /** @default true */
  readonly versioning?: boolean;
}

export async function makeBucket(
  server: Pick<ObjectStoreServer, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">,
  bucket: string,
  { objectLock = false, versioning = true }: BucketOptions = {},
): Promise<void> {
  // Otherwise the SDK warns of Node 20 each time.
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
