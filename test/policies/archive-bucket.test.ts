import { beforeAll, describe, expect, it } from "vitest";
import { readBucketFacts } from "../../core/archive/bucket/bucket-facts";
import { WINDOW_TYPE } from "../../policies/rules/support/rule";
import { environmentConfig, type StackPart, withAnalyzer } from "./analyzer";
import { audit, UNKNOWN } from "./properties";

const analyzer = withAnalyzer();

beforeAll(() => analyzer.configure({}));

const NAME = "company-archive";
const parent = "pgpartition:index:ArchiveBucket";

const bucket: StackPart = {
  type: "aws:s3/bucket:Bucket",
  name: "archive",
  parent,
  protect: true,
  properties: { bucket: NAME, arn: `arn:aws:s3:::${NAME}` },
};

const part = (setting: string, properties: object): StackPart => ({
  type: `aws:s3/bucket${setting}:Bucket${setting}`,
  name: `archive-${setting}`,
  parent,
  properties: { bucket: NAME, ...properties },
});

const closed = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};
const denial = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const aborts = {
  status: "Enabled",
  filter: { prefix: "" },
  abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
};
const encrypted = (algorithm: string) => ({
  rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: algorithm } }],
});

/** What ArchiveBucket makes, by setting; a test breaks one. */
const good: Readonly<Record<string, object>> = {
  Versioning: { versioningConfiguration: { status: "Enabled" } },
  ServerSideEncryptionConfiguration: encrypted("AES256"),
  PublicAccessBlock: closed,
  OwnershipControls: { rule: { objectOwnership: "BucketOwnerEnforced" } },
  Policy: { policy: JSON.stringify({ Statement: [denial] }) },
  LifecycleConfiguration: { rules: [aborts] },
};

/** The same as ArchiveBucket reads it of a bucket that is there. */
const read = readBucketFacts({
  versioning: good["Versioning"],
  encryption: good["ServerSideEncryptionConfiguration"],
  publicAccess: good["PublicAccessBlock"],
  ownership: good["OwnershipControls"],
  policy: good["Policy"],
  lifecycle: good["LifecycleConfiguration"],
});

const stack = (changes: Readonly<Record<string, object | undefined>> = {}, made: StackPart[] = [bucket]) => [
  ...made,
  ...Object.entries({ ...good, ...changes }).flatMap(([setting, properties]) =>
    properties ? [part(setting, properties)] : [],
  ),
];

const found = async (resources: readonly StackPart[]) =>
  (await analyzer.analyzeStack(resources)).map(({ policy, level, message }) => {
    const [, ...text] = message.split("\n");
    return `${level} ${policy}: ${text.join(" ")}`;
  });

const window = (to: string, changes: object = {}): StackPart => ({
  type: WINDOW_TYPE,
  name: "audit-window",
  properties: { ...audit({ onExpire: "archive", archive: { to } } as never), ...changes },
});

