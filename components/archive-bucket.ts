import type * as awsTypes from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type ArchiveBucketSettings, requireArchiveBucket } from "../core/archive/bucket/bucket";
import type { ArchiveBucketSettingsArgs } from "../core/declare/archive/bucket-args";
import { formatLocation } from "../core/store/location";
import { archiverPolicy, tlsOnly } from "../core/archive/bucket/bucket-policies";
import { type ExistingBucketArgs, readBucket } from "./archive-bucket-existing";

/** The bucket of an archive: what decides about its objects, and what AWS is told about it. */
export interface ArchiveBucketArgs extends ArchiveBucketSettingsArgs {
  /** A bucket that is there already: nothing of it is changed, its settings are read and checked. @default a bucket is made */
  readonly existing?: ExistingBucketArgs;
  /** Name of the bucket to make. @default one that Pulumi makes up */
  readonly bucketName?: pulumi.Input<string>;
  /** Key of KMS that objects are encrypted with, by its ARN. @default keys of S3 (SSE-S3) */
  readonly kmsKeyArn?: pulumi.Input<string>;
  /** Where S3 writes who reached the bucket; of an existing bucket it is only checked that it does. @default nowhere */
  readonly accessLogs?: AccessLogArgs;
  /** Tags of the bucket. */
  readonly tags?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Whether Pulumi refuses to delete the bucket until this is false and an update has run. @default true */
  readonly protect?: boolean;
}

/** Another bucket that takes the access logs; it must let S3's log delivery write. */
export interface AccessLogArgs {
  /** Name of that bucket. */
  readonly bucket: pulumi.Input<string>;
  /** What the names of the logs begin with. @default "<name of this component>/" */
  readonly prefix?: string;
}

/**
 * A bucket that is fit to be the only copy of what a table has dropped: versioned, encrypted, closed to the public and to
 * plain HTTP, owned by its account whoever writes, with leftovers of uploads removed; locked, moved to cheaper classes and
 * expired as declared. With it comes a policy for who archives, which can write and read, and delete nothing.
 *
 * Of a bucket that exists the same is read, in preview too, and the update stops where something is missing.
 *
 * @example
 * const archive = new ArchiveBucket("archive", {
 *   prefix: "postgres",
 *   legalMinimum: "7 years",
 *   objectLock: { mode: "compliance", for: "7 years" },
 *   storage: [{ after: "90 days", class: "GLACIER_IR" }],
 * });
 */
export class ArchiveBucket extends pulumi.ComponentResource {
  /** Name of the bucket. */
  readonly bucket: pulumi.Output<string>;
  /** Where archives go, as `archive.to` takes it: `s3://bucket/prefix`. Known when the bucket is there, and passed its checks. */
  readonly url: pulumi.Output<string>;
  /** ARN of the bucket. */
  readonly arn: pulumi.Output<string>;
  /** ARN of the policy to attach to the role that runs `pulumi up`. */
  readonly archiverPolicyArn: pulumi.Output<string>;

  constructor(name: string, args: ArchiveBucketArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("pgpartition:index:ArchiveBucket", name, {}, opts);
    const settings = requireArchiveBucket(args, `archive bucket "${name}"`);
    // Loaded only here: the package is large, and most programs do not need it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for everybody
    const aws = require("@pulumi/aws") as typeof awsTypes;
    const read = args.existing && readBucket(aws, name, args.existing, settings, args, { parent: this });
    const { bucket, arn } = read ?? this.makeBucket(aws, name, args, settings);
    this.bucket = bucket;
    this.arn = arn;
    const prefix = settings.prefix.replace(/\/$/, "");
    this.url = bucket.apply((known) => formatLocation({ kind: "s3", bucket: known, prefix }));
    this.archiverPolicyArn = this.letArchive(aws, name, args, settings).arn;
    const { url, archiverPolicyArn } = this;
    // What was read is shown to policies, which see no resources that are only looked at.
    const seen = read ? { settings: read.facts, unchecked: [...(args.existing?.unchecked ?? [])] } : {};
    this.registerOutputs({ bucket, url, arn, archiverPolicyArn, ...seen });
  }

