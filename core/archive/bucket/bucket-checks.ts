import type { BucketFacts, BucketSetting, LifecycleFacts } from "./bucket-facts";

/** What the bucket of an archive has to be. What is left out is not asked for. */
export interface BucketDemands {
  /** Folder of the archive, with a slash at its end; "" is the whole bucket. */
  readonly prefix: string;
  readonly versioning?: boolean;
  /** `kms`: by a key of KMS; `any`: by one of S3 too. */
  readonly encryption?: "any" | "kms";
  /** The key of KMS, by its ARN. */
  readonly key?: string;
  readonly publicAccessBlocked?: boolean;
  readonly ownership?: boolean;
  readonly tlsOnly?: boolean;
  /** A lock at least as strict and as long. */
  readonly lock?: { readonly mode: "governance" | "compliance"; readonly days: number };
  /** Parts of unfinished uploads have to go after as many days, or sooner. */
  readonly abortUploadDays?: number;
  /** Nothing may expire before. */
  readonly keepDays?: number;
  readonly accessLogs?: boolean;
}

/** One thing that a bucket is not. */
interface BucketProblem {
  readonly setting: BucketSetting;
  /** A sentence without its subject: "versioning is off". */
  readonly message: string;
}

/** Everything that a bucket is not, in the order of {@link BucketDemands}. */
export function bucketProblems(facts: BucketFacts, demands: BucketDemands): BucketProblem[] {
  const { encryption, lifecycle, lock, ownership } = facts;
  const problems: BucketProblem[] = [];
  const refuse = (setting: BucketSetting, wrong: boolean | undefined, message: string): void => {
    if (wrong === true) problems.push({ setting, message });
  };
  refuse("versioning", demands.versioning && !facts.versioning, "versioning is off");
  refuse("encryption", demands.encryption && !encryption, "no encryption is set");
  refuse(
    "encryption",
    demands.encryption === "kms" && encryption && !encryption.algorithm.startsWith("aws:kms"),
    `objects are encrypted by ${encryption?.algorithm ?? ""}, and not by a key of KMS`,
  );
  refuse(
    "encryption",
    demands.key !== undefined && encryption && encryption.key !== demands.key,
    `objects are encrypted with ${encryption?.key ?? "no key of KMS"}, and not with ${demands.key ?? ""}`,
  );
  refuse("publicAccess", demands.publicAccessBlocked && !facts.publicAccessBlocked, "public access is not blocked");
  refuse(
    "ownership",
    demands.ownership && ownership !== "BucketOwnerEnforced",
    `objects belong to who writes them (${ownership ?? "no ownership is set"})`,
  );
  refuse("policy", demands.tlsOnly && !facts.tlsOnly, "its policy lets in who comes without TLS");
  refuse(
    "lock",
    !!demands.lock && weaker(lock, demands.lock),
    `Object Lock is ${lockText(lock)}, and has to be at least ${lockText(demands.lock)}`,
  );
  const limit = demands.abortUploadDays;
  refuse(
    "lifecycle",
    limit !== undefined &&
      !lifecycle.some((rule) => reachesAll(rule, demands.prefix) && (rule.abortUploadDays ?? Infinity) <= limit),
    `parts of unfinished uploads are not removed within ${limit ?? 0} days`,
  );
  const expiry = soonestExpiry(facts, demands.prefix);
  refuse(
    "lifecycle",
    expiry !== undefined && expiry < (demands.keepDays ?? 0),
    `objects expire after ${expiry ?? 0} days, and have to stay for ${demands.keepDays ?? 0}`,
  );
  refuse("logging", demands.accessLogs && facts.accessLogs === undefined, "nobody writes down who reaches it");
  return problems;
}

/**
 * Days after which the first objects below a prefix may be lost. Undefined: never. An object that was overwritten is kept
 * by its lock, or for as long as the lifecycle keeps versions that are no longer seen.
 */
export function soonestExpiry({ lifecycle, lock }: BucketFacts, prefix: string): number | undefined {
  const reaching = lifecycle.filter((rule) => prefix.startsWith(rule.prefix) || rule.prefix.startsWith(prefix));
  return soonest(
    reaching.flatMap(({ expireDays, versionDays }) => [
      expireDays,
      versionDays === undefined ? undefined : Math.max(versionDays, lock?.days ?? 0),
    ]),
  );
}

/** Days after which nothing is left of an object below a prefix. Undefined: something may stay for ever. */
export function certainExpiry({ lifecycle, versioning, lock }: BucketFacts, prefix: string): number | undefined {
  const reaching = lifecycle.filter((rule) => reachesAll(rule, prefix));
  const hidden = soonest(reaching.map(({ expireDays }) => expireDays));
  if (hidden === undefined) return undefined;
  // Expiry of a versioned object only hides its last version.
  const versions = versioning ? soonest(reaching.map(({ versionDays }) => versionDays)) : 0;
  return versions === undefined ? undefined : Math.max(hidden + versions, lock?.days ?? 0);
}

function soonest(days: readonly (number | undefined)[]): number | undefined {
  const ends = days.filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function reachesAll(rule: LifecycleFacts, prefix: string): boolean {
  return !rule.partial && prefix.startsWith(rule.prefix);
}

type Lock = NonNullable<BucketDemands["lock"]>;

function weaker(found: Lock | undefined, wanted: Lock): boolean {
  if (!found || found.days < wanted.days) return true;
  return wanted.mode === "compliance" && found.mode === "governance";
}

function lockText(lock: Lock | undefined): string {
  return lock ? `${lock.mode} for ${lock.days} days` : "not set";
}
