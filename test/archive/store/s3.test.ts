// What only a bucket has: locks, classes, keys of KMS, versions, pages; and what the store's own metadata prove.
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { beforeEach, describe, expect, it } from "vitest";
import { hashComposite, openSource } from "../../../archive/store/content";
import { S3Store } from "../../../archive/store/s3";
import { upload } from "../../../archive/store/s3-upload";
import type { StoredObject } from "../../../archive/store/store";
import { withObjectStore } from "../../support/harness/object-store";
import { skipBecause } from "../../support/skip";
import { PART } from "./limits";
import { body, keysBelow, sha256, withFolder, withStores } from "./support";

const s3 = withObjectStore();
const folder = withFolder();
const open = withStores();
const DAY_MS = 24 * 60 * 60_000;

/** As the store itself names the object. */
const place = (url: string, { key }: StoredObject) => ({
  Bucket: url.split("/")[2] ?? "",
  Key: `${url.split("/").slice(3).join("/")}/${key}`,
});

describe("Object Lock in a bucket that has it", () => {
  const locked = (): string => s3.lockedBucket() ?? "";
  beforeEach((context) => {
    if (s3.lockedBucket() === undefined) skipBecause(context, "PGPARTITION_TEST_S3_LOCKED_BUCKET names no bucket");
  });

  it.each<[string, number]>([
    ["in one request", 100],
    ["in parts", PART + 1],
  ])("keeps an object that was sent %s for as long as the settings say, by the store's clock", async (_, bytes) => {
    const to = s3.settings().to.replace(s3.bucket, locked());
    const store = open(s3.settings({ to, objectLock: { mode: "governance", for: "1 day" } }));
    expect(await store.check()).toMatchObject({ objectLock: { enabled: true } });
    const stored = await store.put("locked", folder.file(bytes));
    const left = (stored.lockedUntil?.getTime() ?? 0) - Date.now();
    expect(left).toBeGreaterThan(DAY_MS - 60_000);
    expect(left).toBeLessThan(2 * DAY_MS + 60_000);
    const { Retention } = await s3.client.getObjectRetention(place(store.url, stored));
    expect(Retention).toMatchObject({ Mode: "GOVERNANCE", RetainUntilDate: stored.lockedUntil });
    const { version } = stored;
    const gone = s3.client.deleteObject({ ...place(store.url, stored), ...(version ? { VersionId: version } : {}) });
    await expect(gone).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied|InvalidRequest/) });
  });
});

describe("Object Lock", () => {
  it("is refused by a bucket that has none, and an object without the lock is not taken for one that has it", async () => {
    const settings = s3.settings();
    const store = open({ ...settings, objectLock: { mode: "compliance", for: "7 years" } });
    await expect(store.put("locked", body("x"))).rejects.toMatchObject({ name: "StoreError" });
    await open(settings).put("locked", body("x"));
    await expect(store.put("locked", body("x"))).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("is not locked"),
    });
  });
});

describe("what is sent along", () => {
  const asked: object[] = [];
  const client = {
    putObject: (input: object) => Promise.resolve(void asked.push(input)),
    createMultipartUpload: (input: object) => Promise.resolve((asked.push(input), { UploadId: "1" })),
    uploadPart: (input: object) => Promise.resolve((asked.push(input), { ETag: "e" })),
    completeMultipartUpload: (input: object) => Promise.resolve(void asked.push(input)),
  };

  it("names class, key of KMS and lock of a file in one request or in parts, and overwrites nothing", async () => {
    const target = {
      Bucket: "b",
      Key: "k",
      StorageClass: "GLACIER_IR",
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId: "alias/archive",
      ObjectLockMode: "COMPLIANCE",
      ObjectLockRetainUntilDate: new Date(0),
    } as const;
    for (const bytes of [1, PART + 1]) {
      asked.length = 0;
      const source = await openSource("s3://b/k", folder.file(bytes), PART);
      await upload(client as never, target, source, {});
      await source.close();
      expect(asked[0]).toMatchObject({ ...target, Metadata: { sha256: source.sha256 } });
      expect(asked.at(-1)).toMatchObject({ IfNoneMatch: "*" });
    }
  });

  it("leaves a manifest in the bucket's own class, so that it can be read at once", async () => {
    const store = open(s3.settings({ storageClass: "GLACIER" }));
    const stored = await store.put("_manifest.json", body("{}"));
    const head = await s3.client.headObject(place(store.url, stored));
    expect(head.StorageClass ?? "STANDARD").toBe("STANDARD");
  });
});

