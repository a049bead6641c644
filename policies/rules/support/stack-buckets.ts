import {
  BUCKET_SETTINGS,
  type BucketFacts,
  readBucketFacts,
  type BucketSetting,
} from "../../../core/archive/bucket/bucket-facts";
import { formatPlace, readRecord, readText } from "./read-archive";
import { type StackResource, WINDOW_TYPE } from "./rule";

/** AWS types that form an archive bucket: the names of recent versions of the provider, and the older ones with `V2`. */
const AWS: Readonly<Record<BucketSetting | "bucket", readonly string[]>> = {
  bucket: ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"],
  versioning: listTypes("Versioning"),
  encryption: listTypes("ServerSideEncryptionConfiguration"),
  publicAccess: ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
  ownership: ["aws:s3/bucketOwnershipControls:BucketOwnershipControls"],
  policy: ["aws:s3/bucketPolicy:BucketPolicy"],
  lock: listTypes("ObjectLockConfiguration"),
  lifecycle: listTypes("LifecycleConfiguration"),
  logging: listTypes("Logging"),
};

const COMPONENT = "pgpartition:index:ArchiveBucket";

/** Types that the rules about buckets read. */
export const BUCKET_RULE_TYPES: readonly string[] = [WINDOW_TYPE, COMPONENT, ...Object.values(AWS).flat()];

/** A bucket, with the resources of the stack that set it up or read its settings. */
interface BucketOfStack {
  /** Name of the bucket, or of its resource while the first is not known. */
  readonly name: string;
  /** Undefined: the stack only reads its settings. */
  readonly made: StackResource | undefined;
  /** Component that read the bucket, if it is only read. */
  readonly reader?: StackResource;
  settings(setting: BucketSetting): readonly StackResource[];
}

/** An archive that a window names. */
export interface ArchiveUse {
  readonly window: StackResource;
  /** `s3://bucket/prefix`, `file:///folder` or `table://host/schema.name`; undefined while it is not known. */
  readonly to: string | undefined;
  /** Key prefix in the bucket; "" for all of it. */
  readonly prefix: string;
  /** Undefined: the bucket is none of this stack, or the archive is in no bucket. */
  readonly bucket: BucketOfStack | undefined;
}

/** Returns buckets of the component ArchiveBucket, and those that a window of the stack archives into. */
export function listArchiveBuckets(resources: readonly StackResource[]): BucketOfStack[] {
  const used = new Set(listArchiveUses(resources).map(({ bucket }) => bucket?.name));
  return listBuckets(resources).filter((bucket) => {
    return bucket.reader !== undefined || bucket.made?.parentType === COMPONENT || used.has(bucket.name);
  });
}

/** Returns every window of the stack that archives. */
export function listArchiveUses(resources: readonly StackResource[]): ArchiveUse[] {
  const buckets = listBuckets(resources);
  return resources
    .filter(({ type, values }) => type === WINDOW_TYPE && values["onExpire"] === "archive")
    .map((window) => {
      const to = formatPlace(readRecord(window.values["archive"]));
      const [, name, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(to ?? "") ?? [];
      const sources = window.sources["archive"] ?? [];
      // A name that is not known yet comes from a resource, which the engine names.
      const bucket = buckets.find((one) =>
        to === undefined ? one.made && sources.includes(one.made.urn) : one.name === name,
      );
      return { window, to, prefix: prefix ?? "", bucket };
    });
}

function listBuckets(resources: readonly StackResource[]): BucketOfStack[] {
  const made = resources.filter(({ type }) => AWS.bucket.includes(type));
  const readers = resources.filter(
    ({ type, values }) => type === COMPONENT && readRecord(values["settings"]) !== undefined,
  );
  return [
    ...made.map((bucket) => ({
      name: getBucketName(bucket) ?? bucket.name,
      made: bucket,
      settings: (setting: BucketSetting) =>
        resources.filter((one) => AWS[setting].includes(one.type) && isSetFor(one, bucket)),
    })),
    ...readers.map((reader) => ({
      name: getBucketName(reader) ?? reader.name,
      made: undefined,
      reader,
      settings: () => [],
    })),
  ];
}

function isSetFor(setting: StackResource, bucket: StackResource): boolean {
  const name = getBucketName(setting);
  return name === undefined ? (setting.sources["bucket"] ?? []).includes(bucket.urn) : name === getBucketName(bucket);
}

function getBucketName({ values }: StackResource): string | undefined {
  return readText(values["bucket"]);
}

function listTypes(name: string): string[] {
  return [`aws:s3/bucket${name}:Bucket${name}`, `aws:s3/bucket${name}V2:Bucket${name}V2`];
}

/** Returns the settings of the bucket in this stack. */
export function getBucketFacts(bucket: BucketOfStack): BucketFacts {
  // As the component wrote it: it has the result of readBucketFacts.
  if (bucket.reader) return bucket.reader.values["settings"] as BucketFacts;
  return readBucketFacts(
    Object.fromEntries(BUCKET_SETTINGS.map((setting) => [setting, bucket.settings(setting)[0]?.values])),
  );
}

/** Properties that express each setting; AWS adds others that no preview knows. */
const SAYS: Readonly<Record<BucketSetting, readonly string[]>> = {
  versioning: ["versioningConfiguration"],
  encryption: ["rules"],
  publicAccess: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
  ownership: ["rule"],
  policy: ["policy"],
  lock: ["rule"],
  lifecycle: ["rules"],
  logging: ["targetBucket"],
};

/** Returns settings that the program excludes from the checks. */
export function listUnchecked({ reader }: BucketOfStack): readonly unknown[] {
  const unchecked = reader?.values["unchecked"];
  return Array.isArray(unchecked) ? unchecked : [];
}

/** Returns true if a setting is created in this stack and known only in the update, as the policy of a new bucket. */
export function isSettingUnknown(bucket: BucketOfStack, setting: BucketSetting): boolean {
  return bucket.settings(setting).some(({ unknown }) => SAYS[setting].some((property) => unknown.includes(property)));
}
