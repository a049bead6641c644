import { describe, expect, test } from "vitest";
import { requireArchiveBucket } from "../../../core/archive/bucket/bucket";
import type { ArchiveBucketSettingsArgs } from "../../../core/declare/archive/bucket-args";
import { buildArchiverPolicy, buildTlsOnlyPolicy } from "../../../core/archive/bucket/bucket-policies";
import { InvalidSpecError } from "../../../core/problems/problem";

const read = (args: ArchiveBucketSettingsArgs) => requireArchiveBucket(args, "bucket");
const problems = (args: ArchiveBucketSettingsArgs): string[] => {
  try {
    read(args);
    return [];
  } catch (error) {
    if (error instanceof InvalidSpecError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
};

describe("settings of an archive's bucket", () => {
  test("count days so that nothing ends too soon", () => {
    expect(read({ expireAfter: "7 years", objectLock: { mode: "compliance", for: "84 months" } })).toMatchObject({
      expireDays: 7 * 366,
      lock: { mode: "COMPLIANCE", days: 7 * 366 },
    });
    expect(read({ expireAfter: "14 months", abortUploadsAfter: "2 quarters" })).toMatchObject({
      expireDays: 366 + 2 * 31,
      abortUploadDays: 6 * 31,
    });
  });

  test("have a folder that ends in a slash, and give unfinished uploads a week", () => {
    expect(read({ prefix: "archive/orders" })).toMatchObject({ prefix: "archive/orders/", abortUploadDays: 7 });
    expect(read({})).toMatchObject({ prefix: "", expireDays: undefined, storage: [] });
  });

  test("keep hidden versions as long as objects, unless a time is declared", () => {
    expect(read({ expireAfter: "1 year" })).toMatchObject({ versionDays: 366 });
    expect(read({ expireAfter: "1 year", keepVersionsFor: "30 days" })).toMatchObject({ versionDays: 30 });
    expect(read({}).versionDays).toBeUndefined();
    const locked = { mode: "governance" as const, for: "7 years" as const };
    expect(read({ legalMinimum: "7 years", keepVersionsFor: "1 day", objectLock: locked })).toMatchObject({
      versionDays: 1,
    });
  });

  test.each<[string, ArchiveBucketSettingsArgs, string]>([
    [
      "an overwritten version that is lost too soon",
      { legalMinimum: "7 years", keepVersionsFor: "30 days" },
      "keepVersionsFor: an object that was overwritten would be lost after 30 days; the legal minimum is 2562.",
    ],
    [
      "an end before the legal minimum",
      { legalMinimum: "7 years", expireAfter: "6 years" },
      "expireAfter: objects would be deleted after 2196 days; the legal minimum is 2562.",
    ],
    [
      "an end before the lock's",
      { expireAfter: "30 days", objectLock: { mode: "governance", for: "31 days" } },
      "expireAfter: objects would expire after 30 days, and are locked for 31.",
    ],
    [
      "a step after the end",
      { expireAfter: "30 days", storage: [{ after: "30 days", class: "GLACIER" }] },
      "storage[0].after: GLACIER begins after 30 days, when objects have expired (30).",
    ],
    [
      "steps out of order",
      {
        storage: [
          { after: "90 days", class: "GLACIER" },
          { after: "30 days", class: "DEEP_ARCHIVE" },
        ],
      },
      "storage[1].after: DEEP_ARCHIVE begins after 30 days, GLACIER before it after 90.",
    ],
    ["a length of hours", { abortUploadsAfter: "12 hours" }, 'abortUploadsAfter: "12 hours" is not a length of days.'],
    ["a folder with a wildcard", { prefix: "archive/*" }, 'prefix: "archive/*" is not a folder.'],
  ])("refuse %s", (_, args, problem) => {
    expect(problems(args)).toEqual([problem]);
  });

  test("report all problems at once", () => {
    expect(problems({ prefix: "/a", expireAfter: "x" as never })).toHaveLength(2);
  });
});

describe("policies of an archive's bucket", () => {
  const arn = "arn:aws:s3:::archive";
  const actions = (args: ArchiveBucketSettingsArgs, key?: string) =>
    buildArchiverPolicy(arn, read(args), key).Statement.flatMap(
      (statement) => (statement as { Action: string[] }).Action,
    );

  test("let the archiver write and read below its folder, and delete or set nothing", () => {
    const policy = buildArchiverPolicy(arn, read({ prefix: "pg" }), undefined);
    expect(policy.Statement).toContainEqual(
      expect.objectContaining({ Sid: "Objects", Resource: "arn:aws:s3:::archive/pg/*" }),
    );
    expect(policy.Statement).toContainEqual(
      expect.objectContaining({ Action: "s3:ListBucket", Condition: { StringLike: { "s3:prefix": ["pg/*"] } } }),
    );
    const lock = { mode: "governance", for: "1 day" } as const;
    for (const action of actions({ objectLock: lock }, "arn:aws:kms:eu:1:key/2"))
      expect(action).toMatch(
        /^(s3:(Get|List)\w+|s3:PutObject|s3:PutObjectRetention|s3:AbortMultipartUpload|kms:(GenerateDataKey|Decrypt))$/,
      );
  });

  test("name lock and key only where there are any", () => {
    expect(actions({}).filter((action) => /Retention|kms/.test(action))).toEqual([]);
    expect(actions({}, "arn:aws:kms:eu:1:key/2")).toContain("kms:GenerateDataKey");
  });

  test("refuse requests without TLS, for bucket and objects", () => {
    expect(buildTlsOnlyPolicy(arn).Statement).toEqual([
      expect.objectContaining({
        Effect: "Deny",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    ]);
  });
});
