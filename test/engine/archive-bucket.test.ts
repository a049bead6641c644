import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { parseManifest } from "../../core/archive/manifest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { RunResult } from "../../tools/stand-ins/engine/run";
import { projectFile } from "../../tools/project-file";
import { withDatabase } from "../support/database";
import { testPluginFolder } from "../support/harness/bundle";
import { componentsFile, packedPackage } from "../support/harness/packed";
import { withProject } from "../support/pulumi";
import { buildStandIns, standInFolder } from "../support/stand-in/build";
import { readPolicy } from "../support/stand-in/iam";
import { withStandInStores } from "../support/stand-in/stores";

const BUCKET = "orders-archive";

const events: TableSpecArgs = {
  schema: "telemetry",
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "archive",
  grace: "none",
};

/** Archives go to the first bucket; the address of its store, which is not Amazon's here, the program has to say. */
const archive = (): object => ({ endpoint: stores.env["STAND_IN_OBJECTS"] });

// Several runs of the CLI in one test.
vi.setConfig({ testTimeout: 240_000 });

const database = withDatabase();
const stores = withStandInStores();
const project = withProject({
  "Pulumi.yaml": projectFile("bucket", {
    pgpartition: testPluginFolder,
    aws: standInFolder,
    postgresql: standInFolder,
  }),
  "package.json": JSON.stringify({ name: "bucket", main: "index.js" }),
});

/** What it reads stands in a file, the passwords in secrets of the stack. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { ArchiveBucket, PartitionedDatabase } = require(${JSON.stringify(componentsFile)});
const { buckets, events, archive, asOf, prerequisites, connection, admin } = require("./declared.json");
const config = new pulumi.Config();
const made = Object.entries(buckets).map(([name, args]) => new ArchiveBucket(name, args));
exports.urls = made.map((bucket) => bucket.url);
exports.policies = made.map((bucket) => bucket.archiverPolicyArn);
if (events)
  new PartitionedDatabase("db", {
    connection: { ...connection, password: config.requireSecret("password") },
    trustAsOf: true,
    asOf,
    tables: { events: { ...events, archive: { ...archive, to: made[0].url } } },
    prerequisites: {
      ...prerequisites,
      connection: { ...admin, password: config.requireSecret("adminPassword") },
      roles: { [prerequisites.reader]: { for: "read", password: config.requireSecret("readerPassword") } },
    },
  });
`;

const reader = `reader_${Math.random().toString(36).slice(2, 10)}`;
const READER_PASSWORD = "canary-of-the-reader";

/** Types of the policies are stripped and not checked, as `npm run pulumi` has it. */
const environment = (): NodeJS.ProcessEnv => ({ ...stores.env, TS_NODE_TRANSPILE_ONLY: "true" });

