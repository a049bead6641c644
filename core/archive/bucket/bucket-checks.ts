import type { BucketFacts, BucketSetting, LifecycleFacts } from "./bucket-facts";

/** Required properties of an archive bucket. Those left out are not checked. */
export interface BucketDemands {
  /** Folder of the archive, with a trailing slash; "" is the whole bucket. */
  readonly prefix: string;
  readonly versioning?: boolean;
  /** `kms`: by a KMS key; `any`: by an S3 key too. */
  readonly encryption?: "any" | "kms";
  /** ARN of the KMS key. */
  readonly key?: string;
  readonly publicAccessBlocked?: boolean;
  readonly ownership?: boolean;
  readonly tlsOnly?: boolean;
  /** A lock at least as strict and as long. */
  readonly lock?: { readonly mode: "governance" | "compliance"; readonly days: number };
  /** Parts of unfinished uploads must be removed after this many days, or sooner. */
  readonly abortUploadDays?: number;
  /** No object may expire earlier. */
  readonly keepDays?: number;
  readonly accessLogs?: boolean;
}

/** One requirement that a bucket does not meet. */
interface BucketProblem {
  readonly setting: BucketSetting;
  /** A sentence without its subject: "versioning is off". */
  readonly message: string;
}

/** Lists all requirements that a bucket does not meet, in the order of {@link BucketDemands}. */
export function findBucketProblems(facts: BucketFacts, demands: BucketDemands): BucketProblem[] {
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
    !!demands.lock && isWeaker(lock, demands.lock),
    `Object Lock is ${describeLock(lock)}, and must be at least ${describeLock(demands.lock)}`,
  );
  const limit = demands.abortUploadDays;
  refuse(
    "lifecycle",
    limit !== undefined &&
      !lifecycle.some((rule) => reachesAll(rule, demands.prefix) && (rule.abortUploadDays ?? Infinity) <= limit),
    `parts of unfinished uploads are not removed within ${limit ?? 0} days`,
  );
  const expiry = findSoonestExpiry(facts, demands.prefix);
  refuse(
    "lifecycle",
    expiry !== undefined && expiry < (demands.keepDays ?? 0),
    `objects expire after ${expiry ?? 0} days, and must be retained for ${demands.keepDays ?? 0}`,
  );
  refuse("logging", demands.accessLogs && facts.accessLogs === undefined, "access to it is not logged");
  return problems;
}

/**
 * Returns the days after which the first objects below a prefix may be lost. Undefined: never. An overwritten object is retained
 * by its lock, or for as long as the lifecycle retains noncurrent versions.
 */
export function findSoonestExpiry({ lifecycle, lock }: BucketFacts, prefix: string): number | undefined {
  const reaching = lifecycle.filter((rule) => prefix.startsWith(rule.prefix) || rule.prefix.startsWith(prefix));
  return findSoonest(
    reaching.flatMap(({ expireDays, versionDays }) => [
      expireDays,
      versionDays === undefined ? undefined : Math.max(versionDays, lock?.days ?? 0),
    ]),
  );
}

/** Returns the days after which no version of an object below a prefix remains. Undefined: some may remain forever. */
export function findCertainExpiry({ lifecycle, versioning, lock }: BucketFacts, prefix: string): number | undefined {
  const reaching = lifecycle.filter((rule) => reachesAll(rule, prefix));
  const hidden = findSoonest(reaching.map(({ expireDays }) => expireDays));
  if (hidden === undefined) return undefined;
  // Expiry of a versioned object only hides its last version.
  const versions = versioning ? findSoonest(reaching.map(({ versionDays }) => versionDays)) : 0;
  return versions === undefined ? undefined : Math.max(hidden + versions, lock?.days ?? 0);
}

function findSoonest(days: readonly (number | undefined)[]): number | undefined {
  const ends = days.filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function reachesAll(rule: LifecycleFacts, prefix: string): boolean {
  return !rule.partial && prefix.startsWith(rule.prefix);
}

type Lock = NonNullable<BucketDemands["lock"]>;

function isWeaker(found: Lock | undefined, wanted: Lock): boolean {
  if (!found || found.days < wanted.days) return true;
  return wanted.mode === "compliance" && found.mode === "governance";
}

function describeLock(lock: Lock | undefined): string {
  return lock ? `${lock.mode} for ${lock.days} days` : "not set";
}