describe("the SHA-256 that a store vouches for", () => {
  it("is the object's own checksum where it was sent in one request", async () => {
    const store = open(s3.settings());
    const file = folder.file(100);
    const head = await s3.client.headObject({
      ...place(store.url, await store.put("one", file)),
      ChecksumMode: "ENABLED",
    });
    expect(Buffer.from(head.ChecksumSHA256 ?? "", "base64").toString("hex")).toBe(file.sha256);
  });

  it("is the declared one of an object in parts, only where the checksum of its parts is the declared one too", async () => {
    const store = open(s3.settings());
    const file = folder.file(PART + 1);
    const at = place(store.url, await store.put("parts", file));
    const head = await s3.client.headObject({ ...at, ChecksumMode: "ENABLED" });
    expect(head.ChecksumSHA256).toMatch(/=-2$/);
    expect(head.Metadata).toMatchObject({ sha256: file.sha256, "sha256-parts": head.ChecksumSHA256 });

    // Somebody declares a SHA-256 that the content does not have.
    const lie = { sha256: file.sha256, "sha256-parts": head.ChecksumSHA256 ?? "" };
    const Key = `${at.Key}-lie`;
    const content = Buffer.alloc(PART + 1, 7);
    await inTwoParts(at.Bucket, Key, content, lie);
    expect(await store.head("parts-lie")).toMatchObject({ bytes: file.bytes, sha256: undefined });
    await expect(store.put("parts-lie", file)).rejects.toMatchObject({ theirs: sha256(content), ours: file.sha256 });
  });

  it("has no lock if another process wrote the object without one; the same content is found by reading it", async () => {
    const store = open(s3.settings());
    const text = Buffer.from("by hand");
    const at = place(store.url, { key: "foreign", bytes: 0, sha256: undefined });
    await s3.client.putObject({ ...at, Body: text, ChecksumAlgorithm: "CRC32" });
    expect((await store.head("foreign"))?.sha256).toBeUndefined();
    expect(await store.put("foreign", { body: text })).toMatchObject({ sha256: sha256(text) });
    await expect(store.put("foreign", body("by  me"))).rejects.toMatchObject({ name: "ObjectConflict" });
    await expect(store.put("foreign", body("by head"))).rejects.toMatchObject({ theirs: sha256(text) });
  });

  it("of parts is computed as S3 does: over the parts' own, with their number", () => {
    const parts = ["a", "b"].map((text) => createHash("sha256").update(text).digest());
    const whole = createHash("sha256").update(Buffer.concat(parts)).digest("base64");
    expect(hashComposite(parts.map((part) => part.toString("base64")))).toBe(`${whole}-2`);
  });

  async function inTwoParts(Bucket: string, Key: string, content: Buffer, Metadata: Record<string, string>) {
    const { UploadId } = await s3.client.createMultipartUpload({ Bucket, Key, Metadata, ChecksumAlgorithm: "SHA256" });
    const Parts = [];
    for (const [index, Body] of [content.subarray(0, PART), content.subarray(PART)].entries()) {
      const part = { Bucket, Key, UploadId, PartNumber: index + 1, Body, ChecksumAlgorithm: "SHA256" } as const;
      const { ETag, ChecksumSHA256 } = await s3.client.uploadPart(part);
      Parts.push({ PartNumber: index + 1, ETag, ChecksumSHA256 });
    }
    await s3.client.completeMultipartUpload({ Bucket, Key, UploadId, MultipartUpload: { Parts } });
  }
});

describe("versions and pages", () => {
  it("reads the version that was stored, although another one was written over it", async (context) => {
    const store = open(s3.settings());
    if ((await store.check()).versioning !== true) skipBecause(context, "the bucket has no versions");
    const stored = await store.put("versions", body("first"));
    await s3.client.putObject({ ...place(store.url, stored), Body: "second" });
    expect((await buffer(await store.get("versions"))).toString()).toBe("second");
    const version = stored.version;
    expect((await buffer(await store.get("versions", { version }))).toString()).toBe("first");
  });

  it("lists more objects than one page has", async () => {
    const store = open(s3.settings());
    const keys = Array.from({ length: 1_005 }, (_, index) => `p/${String(index).padStart(4, "0")}`);
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(
        keys
          .slice(at, at + 50)
          .map((key) => s3.client.putObject({ ...place(store.url, { key, bytes: 0, sha256: undefined }), Body: "x" })),
      );
    expect(await keysBelow(store, "p/")).toEqual(keys);
  });

  it("aborts uploads below the prefix, and no others", async () => {
    const [store, other] = [open(s3.settings()), open(s3.settings())];
    const begin = (url: string, key: string) =>
      s3.client.createMultipartUpload(place(url, { key, bytes: 0, sha256: undefined }));
    for (const key of ["a/1", "a/1", "a/2", "b/1"]) await begin(store.url, key);
    await begin(other.url, "a/1");
    expect(await store.abortUploads("a/")).toBe(3);
    expect(await store.abortUploads("")).toBe(1);
    expect(await other.abortUploads("")).toBe(1);
  });
});

it("asks nothing and loads nothing before the first call, and can be closed without one", async () => {
  const store = new S3Store({ kind: "s3", bucket: "none", prefix: "" }, { to: "s3://none" });
  expect(store.url).toBe("s3://none");
  await store.close();
});
