import { z } from "zod";

/** The AWS resources that configure a bucket, by purpose. */
export const BUCKET_SETTINGS = [
  "versioning",
  "encryption",
  "publicAccess",
  "ownership",
  "policy",
  "lock",
  "lifecycle",
  "logging",
] as const;
export type BucketSetting = (typeof BUCKET_SETTINGS)[number];

/** Settings of a bucket, of any origin. Undefined: not set, as far as is known. */
export interface BucketFacts {
  readonly versioning: boolean;
  /** Algorithm that encrypts objects, and the key if it is one of KMS. */
  readonly encryption: { readonly algorithm: string; readonly key: string | undefined } | undefined;
  readonly publicAccessBlocked: boolean;
  readonly ownership: string | undefined;
  readonly tlsOnly: boolean;
  readonly lock: { readonly mode: "governance" | "compliance"; readonly days: number } | undefined;
  /** Enabled lifecycle rules. */
  readonly lifecycle: readonly LifecycleFacts[];
  readonly accessLogs: string | undefined;
}

export interface LifecycleFacts {
  /** Prefix of the keys that it applies to; "" is all. */
  readonly prefix: string;
  /** True if it applies only to some of those objects, by size or tags. */
  readonly partial: boolean;
  /** Days after which an object is hidden. */
  readonly expireDays: number | undefined;
  /** Days after which a noncurrent version, overwritten or expired, is deleted. */
  readonly versionDays: number | undefined;
  readonly abortUploadDays: number | undefined;
}

/** Reads the properties of those resources; missing ones, or those of another form, count as not set. */
export function readBucketFacts(properties: Partial<Record<BucketSetting, unknown>>): BucketFacts {
  const block = read(publicAccess, properties.publicAccess);
  const encryption = read(encryptions, properties.encryption)?.rules[0]?.applyServerSideEncryptionByDefault;
  return {
    versioning: read(versioning, properties.versioning)?.versioningConfiguration.status === "Enabled",
    encryption: encryption && { algorithm: encryption.sseAlgorithm, key: encryption.kmsMasterKeyId || undefined },
    publicAccessBlocked: block !== undefined && Object.values(block).every(Boolean),
    ownership: read(ownership, properties.ownership)?.rule.objectOwnership,
    tlsOnly: refusesPlainHttp(read(policy, properties.policy)?.policy),
    lock: readLock(read(lock, properties.lock)?.rule?.defaultRetention),
    lifecycle: (read(lifecycle, properties.lifecycle)?.rules ?? [])
      .filter(({ status }) => status === "Enabled")
      .map(readLifecycle),
    accessLogs: read(logging, properties.logging)?.targetBucket,
  };
}

const versioning = z.object({ versioningConfiguration: z.object({ status: z.string() }) });
const encryptions = z.object({
  rules: z.array(
    z.object({
      applyServerSideEncryptionByDefault: z
        .object({ sseAlgorithm: z.string(), kmsMasterKeyId: z.string().nullish() })
        .optional(),
    }),
  ),
});
const publicAccess = z.object({
  blockPublicAcls: z.boolean(),
  blockPublicPolicy: z.boolean(),
  ignorePublicAcls: z.boolean(),
  restrictPublicBuckets: z.boolean(),
});
const ownership = z.object({ rule: z.object({ objectOwnership: z.string() }) });
const policy = z.object({ policy: z.string() });
const lock = z.object({
  rule: z
    .object({
      defaultRetention: z.object({
        mode: z.string().nullish(),
        days: z.number().nullish(),
        years: z.number().nullish(),
      }),
    })
    .nullish(),
});
const days = z.number().nullish();
const lifecycle = z.object({
  rules: z.array(
    z.object({
      status: z.string(),
      prefix: z.string().nullish(),
      filter: z
        .object({
          prefix: z.string().nullish(),
          tag: z.unknown().optional(),
          and: z.unknown().optional(),
          objectSizeGreaterThan: z.number().nullish(),
          objectSizeLessThan: z.number().nullish(),
        })
        .nullish(),
      expiration: z.object({ days }).nullish(),
      noncurrentVersionExpiration: z.object({ noncurrentDays: days }).nullish(),
      abortIncompleteMultipartUpload: z.object({ daysAfterInitiation: days }).nullish(),
    }),
  ),
});
const logging = z.object({ targetBucket: z.string().min(1) });

function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  return schema.safeParse(value).data;
}

type LifecycleRule = z.infer<typeof lifecycle>["rules"][number];

function readLifecycle(rule: LifecycleRule): LifecycleFacts {
  const { filter } = rule;
  return {
    prefix: filter?.prefix ?? rule.prefix ?? "",
    partial:
      !!filter && [filter.tag, filter.and, filter.objectSizeGreaterThan, filter.objectSizeLessThan].some(Boolean),
    // AWS reports zero for none.
    expireDays: rule.expiration?.days || undefined,
    versionDays: rule.noncurrentVersionExpiration?.noncurrentDays || undefined,
    abortUploadDays: rule.abortIncompleteMultipartUpload?.daysAfterInitiation || undefined,
  };
}

type Retention = NonNullable<z.infer<typeof lock>["rule"]>["defaultRetention"] | undefined;

/** Returns the lock; S3 counts a year as 365 days. */
function readLock(retention: Retention): BucketFacts["lock"] {
  const mode = retention?.mode?.toLowerCase();
  const length = (retention?.days ?? 0) || (retention?.years ?? 0) * 365;
  return length > 0 && (mode === "governance" || mode === "compliance") ? { mode, days: length } : undefined;
}

const words = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const denial = z.object({
  Effect: z.literal("Deny"),
  Principal: z.union([z.string(), z.object({ AWS: words })]),
  Action: words,
  Condition: z.object({ Bool: z.object({ "aws:SecureTransport": z.union([z.string(), z.boolean()]) }) }),
});

/** True if a policy document has a statement that denies all actions to all principals without TLS. */
function refusesPlainHttp(document: string | undefined): boolean {
  const statements = parse(document);
  return statements.some((statement) => {
    const found = read(denial, statement);
    if (!found) return false;
    const whom = typeof found.Principal === "string" ? [found.Principal] : found.Principal.AWS;
    const everything = found.Action.some((action) => action === "s3:*" || action === "*");
    return whom.includes("*") && everything && String(found.Condition.Bool["aws:SecureTransport"]) === "false";
  });
}

function parse(document: string | undefined): unknown[] {
  try {
    const { Statement } = JSON.parse(document ?? "{}") as { Statement?: unknown };
    return Statement === undefined ? [] : [Statement].flat();
  } catch {
    return [];
  }
}
