import type { GetObjectLockConfigurationCommandOutput, S3 } from "@aws-sdk/client-s3";
import { toFailure } from "./s3-errors";
import { toAbortOption } from "./s3-upload";
import type { StoreFacts } from "./store";

/**
 * Reads the guarantees of a bucket. Fails if it cannot be listed below the prefix; facts that the role may not read are
 * undefined.
 */
export async function readStoreFacts(
  client: S3,
  bucket: string,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<StoreFacts> {
  const Bucket = bucket;
  // Not HeadBucket: it is denied to a role that may list the prefix only.
  await client.listObjectsV2({ Bucket, Prefix: prefix === "" ? "" : `${prefix}/`, MaxKeys: 1 }, toAbortOption(signal));
  const [versioning, objectLock, encryption, region] = await Promise.all([
    readIfAllowed(client.getBucketVersioning({ Bucket }, toAbortOption(signal))),
    readLock(client, bucket, signal),
    readIfAllowed(client.getBucketEncryption({ Bucket }, toAbortOption(signal))),
    readIfAllowed(client.getBucketLocation({ Bucket }, toAbortOption(signal))),
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

async function readLock(
  client: S3,
  Bucket: string,
  signal: AbortSignal | undefined,
): Promise<StoreFacts["objectLock"]> {
  try {
    return toLockFacts(await client.getObjectLockConfiguration({ Bucket }, toAbortOption(signal)));
  } catch (error) {
    const { name, status } = toFailure(error);
    return name === "ObjectLockConfigurationNotFoundError" || status === 404
      ? { enabled: false }
      : ignoreRefusal(error);
  }
}

function toLockFacts({
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

function readIfAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(ignoreRefusal);
}

/** Treats a question that the store does not support, or that the role may not ask, as unanswered; silence is an error. */
function ignoreRefusal(error: unknown): undefined {
  const { status } = toFailure(error);
  if (status !== undefined && ((status >= 400 && status < 500 && status !== 429) || status === 501)) return undefined;
  throw error;
}
