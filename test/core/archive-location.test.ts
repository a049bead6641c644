import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLocation, parseLocation } from "../../core/store/location";
import {
  checkStoreSettings,
  requireStoreSettings,
  type StoreSettings,
} from "../../core/declare/archive/store-settings";
import { InvalidSpecError, type Problem } from "../../core/problems/problem";

const read = (text: string) => {
  const problems: Problem[] = [];
  return { location: parseLocation(text, "to", problems), problems };
};

describe("the place of an archive", () => {
  test.each([
    ["s3://my-bucket", { kind: "s3", bucket: "my-bucket", prefix: "" }],
    ["s3://my-bucket/", { kind: "s3", bucket: "my-bucket", prefix: "" }],
    ["s3://my.bucket-1/a/b=c d/", { kind: "s3", bucket: "my.bucket-1", prefix: "a/b=c d" }],
    ["file:///var/archive/", { kind: "file", directory: "/var/archive" }],
    ["file:///var/my%20archive%25", { kind: "file", directory: "/var/my archive%" }],
    ["file:///var/my archive", { kind: "file", directory: "/var/my archive" }],
  ])("%s is read", (text, location) => expect(read(text)).toEqual({ location, problems: [] }));

  test.each([
    ["", /is not a store for archives/],
    ["bucket/prefix", /"bucket\/prefix" is not a store for archives/],
    ["https://bucket.s3.amazonaws.com/x", /is not a store for archives/],
    ["S3://bucket", /is not a store for archives/],
    ["s3:/bucket", /is not a store for archives/],
    ["s3://", /"" is not the name of a bucket/],
    ["s3://My_Bucket/x", /"My_Bucket" is not the name of a bucket.*lower-case/],
    ["s3://ab", /not the name/],
    ["s3://a..b", /not the name/],
    ["s3://-abc", /not the name/],
    ["s3://192.168.0.1", /not the name/],
    ["s3://bucket//x", /an empty folder/],
    ["s3://bucket/a/../b", /"\." or "\.\." in it/],
    ["s3://bucket/..", /"\." or "\.\." in it/],
    ["s3://bucket/./a", /"\." or "\.\." in it/],
    ["s3://bucket/a%2fb", /a % in its prefix/],
    ["s3://bucket/%2e%2e/b", /a % in its prefix/],
    ["s3://bucket/a\\b", /a backslash/],
    ["s3://bucket/a\nb", /a backslash or a control character/],
    ["s3://bucket/a?versionId=1", /a query/],
    ["s3://bucket/a#b", /a query or a fragment/],
    ["file://host/dir", /names a host/],
    ["file://dir", /names a host or a relative path/],
    ["file:///", /root of the file system/],
    ["file:////", /root of the file system/],
    ["file:///a//b", /an empty folder/],
    ["file:///a/../b", /"\.\."/],
    ["file:///a/%2e%2e/b", /"\.\."/],
    ["file:///a%2f..%2fb", /hides a slash/],
    ["file:///a%5cb", /hides a slash, a backslash/],
    ["file:///a%00", /or NUL/],
    ["file:///a%zz", /a % that no two digits follow/],
  ])("H03 %j is refused with the fix", (text, message) => {
    const { location, problems } = read(text);
    expect(location).toBeUndefined();
    expect(problems.map((problem) => `${problem.path} ${problem.message} ${problem.fix}`).join("\n")).toMatch(message);
  });

  test.each(["s3://AKIAIOSFODNN7:canary/secret@bucket/x", "s3://AKIA:canary@bucket", "x://AKIA:canary@bucket"])(
    "H06 credentials in %j are refused and not repeated",
    (text) => {
      const { location, problems } = read(text);
      expect(location).toBeUndefined();
      expect(JSON.stringify(problems)).not.toContain("AKIA");
      expect(JSON.stringify(problems)).not.toContain("canary@");
    },
  );

  const folder = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((part) => !/^\.\.?$|[/\\\p{Cc}\p{Surrogate}]/u.test(part));

  test("a directory that is written as a URL is read as the same", () =>
    fc.assert(
      fc.property(fc.array(folder, { minLength: 1, maxLength: 4 }), (parts) => {
        const location = { kind: "file", directory: `/${parts.join("/")}` } as const;
        expect(read(formatLocation(location))).toEqual({ location, problems: [] });
      }),
    ));

  test("a prefix that is read remains below the bucket, and is written as it was", () =>
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (prefix) => {
        const { location } = read(`s3://bucket/${prefix}`);
        if (location?.kind !== "s3") return;
        expect(location.prefix.split("/")).not.toContain("..");
        expect(read(formatLocation(location)).location).toEqual(location);
      }),
    ));
});

