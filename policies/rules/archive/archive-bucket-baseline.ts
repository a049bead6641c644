import { type BucketDemands, bucketProblems } from "../../../core/archive/bucket/bucket-checks";
import type { BucketSetting } from "../../../core/archive/bucket/bucket-facts";
import { daysOfSpan } from "../../../core/store/days";
import { archiveBuckets, archiveUses, BUCKET_RULE_TYPES, factsOf, isUnknown, uncheckedOf } from "../support/bucket";
import { settings, type StackResource, type StackRule } from "../support/rule";
import { SPAN_PATTERN } from "../support/spans";

interface ArchiveBucketBaselineConfig {
  readonly versioning: boolean;
  readonly encryption: string;
  readonly publicAccessBlocked: boolean;
  readonly ownership: boolean;
  readonly tlsOnly: boolean;
  readonly objectLock: string;
  readonly objectLockFor: string;
  readonly abortUploadsAfter: string;
  readonly accessLogs: boolean;
  readonly protect: boolean;
  /** Buckets that another stack sets up, and that its policies judge. */
  readonly elsewhere: readonly string[];
}

const on = (description: string) => ({ type: "boolean", description, default: true }) as const;

export const archiveBucketBaseline: StackRule<ArchiveBucketBaselineConfig> = {
  name: "archive-bucket-baseline",
  description: "A bucket that may hold the only copy of rows protects them from deletion, strangers and oversight.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Create the bucket with the component ArchiveBucket, or set what is missing and let the component read it.",
  subject: "archive buckets",
  types: BUCKET_RULE_TYPES,
  configProperties: {
    versioning: on("Whether every version of an object must be retained."),
    encryption: {
      type: "string",
      description: "Required encryption of objects: `kms`, by a key of KMS; `any`, by one of S3 too.",
      enum: ["any", "kms"],
      default: "any",
    },
    publicAccessBlocked: on("Whether public access must be blocked, in all four ways."),
    ownership: on("Whether objects must belong to the account of the bucket, whatever account writes them."),
    tlsOnly: on("Whether the bucket's policy must refuse requests without TLS."),
    objectLock: {
      type: "string",
      description: "Least strict Object Lock that objects must get by default.",
      enum: ["none", "governance", "compliance"],
      default: "none",
    },
    objectLockFor: {
      type: "string",
      description: "Shortest length of that lock.",
      pattern: SPAN_PATTERN,
      default: "1 day",
    },
    abortUploadsAfter: {
      type: "string",
      description: "When parts of unfinished uploads must be removed at the latest.",
      pattern: SPAN_PATTERN,
      default: "1 month",
    },
    accessLogs: {
      type: "boolean",
      description: "Whether S3 must log access to the bucket.",
      default: false,
    },
    protect: on("Whether Pulumi must refuse to delete a bucket that it created (the option `protect`)."),
    elsewhere: {
      type: "array",
      description: "Buckets that another stack sets up, by name: its policies judge them.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluateStack(resources, config) {
    return [
      ...archiveBuckets(resources).flatMap((bucket) => {
        const open = config.protect && bucket.made !== undefined && bucket.made.protect !== true;
        return [
          ...bucketProblems(factsOf(bucket), demandsOf(config))
            .filter(({ setting }) => !isUnknown(bucket, setting))
            .map(({ setting, message }) => ({
              key: KEYS[setting],
              message: uncheckedOf(bucket).includes(setting) ? `its ${setting} is in existing.unchecked` : message,
            })),
          ...(open ? [{ key: "protect", message: "it is not protected" }] : []),
        ].map(({ key, message }) => `bucket "${bucket.name}": ${message}. ${settings(this.name, "the bucket", key)}`);
      }),
      ...strangers(resources, config.elsewhere).map(
        (name) =>
          `bucket "${name}": it has an archive, and nothing in this stack sets it up, so it cannot be judged. Read it by new ArchiveBucket(…, { existing: … }) in the program, or name it in ${this.name}.elsewhere in the policy configuration.`,
      ),
    ];
  },
};

/** Key of the configuration that requires each setting. */
const KEYS: Readonly<Record<BucketSetting, keyof ArchiveBucketBaselineConfig>> = {
  versioning: "versioning",
  encryption: "encryption",
  publicAccess: "publicAccessBlocked",
  ownership: "ownership",
  policy: "tlsOnly",
  lock: "objectLock",
  lifecycle: "abortUploadsAfter",
  logging: "accessLogs",
};

function demandsOf(config: ArchiveBucketBaselineConfig): BucketDemands {
  const { versioning, publicAccessBlocked, ownership, tlsOnly, accessLogs } = config;
  const mode = config.objectLock === "none" ? undefined : (config.objectLock as "governance" | "compliance");
  return {
    prefix: "",
    versioning,
    encryption: config.encryption as "any" | "kms",
    publicAccessBlocked,
    ownership,
    tlsOnly,
    ...(mode === undefined ? {} : { lock: { mode, days: daysOf(config.objectLockFor) } }),
    abortUploadDays: daysOf(config.abortUploadsAfter),
    accessLogs,
  };
}

/** Counts hours, which the engine's pattern allows as well, as less than a day. */
function daysOf(text: string): number {
  return daysOfSpan(text) ?? 1;
}

function strangers(resources: readonly StackResource[], elsewhere: readonly string[]): string[] {
  const names = archiveUses(resources)
    .filter(({ bucket, to }) => bucket === undefined && to?.startsWith("s3://"))
    .map(({ to }) => to?.slice("s3://".length).split("/")[0] ?? "");
  return [...new Set(names)].filter((name) => !elsewhere.includes(name));
}