describe("a bucket of archives", () => {
  it("is accepted as ArchiveBucket creates it, and so is a stack without one", async () => {
    expect(await found(stack())).toEqual([]);
    expect(await found([])).toEqual([]);
  });

  it.each<[string, string, object | undefined]>([
    ["versioning is off", "Versioning", { versioningConfiguration: { status: "Suspended" } }],
    ["versioning is off", "Versioning", undefined],
    ["no encryption is set", "ServerSideEncryptionConfiguration", undefined],
    ["public access is not blocked", "PublicAccessBlock", { ...closed, ignorePublicAcls: false }],
    [
      "objects belong to who writes them (ObjectWriter)",
      "OwnershipControls",
      { rule: { objectOwnership: "ObjectWriter" } },
    ],
    ["its policy lets in who comes without TLS", "Policy", undefined],
    [
      "its policy lets in who comes without TLS",
      "Policy",
      { policy: JSON.stringify({ Statement: { ...denial, Action: "s3:PutObject" } }) },
    ],
    [
      "its policy lets in who comes without TLS",
      "Policy",
      { policy: JSON.stringify({ Statement: [{ ...denial, Principal: { AWS: "arn:aws:iam::1:root" } }] }) },
    ],
    ["parts of unfinished uploads are not removed within 31 days", "LifecycleConfiguration", undefined],
    [
      "parts of unfinished uploads are not removed within 31 days",
      "LifecycleConfiguration",
      { rules: [{ ...aborts, status: "Disabled" }] },
    ],
    [
      "parts of unfinished uploads are not removed within 31 days",
      "LifecycleConfiguration",
      { rules: [{ ...aborts, filter: { prefix: "tmp/" } }] },
    ],
  ])("is refused where %s", async (words, setting, properties) => {
    expect(await found(stack({ [setting]: properties }))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^mandatory archive-bucket-baseline: bucket "${NAME}": ${words.replace(/[()]/g, "\\$&")}\\. ` +
            "Change the bucket in the program, or archive-bucket-baseline\\.\\w+ in the policy configuration\\.$",
        ),
      ),
    ]);
  });

  it("is protected, unless another stack owns it and this one only reads its settings", async () => {
    expect(await found(stack({}, [{ ...bucket, protect: false }]))).toEqual([
      expect.stringContaining(`bucket "${NAME}": it is not protected.`),
    ]);
    const component = (changes: object, unchecked: string[] = []): StackPart => ({
      type: parent,
      name: "archive",
      properties: { bucket: NAME, settings: { ...read, ...changes }, unchecked },
    });
    expect(await found([component({})])).toEqual([]);
    expect(await found([component({ versioning: false })])).toEqual([expect.stringContaining("versioning is off")]);
    expect(await found([component({ versioning: false }, ["versioning"])])).toEqual([
      expect.stringContaining("its versioning is in existing.unchecked"),
    ]);
    expect(await found([component({}), window(`s3://${NAME}/postgres`)])).toEqual([]);
  });

  it("is as strict as the environment asks", async () => {
    await analyzer.configure({
      "archive-bucket-baseline": {
        encryption: "kms",
        objectLock: "compliance",
        objectLockFor: "1 year",
        accessLogs: true,
      },
    });
    const messages = await found(stack());
    expect(messages.map((message) => message.split(`"${NAME}": `)[1]?.split(". ")[0])).toEqual([
      "objects are encrypted by AES256, and not by a key of KMS",
      "Object Lock is not set, and must be at least compliance for 366 days",
      "access to it is not logged",
    ]);
    const lock = (mode: string, days: number) => ({ rule: { defaultRetention: { mode, days } } });
    const strict = {
      ServerSideEncryptionConfiguration: encrypted("aws:kms"),
      Logging: { targetBucket: "logs" },
    };
    expect(await found(stack({ ...strict, ObjectLockConfiguration: lock("COMPLIANCE", 366) }))).toEqual([]);
    expect(await found(stack({ ...strict, ObjectLockConfiguration: lock("GOVERNANCE", 366) }))).toHaveLength(1);
    expect(await found(stack({ ...strict, ObjectLockConfiguration: lock("COMPLIANCE", 365) }))).toHaveLength(1);
    await analyzer.configure({});
  });

  it("is identified by the source of its settings, as long as its name is unknown", async () => {
    const unnamed = { ...bucket, properties: { bucket: UNKNOWN, arn: UNKNOWN } };
    const settings = (changes: Readonly<Record<string, object | undefined>>) =>
      stack(changes, []).map((one) => ({
        ...one,
        properties: { ...one.properties, bucket: UNKNOWN },
        from: { bucket: unnamed },
      }));
    // The policy names the ARN: it is judged in the update, when there is one.
    expect(await found([unnamed, ...settings({ Policy: { policy: UNKNOWN } })])).toEqual([]);
    expect(await found([unnamed, ...settings({ Versioning: undefined })])).toEqual([
      expect.stringContaining('bucket "archive": versioning is off.'),
    ]);
  });

  it("that no component created is judged when a table archives into it", async () => {
    const plain = stack({ Versioning: undefined }).map(({ parent: _component, ...one }) => one);
    expect(await found(plain)).toEqual([]);
    expect(await found([...plain, window("s3://another/x")])).toEqual([
      expect.stringContaining('bucket "another": it has an archive, and nothing in this stack sets it up'),
    ]);
    expect(await found([...plain, window(`s3://${NAME}/postgres`)])).toEqual([
      expect.stringContaining("versioning is off"),
    ]);
    await analyzer.configure({ "archive-bucket-baseline": { elsewhere: ["another"] } });
    expect(await found([window("s3://another/x"), window("file:///var/archive")])).toEqual([]);
    await analyzer.configure({});
  });
});

describe("table and archive together", () => {
  const limits = (minimum: object, maximum: object = {}) =>
    analyzer.configure({ "archive-retention-consistent": { minimum, maximum } });
  const expiring = (expiration: object, filter: object = { prefix: "" }) => ({
    LifecycleConfiguration: { rules: [aborts, { status: "Enabled", filter, ...expiration }] },
  });
  const sixYears = { expiration: { days: 6 * 365 } };
  const to = `s3://${NAME}/postgres`;

  it("keep rows for as long as their class asks: 12 months in the table, the rest in the bucket", async () => {
    await limits({ audit: "7 years" });
    expect(await found([...stack(), window(to)])).toEqual([]);
    expect(await found([...stack(expiring({ expiration: { days: 6 * 365 + 2 } })), window(to)])).toEqual([]);
    expect(await found([...stack(expiring({ expiration: { days: 6 * 365 } })), window(to)])).toEqual([
      'mandatory archive-retention-consistent: public.audit_logs_partitioned: table and archive lose rows after "12 months" and 2190 days; ' +
        'data of class "audit" is retained for at least "7 years". Change the bucket or window.retention in the program, or ' +
        "archive-retention-consistent.minimum.audit in the policy configuration.",
    ]);
  });

  it("do not lose a version that was overwritten before that, unless a lock keeps it", async () => {
    await limits({ audit: "7 years" });
    const versions = expiring({ noncurrentVersionExpiration: { noncurrentDays: 30 } });
    expect(await found([...stack(versions), window(to)])).toHaveLength(1);
    const lock = { ObjectLockConfiguration: { rule: { defaultRetention: { mode: "COMPLIANCE", years: 7 } } } };
    expect(await found([...stack({ ...versions, ...lock }), window(to)])).toEqual([]);
  });

  it("are judged by the rules of the lifecycle that reach the archive", async () => {
    await limits({ audit: "7 years" });
    const reach = async (prefix: string) =>
      (await found([...stack(expiring({ expiration: { days: 1 } }, { prefix })), window(to)])).length;
    expect(await reach("postgres/")).toBe(1);
    expect(await reach("post")).toBe(1);
    expect(await reach("postgres/app/")).toBe(1);
    expect(await reach("other/")).toBe(0);
  });

  it("keep rows for ever where the archive is a table, in which nothing expires", async () => {
    const rows = { table: { schema: "archive", name: "logs" }, verify: "readBack" };
    const intoTable = window(to, { archive: rows });
    await limits({ audit: "7 years" });
    expect(await found([intoTable])).toEqual([]);
    await limits({}, { audit: "7 years" });
    expect(await found([intoTable])).toEqual([expect.stringContaining("table and archive retain rows for ever;")]);
  });

  it("keep nothing for longer than its class allows: hidden versions and locks count", async () => {
    await limits({}, { audit: "7 years" });
    expect(await found([...stack(), window(to)])).toEqual([
      expect.stringContaining('retain rows for ever; data of class "audit" is retained for at most "7 years".'),
    ]);
    const gone = (noncurrentDays?: number) =>
      expiring({ ...sixYears, ...(noncurrentDays ? { noncurrentVersionExpiration: { noncurrentDays } } : {}) });
    expect(await found([...stack(gone()), window(to)])).toHaveLength(1);
    expect(await found([...stack(gone(1)), window(to)])).toEqual([]);
    expect(await found([...stack(gone(365)), window(to)])).toHaveLength(1);
    const lock = { ObjectLockConfiguration: { rule: { defaultRetention: { mode: "COMPLIANCE", days: 2900 } } } };
    expect(await found([...stack({ ...gone(1), ...lock }), window(to)])).toHaveLength(1);
  });

  it("are reported as unknown if the archive is in no bucket of the stack", async () => {
    await limits({ audit: "7 years" });
    await analyzer.configure({
      "archive-retention-consistent": { minimum: { audit: "7 years" } },
      "archive-bucket-baseline": { elsewhere: ["another"] },
    });
    for (const place of ["file:///var/archive", "s3://another/x"])
      expect(await found([window(place)])).toEqual([expect.stringContaining(`its archive (${place}) is in no bucket`)]);
    await analyzer.configure({});
  });
});

it("in prod the bucket of an ArchiveBucket without arguments is not enough, on a laptop it is", async () => {
  await analyzer.configure(environmentConfig("prod"));
  expect((await found(stack())).every((message) => message.startsWith("mandatory archive-bucket-baseline"))).toBe(true);
  expect(await found(stack())).toHaveLength(3);
  await analyzer.configure(environmentConfig("dev"));
  expect(await found(stack({ Versioning: undefined }))).toEqual([
    expect.stringMatching(/^advisory .*versioning is off/),
  ]);
  await analyzer.configure({});
});