const run = async (...args: string[]): Promise<RunResult> => {
  const result = await project.runWith({ env: environment() }, ...args, "--stack", "test");
  if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${result.stdout}\n${result.stderr}`);
  return result;
};

const refused = async (...args: string[]): Promise<string> => {
  const result = await project.runWith({ env: environment() }, ...args, "--stack", "test");
  expect(result.code).not.toBe(0);
  return `${result.stdout}\n${result.stderr}`;
};

/** In May first; in June March has expired. */
let asOf = "2026-05-10T12:00:00Z";

const declare = (buckets: object, withDatabaseToo = true): void => {
  const address = { host: database.host, port: database.port, database: database.database, sslMode: "disable" };
  project.write({
    "index.js": PROGRAM,
    "declared.json": JSON.stringify({
      buckets,
      ...(withDatabaseToo ? { events, archive: archive(), asOf } : {}),
      prerequisites: {
        schemas: ["telemetry"],
        extensions: ["pg_trgm"],
        publications: { siem: { publish: ["insert"] } },
        reader,
      },
      connection: { ...address, user: database.user },
      admin: { ...address, user: database.superuser.user },
    }),
  });
};

beforeAll(async () => {
  await buildStandIns(["aws", "postgresql"]);
  await project.run("stack", "init", "test");
  const secrets = {
    password: database.password,
    adminPassword: database.superuser.password,
    readerPassword: READER_PASSWORD,
  };
  for (const [name, value] of Object.entries(secrets))
    await project.run("config", "set", "--secret", name, value, "--stack", "test");
}, 120_000);

const own = {
  bucketName: BUCKET,
  prefix: "postgres",
  protect: false,
  legalMinimum: "7 years",
  objectLock: { mode: "governance", for: "7 years" },
  storage: [{ after: "90 days", class: "GLACIER_IR" }],
};

describe("one update", () => {
  test("creates the bucket with its settings, what the table needs, and the table", async () => {
    declare({ archive: own });
    await run("preview");
    await run("up", "--yes", "--skip-preview");
    const { settings, objects } = stores;
    const Bucket = BUCKET;
    expect((await settings.getBucketVersioning({ Bucket })).Status).toBe("Enabled");
    expect((await settings.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
    ]);
    expect((await settings.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect((await settings.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules).toEqual([
      { ObjectOwnership: "BucketOwnerEnforced" },
    ]);
    expect((await settings.getBucketPolicy({ Bucket })).Policy).toContain('"aws:SecureTransport":"false"');
    expect((await settings.getBucketLifecycleConfiguration({ Bucket })).Rules).toMatchObject([
      { ID: "unfinished-uploads", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
      { ID: "archive", Filter: { Prefix: "postgres/" }, Transitions: [{ Days: 90, StorageClass: "GLACIER_IR" }] },
    ]);
    const locked = await objects.getObjectLockConfiguration({ Bucket });
    expect(locked.ObjectLockConfiguration?.Rule?.DefaultRetention).toMatchObject({ Mode: "GOVERNANCE", Days: 2562 });
  });

  test("gives the address that archives go to, and a policy that lets them go there and no further", async () => {
    const outputs = JSON.parse((await run("stack", "output", "--json")).stdout) as {
      urls: string[];
      policies: string[];
    };
    expect(outputs.urls).toEqual([`s3://${BUCKET}/postgres`]);
    const policy = await readPolicy(stores.settingsEndpoint, outputs.policies[0] ?? "");
    expect(policy).toContain(`arn:aws:s3:::${BUCKET}/postgres/*`);
    expect(policy).not.toContain("Delete");
  });

  test("keeps what was written: no delete before the lock ends", async () => {
    const { objects } = stores;
    const { VersionId } = await objects.putObject({ Bucket: BUCKET, Key: "postgres/part", Body: "rows" });
    await expect(objects.deleteObject({ Bucket: BUCKET, Key: "postgres/part", VersionId })).rejects.toThrow();
  });

  test("lets the reader read the table, and no partition by its name", async () => {
    const kept = await database.query<{ name: string }>(
      "select pubname as name from pg_publication union all select extname from pg_extension where extname = 'pg_trgm' order by 1",
    );
    expect(kept.map(({ name }) => name)).toEqual(["pg_trgm", "siem"]);
    const client = await database.connect({ user: reader, password: READER_PASSWORD });
    try {
      expect((await client.query("select count(*)::int as rows from telemetry.events")).rows).toEqual([{ rows: 0 }]);
      await expect(client.query("select * from telemetry.events_p2026_05")).rejects.toThrow(/permission denied/);
      await expect(client.query("insert into telemetry.events (at) values (now())")).rejects.toThrow(
        /permission denied/,
      );
    } finally {
      await client.end();
    }
  });

  test("leaves nothing to do for the second, and no password in clear", async () => {
    await run("up", "--yes", "--skip-preview", "--expect-no-changes");
    await run("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    const { stdout } = await run("stack", "export");
    for (const secret of [READER_PASSWORD, database.superuser.password, database.password])
      expect(stdout).not.toContain(secret);
  });
});

