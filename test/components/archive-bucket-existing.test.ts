import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArchiveBucket, type ArchiveBucketArgs } from "../../components";
import { checkBucket } from "../../components/archive-bucket-existing";
import { requireArchiveBucket } from "../../core/archive/bucket/bucket";
import { type Registered, recording, settled, valueOf } from "./support";

const NAME = "company-archive";
const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
const denial = {
  Effect: "Deny",
  Principal: { AWS: ["*"] },
  Action: ["s3:*"],
  Condition: { Bool: { "aws:SecureTransport": false } },
};

/** What AWS says of a bucket that is fit; a test changes one thing. */
const fit: Readonly<Record<string, Record<string, unknown>>> = {
  BucketVersioning: { versioningConfiguration: { status: "Enabled", mfaDelete: "" } },
  BucketServerSideEncryptionConfiguration: {
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn:key" } }],
  },
  BucketPublicAccessBlock: closed,
  BucketOwnershipControls: { rule: { objectOwnership: "BucketOwnerEnforced" } },
  BucketPolicy: { policy: JSON.stringify({ Statement: [denial] }) },
  BucketObjectLockConfiguration: { rule: { defaultRetention: { mode: "COMPLIANCE", days: 0, years: 8 } } },
  BucketLifecycleConfiguration: {
    rules: [
      {
        status: "Enabled",
        filter: { prefix: "", objectSizeGreaterThan: 0, objectSizeLessThan: 0 },
        expiration: { days: 0 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 3 },
      },
    ],
  },
  BucketLogging: { targetBucket: "logs" },
};

let registered: Registered[];
let read: string[];
beforeEach(() => {
  registered = recording();
  read = [];
});
afterEach(settled);

const short = (type: string): string => type.split(":").at(-1) ?? "";

/** AWS says what is fit, and beside it what `found` says. */
const answering = (found: Readonly<Record<string, Record<string, unknown>>>): void => {
  void pulumi.runtime.setMocks({
    newResource: ({ name, type, inputs, id }) => {
      if (id) read.push(`${short(type)} ${id}`);
      return { id: id ?? name, state: { ...inputs, ...fit[short(type)], ...found[short(type)], arn: `arn:${name}` } };
    },
    call: ({ inputs }) => ({ ...inputs, arn: `arn:aws:s3:::${NAME}` }),
  });
};

const existing = (args: ArchiveBucketArgs = {}): ArchiveBucket => {
  answering({});
  return new ArchiveBucket("archive", { existing: { bucket: NAME }, ...args });
};

/** What is wrong with the bucket, one line each. The component ends the program with them. */
const problems = (
  args: ArchiveBucketArgs = {},
  found: Readonly<Record<string, Record<string, unknown>>> = {},
): Promise<string[]> => {
  answering(found);
  const settings = requireArchiveBucket(args, "archive");
  return valueOf(checkBucket(aws, "archive", args.existing ?? { bucket: NAME }, settings, args, {}).problems);
};

test("is read, and nothing of it is created but the archiver's policy", async () => {
  const bucket = existing({ prefix: "postgres" });
  expect(await valueOf(bucket.url)).toBe(`s3://${NAME}/postgres`);
  expect(await valueOf(bucket.arn)).toBe(`arn:aws:s3:::${NAME}`);
  await settled();
  expect(registered.map(({ type }) => short(type)).sort()).toEqual(["ArchiveBucket", "Policy"]);
  expect(registered.find(({ type }) => type.endsWith(":Policy"))?.inputs["policy"]).toContain(
    `arn:aws:s3:::${NAME}/postgres/*`,
  );
  expect(read.sort()).toEqual(
    [
      "BucketLifecycleConfiguration",
      "BucketOwnershipControls",
      "BucketPolicy",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "BucketVersioning",
    ].map((type) => `${type} ${NAME}`),
  );
});

test("is read for lock and logs where they are declared", async () => {
  const lock = { mode: "compliance" as const, for: "7 years" as const };
  expect(await problems({ objectLock: lock, accessLogs: { bucket: "logs" }, kmsKeyArn: "arn:key" })).toEqual([]);
  expect(read).toHaveLength(8);
});

test("that a setting cannot be read of is checked for the others", async () => {
  const unchecked = await problems(
    { existing: { bucket: NAME, unchecked: ["versioning", "policy"] } },
    { BucketVersioning: { versioningConfiguration: { status: "Suspended" } } },
  );
  expect(unchecked).toEqual([]);
  await settled();
  expect(read).toHaveLength(4);
});

const expiring = {
  BucketLifecycleConfiguration: { rules: [{ status: "Enabled", filter: { prefix: "" }, expiration: { days: 30 } }] },
};
test.each<[string, ArchiveBucketArgs, Record<string, Record<string, unknown>>, string[]]>([
  [
    "without versions",
    {},
    { BucketVersioning: { versioningConfiguration: { status: "Suspended" } } },
    ["versioning is off (versioning)"],
  ],
  [
    "with another key",
    { kmsKeyArn: "arn:other" },
    {},
    ["objects are encrypted with arn:key, and not with arn:other (encryption)"],
  ],
  [
    "with a weaker lock",
    { objectLock: { mode: "compliance", for: "9 years" } },
    {},
    ["Object Lock is compliance for 2920 days, and must be at least compliance for 3294 days (lock)"],
  ],
  [
    "whose objects end before the law allows, and whose uploads stay",
    { legalMinimum: "7 years" },
    expiring,
    [
      "parts of unfinished uploads are not removed within 7 days (lifecycle)",
      "objects expire after 30 days, and must be retained for 2562 (lifecycle)",
    ],
  ],
  [
    "open to all",
    {},
    { BucketPublicAccessBlock: { blockPublicAcls: false } },
    ["public access is not blocked (publicAccess)"],
  ],
  ["open to plain HTTP", {}, { BucketPolicy: { policy: "{}" } }, ["its policy lets in who comes without TLS (policy)"]],
])("stops the update %s", async (_what, args, found, expected) => {
  expect(await problems(args, found)).toEqual(expected);
});

test("is its owner's to set up", () => {
  expect(() => existing({ expireAfter: "7 years", bucketName: "other", storage: [] })).toThrow(
    /bucketName: a bucket that exists is its owner's[\s\S]*expireAfter[\s\S]*storage/,
  );
});
