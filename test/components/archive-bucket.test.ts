import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArchiveBucket, type ArchiveBucketArgs } from "../../components";
import { type Registered, recording, settled, valueOf } from "./support";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
  // What AWS makes up, so that the policies have an ARN to name.
  void pulumi.runtime.setMocks({
    newResource: ({ name, type, inputs }) => {
      const given = inputs as Record<string, unknown>;
      const bucket = typeof given["bucket"] === "string" ? given["bucket"] : name;
      return { id: name, state: { ...given, bucket, arn: `arn:${type}/${bucket}` } };
    },
    call: ({ inputs }) => inputs as Record<string, unknown>,
  });
});
afterEach(settled);

const made = async (args: ArchiveBucketArgs, opts?: pulumi.ComponentResourceOptions) => {
  const component = new ArchiveBucket("archive", args, opts);
  await settled();
  const types = new Map(registered.map((one) => [one.type.split(":").at(-1) ?? "", one]));
  return { component, inputs: (type: string) => types.get(type)?.inputs, types };
};

test("is versioned, encrypted, closed to the public and to plain HTTP, and owned by its account", async () => {
  const { inputs } = await made({});
  expect(inputs("BucketVersioning")).toMatchObject({ versioningConfiguration: { status: "Enabled" } });
  expect(inputs("BucketServerSideEncryptionConfiguration")).toMatchObject({
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  expect(inputs("BucketPublicAccessBlock")).toMatchObject({
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  expect(inputs("BucketOwnershipControls")).toMatchObject({ rule: { objectOwnership: "BucketOwnerEnforced" } });
  expect(inputs("BucketPolicy")?.["policy"]).toContain('"aws:SecureTransport":"false"');
  expect(inputs("BucketLifecycleConfiguration")?.["rules"]).toEqual([
    {
      id: "unfinished-uploads",
      status: "Enabled",
      filter: { prefix: "" },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
  ]);
});

test("locks, moves and expires as declared, with the days of the declaration", async () => {
  const { inputs } = await made({
    bucketName: "orders-archive",
    prefix: "pg",
    legalMinimum: "7 years",
    expireAfter: "10 years",
    objectLock: { mode: "compliance", for: "7 years" },
    storage: [{ after: "90 days", class: "GLACIER_IR" }],
    kmsKeyArn: "arn:aws:kms:eu-central-1:1:key/2",
    accessLogs: { bucket: "logs" },
  });
  expect(inputs("Bucket")).toMatchObject({ bucket: "orders-archive", objectLockEnabled: true });
  expect(inputs("BucketObjectLockConfiguration")).toMatchObject({
    rule: { defaultRetention: { mode: "COMPLIANCE", days: 7 * 366 } },
  });
  expect(inputs("BucketServerSideEncryptionConfiguration")).toMatchObject({
    rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" }, bucketKeyEnabled: true }],
  });
  expect(inputs("BucketLogging")).toMatchObject({ targetBucket: "logs", targetPrefix: "archive/" });
  expect(inputs("BucketLifecycleConfiguration")?.["rules"]).toContainEqual({
    id: "archive",
    status: "Enabled",
    filter: { prefix: "pg/" },
    transitions: [{ days: 90, storageClass: "GLACIER_IR" }],
    expiration: { days: 3660 },
    noncurrentVersionExpiration: { noncurrentDays: 3660 },
  });
  expect(inputs("Policy")?.["policy"]).toContain("arn:aws:kms:eu-central-1:1:key/2");
});

test("is protected unless the program says otherwise, and its parts are its children", async () => {
  const { types, component } = await made({});
  expect(types.get("Bucket")?.protect).toBe(true);
  const own = registered.filter((one) => one.type.startsWith("aws:"));
  expect(own.length).toBeGreaterThanOrEqual(8);
  for (const one of own) expect(one.parent).toContain("pgpartition:index:ArchiveBucket::archive");
  expect(await valueOf(component.url)).toBe("s3://archive");
  expect(await valueOf(component.archiverPolicyArn)).toContain("arn:aws:iam/policy:Policy/");
  registered = recording();
  new ArchiveBucket("other", { protect: false });
  await settled();
  expect(registered.find((one) => one.type.endsWith(":Bucket"))?.protect).toBe(false);
});

test("refuses what would end before the law allows, before anything is asked for", () => {
  expect(() => new ArchiveBucket("archive", { legalMinimum: "7 years", expireAfter: "1 year" })).toThrow(
    /archive bucket "archive".*legal minimum/s,
  );
  expect(registered.filter((one) => one.type.startsWith("aws:"))).toEqual([]);
});
