import { type BucketDemands, findBucketProblems } from "../../../core/archive/bucket/bucket-checks";
import type { BucketSetting } from "../../../core/archive/bucket/bucket-facts";
import { parseSpanDays } from "../../../core/store/days";
import {
  listArchiveBuckets,
  listArchiveUses,
  BUCKET_RULE_TYPES,
  getBucketFacts,
  isSettingUnknown,
  listUnchecked,
} from "../support/stack-buckets";
import { explainSettings, type StackResource, type StackRule } from "../support/rule";
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

const defineSwitch = (description: string) => ({ type: "boolean", description, default: true }) as const;

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
    versioning: defineSwitch("Whether every version of an object must be retained."),
    encryption: {
      type: "string",
      description: "Required encryption of objects: `kms`, by a key of KMS; `any`, by one of S3 too.",
      enum: ["any", "kms"],
      default: "any",
    },
    publicAccessBlocked: defineSwitch("Whether public access must be blocked, in all four ways."),
    ownership: defineSwitch("Whether objects must belong to the account of the bucket, whatever account writes them."),
    tlsOnly: defineSwitch("Whether the bucket's policy must refuse requests without TLS."),
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
    protect: defineSwitch("Whether Pulumi must refuse to delete a bucket that it created (the option `protect`)."),
    elsewhere: {
      type: "array",
      description: "Buckets that another stack sets up, by name: its policies judge them.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluateStack(resources, config) {
    return [
      ...listArchiveBuckets(resources).flatMap((bucket) => {
        const open = config.protect && bucket.made !== undefined && bucket.made.protect !== true;
        return [
          ...findBucketProblems(getBucketFacts(bucket), buildDemands(config))
            .filter(({ setting }) => !isSettingUnknown(bucket, setting))
            .map(({ setting, message }) => ({
              key: KEYS[setting],
              message: listUnchecked(bucket).includes(setting) ? `its ${setting} is in existing.unchecked` : message,
            })),
          ...(open ? [{ key: "protect", message: "it is not protected" }] : []),
        ].map(
          ({ key, message }) => `bucket "${bucket.name}": ${message}. ${explainSettings(this.name, "the bucket", key)}`,
        );
      }),
      ...listStrangers(resources, config.elsewhere).map(
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

function buildDemands(config: ArchiveBucketBaselineConfig): BucketDemands {
  const { versioning, publicAccessBlocked, ownership, tlsOnly, accessLogs } = config;
  const mode = config.objectLock === "none" ? undefined : (config.objectLock as "governance" | "compliance");
  return {
    prefix: "",
    versioning,
    encryption: config.encryption as "any" | "kms",
    publicAccessBlocked,
    ownership,
    tlsOnly,
    ...(mode === undefined ? {} : { lock: { mode, days: toDays(config.objectLockFor) } }),
    abortUploadDays: toDays(config.abortUploadsAfter),
    accessLogs,
  };
}

/** Counts hours, which the engine's pattern allows as well, as less than a day. */
function toDays(text: string): number {
  return parseSpanDays(text) ?? 1;
}

function listStrangers(resources: readonly StackResource[], elsewhere: readonly string[]): string[] {
  const names = listArchiveUses(resources)
    .filter(({ bucket, to }) => bucket === undefined && to?.startsWith("s3://"))
    .map(({ to }) => to?.slice("s3://".length).split("/")[0] ?? "");
  return [...new Set(names)].filter((name) => !elsewhere.includes(name));
}
