import type { ArchiveBucketSettings } from "./bucket";

/** A policy document of AWS. */
interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly object[];
}

/** Returns the bucket's own policy: access by TLS only. */
export function buildTlsOnlyPolicy(bucketArn: string): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucketArn, `${bucketArn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}

/**
 * Returns the policy for the identity that runs `pulumi up`, to archive and restore: it writes and reads objects below the
 * prefix, completes or aborts uploads, and reads the bucket's settings. It may delete nothing and change no setting.
 */
export function buildArchiverPolicy(
  bucketArn: string,
  settings: ArchiveBucketSettings,
  kmsKeyArn: string | undefined,
): PolicyDocument {
  const objects = `${bucketArn}/${settings.prefix}*`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Objects",
        Effect: "Allow",
        Action: [
          "s3:PutObject",
          "s3:GetObject",
          "s3:GetObjectVersion",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
          ...(settings.lock ? ["s3:PutObjectRetention", "s3:GetObjectRetention"] : []),
        ],
        Resource: objects,
      },
      {
        Sid: "Listing",
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: bucketArn,
        ...(settings.prefix === "" ? {} : { Condition: { StringLike: { "s3:prefix": [`${settings.prefix}*`] } } }),
      },
      {
        Sid: "Settings",
        Effect: "Allow",
        Action: [
          // Granted on the bucket as a whole: S3 supports no prefix here.
          "s3:ListBucketMultipartUploads",
          "s3:GetBucketLocation",
          "s3:GetBucketVersioning",
          "s3:GetBucketObjectLockConfiguration",
          "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketPolicyStatus",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
        ],
        Resource: bucketArn,
      },
      ...(kmsKeyArn === undefined
        ? []
        : [{ Sid: "Key", Effect: "Allow", Action: ["kms:GenerateDataKey", "kms:Decrypt"], Resource: kmsKeyArn }]),
    ],
  };
}
