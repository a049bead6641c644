// An object store for the tests of a file: versitygw on loopback, or the bucket that the environment names.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3 } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach } from "vitest";
import type { StoreSettings } from "../../../core/declare/archive/store-settings";
import { makeBucket } from "../../../tools/stand-ins/object-store/bucket";
import { type ObjectStoreServer, startObjectStore } from "../../../tools/stand-ins/object-store/server";
import { findObjectStore } from "../../../tools/stand-ins/object-store/build";
import { skipBecause } from "../skip";

export interface TestObjectStore {
  /** Of an archive below a prefix of its own. */
  settings(more?: Partial<StoreSettings>): StoreSettings;
  /** A bucket of the same store with Object Lock; undefined where the environment names none. */
  lockedBucket(): string | undefined;
  readonly bucket: string;
  /** Undefined: Amazon's own. */
  readonly endpoint: string | undefined;
  /** What looks at the store from outside. */
  readonly client: S3;
  /** The file in which our own store keeps an object; undefined where the environment names another store. */
  file(key: string): string | undefined;
  /** The secret key in use, for tests that look for it where it must not be. */
  readonly secret: string;
}

/** The ordinary variables of AWS, which the product reads itself. */
const CREDENTIALS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;

/** The store is built once for a machine: a minute of two cores that nobody else uses. */
export const BUILD_MS = 600_000;

/**
 * Call it at the top of a file. With PGPARTITION_TEST_S3_BUCKET (and PGPARTITION_TEST_S3_ENDPOINT for a store that is not Amazon's,
 * PGPARTITION_TEST_S3_LOCKED_BUCKET for the tests of Object Lock) the tests use that bucket. Otherwise versitygw is built
 * and started; where it cannot be built, the tests of the file are skipped with the reason. `own`: always versitygw.
 */
export function withObjectStore({ own = false } = {}): TestObjectStore {
  const given = own ? undefined : process.env["PGPARTITION_TEST_S3_BUCKET"];
  const before = CREDENTIALS.map((name) => [name, process.env[name]] as const);
  let server: ObjectStoreServer | undefined;
  let folder: string | undefined;
  let reason: string | undefined;
  let client: S3 | undefined;
  beforeAll(async () => {
    if (given === undefined) {
      const found = await findObjectStore();
      if ("reason" in found) return void (reason = found.reason);
      folder = mkdtempSync(join(tmpdir(), "pgpartition-object-store-"));
      server = await startObjectStore({ folder });
      process.env["AWS_ACCESS_KEY_ID"] = server.accessKeyId;
      process.env["AWS_SECRET_ACCESS_KEY"] = server.secretAccessKey;
      await makeBucket(server, "archive");
      await makeBucket(server, "locked", { objectLock: true });
    }
    const where = endpoint() === undefined ? {} : { endpoint: endpoint() as string, region: "us-east-1" };
    client = new S3({ ...where, forcePathStyle: true });
  }, BUILD_MS);
  beforeEach((context) => {
    if (reason !== undefined) skipBecause(context, reason);
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  const endpoint = (): string | undefined =>
    given === undefined ? server?.endpoint : process.env["PGPARTITION_TEST_S3_ENDPOINT"];
  const bucket = given ?? "archive";
  return {
    bucket,
    settings: (more = {}) => ({
      to: `s3://${bucket}/test/${randomBytes(6).toString("hex")}`,
      ...(endpoint() === undefined ? {} : { endpoint: endpoint() as string }),
      ...more,
    }),
    lockedBucket: () => (given === undefined ? "locked" : process.env["PGPARTITION_TEST_S3_LOCKED_BUCKET"]),
    get endpoint() {
      return endpoint();
    },
    get client() {
      if (!client) throw new Error("the store exists only inside hooks and tests");
      return client;
    },
    file: (key) => (folder === undefined ? undefined : join(folder, "buckets", bucket, key)),
    get secret() {
      return process.env["AWS_SECRET_ACCESS_KEY"] ?? "";
    },
  };
}
