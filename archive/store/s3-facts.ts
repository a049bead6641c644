import type { GetObjectLockConfigurationCommandOutput, S3 } from "@aws-sdk/client-s3";
import { failureOf } from "./s3-errors";
import { within } from "./s3-upload";
import type { StoreFacts } from "./store";

/**
 * Reads the guarantees of a bucket. Fails if it cannot be listed below the prefix; facts that the role may not read are
 * undefined.
 */
export async function bucketFacts(
  client: S3,
  bucket: string,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<StoreFacts> {
  const Bucket = bucket;
  // Not HeadBucket: it is denied to a role that may list the prefix only.
  await client.listObjectsV2({ Bucket, Prefix: prefix === "" ? "" : `${prefix}/`, MaxKeys: 1 }, within(signal));
  const [versioning, objectLock, encryption, region] = await Promise.all([
    told(client.getBucketVersioning({ Bucket }, within(signal))),
    lockOf(client, bucket, signal),
    told(client.getBucketEncryption({ Bucket }, within(signal))),
    told(client.getBucketLocation({ Bucket }, within(signal))),
  ]);
  return {
    versioning: versioning && versioning.Status === "Enabled",
    objectLock,
    encryption:
      encryption?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
    // The oldest region has no name in this answer.
    region: region && (region.LocationConstraint ?? "us-east-1"),
  };
}

async function lockOf(client: S3, Bucket: string, signal: AbortSignal | undefined): Promise<StoreFacts["objectLock"]> {
  try {
    return lockFacts(await client.getObjectLockConfiguration({ Bucket }, within(signal)));
  } catch (error) {
    const { name, status } = failureOf(error);
    return name === "ObjectLockConfigurationNotFoundError" || status === 404
      ? { enabled: false }
      : undefinedIfTold(error);
  }
}

function lockFacts({
  ObjectLockConfiguration: lock,
}: GetObjectLockConfigurationCommandOutput): StoreFacts["objectLock"] {
  const { Mode, Days, Years } = lock?.Rule?.DefaultRetention ?? {};
  const days = Days ?? (Years === undefined ? undefined : Years * 365);
  return {
    enabled: lock?.ObjectLockEnabled === "Enabled",
    ...(Mode === undefined ? {} : { mode: Mode === "COMPLIANCE" ? ("compliance" as const) : ("governance" as const) }),
    ...(days === undefined ? {} : { days }),
  };
}

function told<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(undefinedIfTold);
}

/** Treats a question that the store does not support, or that the role may not ask, as unanswered; silence is an error. */
function undefinedIfTold(error: unknown): undefined {
  const { status } = failureOf(error);
  if (status !== undefined && ((status >= 400 && status < 500 && status !== 429) || status === 501)) return undefined;
  throw error;
}