  private makeBucket(
    aws: typeof awsTypes,
    name: string,
    args: ArchiveBucketArgs,
    settings: ArchiveBucketSettings,
  ): awsTypes.s3.Bucket {
    const bucket = new aws.s3.Bucket(
      name,
      {
        ...(args.bucketName === undefined ? {} : { bucket: args.bucketName }),
        ...(args.tags === undefined ? {} : { tags: args.tags }),
        objectLockEnabled: settings.lock !== undefined,
      },
      { parent: this, protect: args.protect ?? true },
    );
    this.guard(aws, name, args, bucket);
    this.keep(aws, name, settings, bucket);
    return bucket;
  }

  /** Who reaches the bucket, and how. */
  private guard(aws: typeof awsTypes, name: string, args: ArchiveBucketArgs, bucket: awsTypes.s3.Bucket): void {
    const opts = { parent: this };
    const target = { bucket: bucket.bucket };
    const closed = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access`,
      {
        ...target,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      opts,
    );
    // One after the other: S3 refuses changes of both at the same time.
    new aws.s3.BucketPolicy(
      `${name}-tls`,
      { ...target, policy: bucket.arn.apply((arn) => JSON.stringify(tlsOnly(arn))) },
      { ...opts, dependsOn: [closed] },
    );
    new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { ...target, rule: { objectOwnership: "BucketOwnerEnforced" } },
      opts,
    );
    const encryption =
      args.kmsKeyArn === undefined
        ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
        : {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: args.kmsKeyArn },
            bucketKeyEnabled: true,
          };
    new aws.s3.BucketServerSideEncryptionConfiguration(`${name}-encryption`, { ...target, rules: [encryption] }, opts);
    if (args.accessLogs)
      new aws.s3.BucketLogging(
        `${name}-logs`,
        { ...target, targetBucket: args.accessLogs.bucket, targetPrefix: args.accessLogs.prefix ?? `${name}/` },
        opts,
      );
  }

  /** What becomes of objects as they grow old. */
  private keep(aws: typeof awsTypes, name: string, settings: ArchiveBucketSettings, bucket: awsTypes.s3.Bucket): void {
    const target = { bucket: bucket.bucket };
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { ...target, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
    // Locks and the ends of old versions are of no use before there are versions.
    const opts = { parent: this, dependsOn: [versioning] };
    if (settings.lock)
      new aws.s3.BucketObjectLockConfiguration(
        `${name}-lock`,
        { ...target, rule: { defaultRetention: settings.lock } },
        opts,
      );
    new aws.s3.BucketLifecycleConfiguration(`${name}-lifecycle`, { ...target, rules: lifecycleRules(settings) }, opts);
  }

  private letArchive(
    aws: typeof awsTypes,
    name: string,
    args: ArchiveBucketArgs,
    settings: ArchiveBucketSettings,
  ): awsTypes.iam.Policy {
    const policy = pulumi
      .all([this.arn, args.kmsKeyArn])
      .apply(([arn, key]) => JSON.stringify(archiverPolicy(arn, settings, key)));
    const description = "Writes and reads the archive of partitioned tables; deletes nothing.";
    return new aws.iam.Policy(`${name}-archiver`, { policy, description }, { parent: this });
  }
}

function lifecycleRules(settings: ArchiveBucketSettings): awsTypes.types.input.s3.BucketLifecycleConfigurationRule[] {
  const { abortUploadDays, expireDays, prefix, storage, versionDays } = settings;
  const uploads = {
    id: "unfinished-uploads",
    status: "Enabled",
    filter: { prefix: "" },
    abortIncompleteMultipartUpload: { daysAfterInitiation: abortUploadDays },
  };
  if (expireDays === undefined && versionDays === undefined && storage.length === 0) return [uploads];
  const aging = {
    id: "archive",
    status: "Enabled",
    filter: { prefix },
    transitions: storage.map(({ days, storageClass }) => ({ days, storageClass })),
    ...(expireDays === undefined ? {} : { expiration: { days: expireDays } }),
    // Of a versioned object expiry hides only the last version.
    ...(versionDays === undefined ? {} : { noncurrentVersionExpiration: { noncurrentDays: versionDays } }),
  };
  return [uploads, aging];
}