describe("settings of a store", () => {
  const S3: StoreSettings = { to: "s3://bucket/prefix" };
  const problems = (settings: StoreSettings): string[] => {
    const found: Problem[] = [];
    checkStoreSettings(settings, "archive", found);
    return found.map(({ path, message }) => `${path}: ${message}`);
  };

  test("are taken where each fits the other", () => {
    expect(
      problems({
        ...S3,
        region: "eu-central-1",
        endpoint: "https://minio.example.com:9000",
        pathStyle: false,
        kmsKey: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        storageClass: "GLACIER_IR",
        objectLock: { mode: "compliance", for: "7 years" },
      }),
    ).toEqual([]);
    expect(problems({ ...S3, endpoint: "http://[::1]:7070/", kmsKey: "alias/archive" })).toEqual([]);
    expect(problems({ to: "file:///archive" })).toEqual([]);
  });

  test("of S3 are refused for a directory, each by its name", () => {
    const settings: StoreSettings = {
      to: "file:///archive",
      region: "eu-central-1",
      pathStyle: true,
      storageClass: "GLACIER",
    };
    expect(problems(settings)).toEqual(
      ["region", "pathStyle", "storageClass"].map((name) => `archive.${name}: a directory has no such setting.`),
    );
  });

  test.each<[string, Partial<StoreSettings>, string]>([
    ["a region with blanks", { region: "EU Central" }, 'archive.region: "EU Central" is not a region.'],
    ["an endpoint without scheme", { endpoint: "minio:9000" }, "archive.endpoint: it is no address of a store."],
    ["an endpoint with a path", { endpoint: "https://minio/x" }, "archive.endpoint: it is no address of a store."],
    ["a key with blanks", { kmsKey: "my key" }, "archive.kmsKey: it is no ARN, id or alias of a key."],
    [
      "a lock of hours",
      { objectLock: { mode: "governance", for: "12 hours" } },
      'archive.objectLock.for: "12 hours" is not a length of days.',
    ],
  ])("refuse %s", (_, more, problem) => expect(problems({ ...S3, ...more })).toEqual([problem]));

  test("refuse a password in the endpoint, and do not repeat it", () =>
    expect(problems({ ...S3, endpoint: "https://admin:canary@minio" })).toEqual([
      "archive.endpoint: it has a user or a password before the @.",
    ]));

  test("of any shape are read whole, with every problem at once", () => {
    const read = (value: unknown) => {
      try {
        return requireStoreSettings(value, "the archive").location;
      } catch (error) {
        if (error instanceof InvalidSpecError) return error.problems.map(({ path }) => path);
        throw error;
      }
    };
    expect(read(S3)).toEqual({ kind: "s3", bucket: "bucket", prefix: "prefix" });
    expect(read({ ...S3, storageClass: "COLD", secretKey: "x" })).toEqual(["storageClass", "secretKey"]);
    expect(read({})).toEqual(["to"]);
    expect(read({ to: "s3://B", region: "!", objectLock: { mode: "governance", for: "x" } })).toEqual([
      "to",
      "region",
      "objectLock.for",
    ]);
  });
});