describe("a later update", () => {
  test("archives what has expired into the bucket that the first one created, and drops it", async () => {
    await database.query("insert into telemetry.events (at) select '2026-03-05' from generate_series(1, 500)");
    asOf = "2026-06-10T12:00:00Z";
    declare({ archive: own });
    const { stdout } = await run("up", "--yes", "--skip-preview");
    expect(stdout).toMatch(/archived events_p2026_03 .*: 500 rows in 1 objects, proved/);
    const { objects } = stores;
    const found = await objects.listObjectsV2({ Bucket: BUCKET, Prefix: `postgres/${database.database}/` });
    const range = `postgres/${database.database}/telemetry/table=events/from=20260301T000000Z/gen=1/`;
    const keys = (found.Contents ?? []).map(({ Key }) => Key);
    expect(keys).toEqual([`${range}_manifest.json`, `${range}part-00001.parquet`]);
    const { Body } = await objects.getObject({ Bucket: BUCKET, Key: `${range}_manifest.json` });
    expect(parseManifest((await Body?.transformToString()) ?? "", "manifest").rows).toBe(500);
    // The bucket's own lock holds for them.
    const part = { Bucket: BUCKET, Key: `${range}part-00001.parquet` };
    const { VersionId } = await objects.headObject(part);
    await expect(objects.deleteObject({ ...part, VersionId })).rejects.toThrow();
    expect(await database.query("select from pg_class where relname = 'events_p2026_03'")).toEqual([]);
    expect(await database.query("select manifest from pgpartition.archives where dropped_at is not null")).toEqual([
      { manifest: `s3://${BUCKET}/${range}_manifest.json` },
    ]);
  });
});

describe("an existing bucket", () => {
  const existing = (more: object = {}) => ({ existing: { bucket: BUCKET }, prefix: "postgres", ...more });

  test("is read and accepted, by preview too, and nothing of it is changed", async () => {
    declare({ archive: own, other: existing({ legalMinimum: "7 years", objectLock: own.objectLock }) });
    await run("preview");
    await run("up", "--yes", "--skip-preview");
    await run("up", "--yes", "--skip-preview", "--expect-no-changes");
    const outputs = JSON.parse((await run("stack", "output", "--json")).stdout) as { urls: string[] };
    expect(outputs.urls).toEqual([`s3://${BUCKET}/postgres`, `s3://${BUCKET}/postgres`]);
  });

  test("is judged by the policies from what was read, as one that is created", async () => {
    declare({ other: existing() }, false);
    project.write({ "policies.json": JSON.stringify({ "archive-bucket-baseline": { encryption: "kms" } }) });
    const pack = ["--policy-pack", join(packedPackage, "policies"), "--policy-pack-config", "policies.json"];
    const said = await refused("preview", ...pack);
    expect(said).toContain(`bucket "${BUCKET}": objects are encrypted by AES256, and not by a key of KMS.`);
    expect(said).not.toContain("versioning is off");
  });

  test("stops preview and update where it is not fit, with everything that is missing", async () => {
    await stores.settings.putBucketVersioning({ Bucket: BUCKET, VersioningConfiguration: { Status: "Suspended" } });
    declare({ archive: own, other: existing({ objectLock: { mode: "compliance", for: "7 years" } }) });
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const said = await refused(...command);
      expect(said).toContain(`archive bucket "other": bucket "${BUCKET}" is not safe for the only copy of rows:`);
      expect(said).toContain("- versioning is off (versioning)");
      expect(said).toContain(
        "- Object Lock is governance for 2562 days, and must be at least compliance for 2562 days (lock)",
      );
    }
    await stores.settings.putBucketVersioning({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } });
  });

  test("that lacks a setting altogether is refused by the name of the setting", async () => {
    await stores.settings.deletePublicAccessBlock({ Bucket: BUCKET });
    declare({ other: existing() }, false);
    expect(await refused("preview")).toMatch(/other-publicAccess.*does not exist/s);
  });
});
