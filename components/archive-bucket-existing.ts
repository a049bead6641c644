import type * as awsTypes from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ArchiveBucketSettings } from "../core/archive/bucket/bucket";
import { type BucketDemands, findBucketProblems } from "../core/archive/bucket/bucket-checks";
import { type BucketFacts, readBucketFacts, type BucketSetting } from "../core/archive/bucket/bucket-facts";
import { ProgramError, requireValid } from "../core/problems/problem";

/** An existing bucket that is set up elsewhere. */
export interface ExistingBucketArgs {
  /** Name of the bucket. */
  readonly bucket: pulumi.Input<string>;
  /**
   * Settings that are neither read nor checked, because the identity that runs the update may not read them: "versioning",
   * "encryption", "publicAccess", "ownership", "policy", "lock", "lifecycle", "logging". @default []
   */
  readonly unchecked?: readonly BucketSetting[];
}

/** Declared settings that can be checked. */
interface DeclaredBucket {
  readonly kmsKeyArn?: pulumi.Input<string>;
  readonly accessLogs?: object;
}

/** Arguments that only the owner of a bucket can decide. */
const OWNERS_BUSINESS = ["bucketName", "tags", "protect", "expireAfter", "keepVersionsFor", "storage"] as const;

/** Bucket whose name and ARN wait for the checks. */
interface ReadBucket {
  /** Name of the bucket. */
  readonly bucket: pulumi.Output<string>;
  /** ARN of the bucket. */
  readonly arn: pulumi.Output<string>;
  /** Settings of the bucket as read, before they are judged. */
  readonly facts: pulumi.Output<BucketFacts>;
}

/** Reads and checks an existing bucket. */
export function readBucket(
  aws: typeof awsTypes,
  name: string,
  existing: ExistingBucketArgs,
  settings: ArchiveBucketSettings,
  args: DeclaredBucket,
  opts: pulumi.CustomResourceOptions,
): ReadBucket {
  refuseOwnersBusiness(name, args);
  const found = aws.s3.getBucketOutput({ bucket: existing.bucket }, opts.parent ? { parent: opts.parent } : {});
  const { facts, problems } = checkBucket(aws, name, existing, settings, args, opts);
  const bucket = pulumi.all([found.bucket, problems]).apply(([known, list]) => {
    if (list.length === 0) return known;
    const lines = list.map((line) => `  - ${line}`).join("\n");
    throw new ProgramError(
      `archive bucket "${name}": bucket "${known}" is not safe for the only copy of rows:\n${lines}\nIts owner has to set what is missing, or existing.unchecked has to name what need not be checked.`,
    );
  });
  return { bucket, arn: pulumi.all([found.arn, bucket]).apply(([arn]) => arn), facts };
}

/** Reads the settings of the bucket and reports problems, one line each. */
export function checkBucket(
  aws: typeof awsTypes,
  name: string,
  existing: ExistingBucketArgs,
  settings: ArchiveBucketSettings,
  args: DeclaredBucket,
  opts: pulumi.CustomResourceOptions,
): { facts: pulumi.Output<BucketFacts>; problems: pulumi.Output<string[]> } {
  const wanted = listSettingsToRead(args, settings).filter((setting) => !existing.unchecked?.includes(setting));
  const facts = readFacts(aws, name, existing, wanted, opts);
  const problems = pulumi
    .all([args.kmsKeyArn, facts])
    .apply(([key, known]) => describeProblems(known, buildDemands(settings, args, key), wanted));
  return { facts, problems };
}

/**
 * Reads each setting as an AWS resource that is never changed; a missing one fails the read and is named. Policies do not see
 * such resources: the component passes the facts to them as an output.
 */
function readFacts(
  aws: typeof awsTypes,
  name: string,
  { bucket }: ExistingBucketArgs,
  wanted: readonly BucketSetting[],
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<BucketFacts> {
  const read = wanted.map((setting) => readSetting(aws, name, setting, bucket, opts));
  return pulumi
    .all(read)
    .apply((found) => readBucketFacts(Object.fromEntries(wanted.map((setting, index) => [setting, found[index]]))));
}

function describeProblems(facts: BucketFacts, demands: BucketDemands, wanted: readonly BucketSetting[]): string[] {
  return findBucketProblems(facts, demands)
    .filter(({ setting }) => wanted.includes(setting))
    .map(({ message, setting }) => `${message} (${setting})`);
}

function refuseOwnersBusiness(name: string, args: DeclaredBucket): void {
  requireValid(`archive bucket "${name}"`, (report) => {
    for (const property of OWNERS_BUSINESS)
      if ((args as Readonly<Record<string, unknown>>)[property] !== undefined)
        report(property, "a bucket that exists is its owner's to set up.", "Remove it, or existing.");
  });
}

/** Selects the settings to read; those with a good AWS default are read only if something is required of them. */
function listSettingsToRead(args: DeclaredBucket, settings: ArchiveBucketSettings): BucketSetting[] {
  return [
    "versioning",
    "encryption",
    "publicAccess",
    "ownership",
    "policy",
    ...(settings.lock ? (["lock"] as const) : []),
    "lifecycle",
    ...(args.accessLogs ? (["logging"] as const) : []),
  ];
}

function buildDemands(settings: ArchiveBucketSettings, args: DeclaredBucket, key: string | undefined): BucketDemands {
  const { abortUploadDays, legalDays, lock, prefix } = settings;
  return {
    prefix,
    versioning: true,
    encryption: args.kmsKeyArn === undefined ? "any" : "kms",
    ...(key === undefined ? {} : { key }),
    publicAccessBlocked: true,
    ownership: true,
    tlsOnly: true,
    ...(lock ? { lock: { mode: lock.mode === "COMPLIANCE" ? "compliance" : "governance", days: lock.days } } : {}),
    abortUploadDays,
    keepDays: legalDays,
    accessLogs: args.accessLogs !== undefined,
  };
}

/** Reads a setting, whose resource has the name of the bucket as its id. */
function readSetting(
  aws: typeof awsTypes,
  name: string,
  setting: BucketSetting,
  bucket: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<object> {
  const read = <T extends object>(
    type: { get(name: string, id: pulumi.Input<string>, state?: undefined, opts?: pulumi.CustomResourceOptions): T },
    pick: (resource: T) => Readonly<Record<string, pulumi.Input<unknown>>>,
  ): pulumi.Output<object> => pulumi.output(pick(type.get(`${name}-${setting}`, bucket, undefined, opts)));
  const s3 = aws.s3;
  switch (setting) {
    case "versioning":
      return read(s3.BucketVersioning, ({ versioningConfiguration }) => ({ versioningConfiguration }));
    case "encryption":
      return read(s3.BucketServerSideEncryptionConfiguration, ({ rules }) => ({ rules }));
    case "publicAccess":
      return read(s3.BucketPublicAccessBlock, (block) => ({
        blockPublicAcls: block.blockPublicAcls,
        blockPublicPolicy: block.blockPublicPolicy,
        ignorePublicAcls: block.ignorePublicAcls,
        restrictPublicBuckets: block.restrictPublicBuckets,
      }));
    case "ownership":
      return read(s3.BucketOwnershipControls, ({ rule }) => ({ rule }));
    case "policy":
      return read(s3.BucketPolicy, ({ policy }) => ({ policy }));
    case "lock":
      return read(s3.BucketObjectLockConfiguration, ({ rule }) => ({ rule }));
    case "lifecycle":
      return read(s3.BucketLifecycleConfiguration, ({ rules }) => ({ rules }));
    case "logging":
      return read(s3.BucketLogging, ({ targetBucket }) => ({ targetBucket }));
  }
}
