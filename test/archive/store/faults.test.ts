// What an S3-compatible store and the network do wrong, each at the place where it hurts.
import { createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ObjectConflict } from "../../../archive/store/store-errors";
import type { ObjectStore } from "../../../archive/store/store";
import { withObjectStore } from "../../support/harness/object-store";
import type { Fault, Operation } from "../../support/harness/s3-faults";
import { always, answer, failure, once, withFaults } from "./fault-support";
import { PART, QUICK } from "./limits";
import { body, keysBelow, withFolder, withStores } from "./support";

// Always our own: a bucket of somebody else's is no place for this.
const s3 = withObjectStore({ own: true });
const { proxy, pair, times } = withFaults(s3);
const folder = withFolder();
const open = withStores();

describe("a store that is overloaded", () => {
  const busy = [answer(503, "SlowDown"), answer(500, "InternalError")];
  it.each<[Operation, number]>([
    ["HeadObject", 10],
    ["PutObject", 10],
    ["CreateMultipartUpload", 2 * PART],
    ["UploadPart", 2 * PART],
    ["CompleteMultipartUpload", 2 * PART],
  ])("E01 %s answers 503, then 500, then succeeds: the object exists once", async (operation, bytes) => {
    const { store, direct } = pair();
    proxy().rule(({ operation: asked, nth }) => (asked === operation ? busy[nth - 1] : undefined));
    const file = folder.file(bytes);
    expect(await store.put("busy", file)).toMatchObject({ sha256: file.sha256 });
    expect(times(operation)).toBeGreaterThanOrEqual(3);
    expect(await keysBelow(direct)).toEqual(["busy"]);
    expect(await direct.abortUploads("")).toBe(0);
  });

  it.each<[Operation, number]>([
    ["PutObject", 10],
    ["UploadPart", 2 * PART],
    ["CompleteMultipartUpload", 2 * PART],
  ])(
    "E01 %s answers 503 for ever: it fails as busy, nothing can be seen, no upload is left, and the next run stores it",
    async (operation, bytes) => {
      const { store, direct } = pair();
      proxy().rule(always(operation, answer(503, "SlowDown")));
      const file = folder.file(bytes);
      const error = await failure(store.put("busy", file));
      expect(error).toMatchObject({
        kind: "busy",
        message: expect.stringMatching(/storing "s3:.*busy": SlowDown.*later/),
      });
      expect(times(operation)).toBe(4);
      expect(await keysBelow(direct)).toEqual([]);
      expect(await direct.abortUploads("")).toBe(0);
      proxy().rule(() => undefined);
      expect(await store.put("busy", file)).toMatchObject({ sha256: file.sha256 });
    },
  );

  it("E01 GetObject and ListObjects answer 429 once: they are asked again", async () => {
    const { store } = pair();
    await store.put("busy", body("x"));
    proxy().rule(({ operation, nth }) =>
      nth === 1 && operation !== "HeadObject" ? answer(429, "TooManyRequests") : undefined,
    );
    expect((await buffer(await store.get("busy"))).toString()).toBe("x");
    expect(await keysBelow(store)).toEqual(["busy"]);
    expect([times("GetObject"), times("ListObjects")]).toEqual([2, 2]);
  });
});

describe("a connection that breaks", () => {
  it.each<[string, Fault]>([
    ["is reset", { kind: "reset" }],
    ["falls silent", { kind: "silence" }],
  ])("E02 the connection %s in the third part: that part alone is sent again", async (_, fault) => {
    const { store } = pair({ ...QUICK, idleMs: 4_000 });
    proxy().rule(once("UploadPart", fault, 3));
    const file = folder.file(4 * PART);
    expect(await store.put("cut", file)).toMatchObject({ sha256: file.sha256 });
    const parts = proxy().asked.flatMap(({ operation, url }) =>
      operation === "UploadPart" ? [new URL(url, "http://s").searchParams.get("partNumber")] : [],
    );
    expect(parts).toEqual(["1", "2", "3", "3", "4"]);
  });

  it("E02 the answer is cut off in the middle of a read: the stream fails, and does not end as if that were all", async () => {
    const { store } = pair();
    await store.put("cut", folder.file(PART));
    proxy().rule(once("GetObject", { kind: "cut" }));
    const error = await failure(store.get("cut").then(buffer));
    expect(error).toMatchObject({ kind: "unreachable", message: expect.stringContaining('reading "s3://') });
  });

  it("E02 a store that swallows everything fails by the clock, and is named", async () => {
    const { store } = pair({ ...QUICK, idleMs: 1_000 });
    proxy().rule(() => ({ kind: "silence" }));
    const error = await failure(store.put("silent", body("x")));
    expect(error).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(
        /silent": TimeoutError: the request socket timed out after 1000 ms of inactivity\. Check the address/,
      ),
    });
  });

  it("E02 no server listens at the address: it fails and is named", async () => {
    const probe = createServer();
    const port = await new Promise<number>((resolve) =>
      probe.listen(0, "127.0.0.1", () => resolve((probe.address() as { port: number }).port)),
    );
    await new Promise((resolve) => probe.close(resolve));
    const store = open(s3.settings({ endpoint: `http://127.0.0.1:${String(port)}` }));
    expect(await failure(store.check())).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/looking at "s3:\/\/archive": connect ECONNREFUSED 127.*Check the address/),
    });
  });
});

describe("bytes that change on the way", () => {
  it.each<[Operation, number]>([
    ["PutObject", 100],
    ["UploadPart", 2 * PART],
  ])(
    "E03 one byte of %s changes on its way: the store refuses it by its SHA-256, and nothing can be seen",
    async (operation, bytes) => {
      const { store, direct } = pair();
      proxy().rule(always(operation, { kind: "flipped" }));
      expect(await failure(store.put("flipped", folder.file(bytes)))).toMatchObject({ kind: "integrity" });
      expect(await keysBelow(direct)).toEqual([]);
      expect(await direct.abortUploads("")).toBe(0);
    },
  );

  it.each<[string, Record<string, string | undefined>]>([
    ["another size", { "content-length": "99" }],
    ["another SHA-256", { "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") }],
  ])("E03 the store reports of the stored bytes %s: refused, with both", async (_, headers) => {
    const { store } = pair();
    const file = folder.file(100);
    proxy().rule(({ operation, nth }) =>
      operation === "HeadObject" && nth === 2 ? { kind: "headers", headers } : undefined,
    );
    const error = await store.put("other", file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ObjectConflict);
    expect(String(error)).toContain(file.sha256);
  });

  it("E03 a store that keeps no SHA-256: what it took is read back and hashed", async () => {
    const { store } = pair();
    const file = folder.file(2 * PART);
    const none = { "x-amz-checksum-sha256": undefined, "x-amz-checksum-type": undefined };
    proxy().rule(always("HeadObject", { kind: "headers", headers: none }));
    expect(await store.put("silent", file)).toMatchObject({ sha256: file.sha256 });
    expect(times("GetObject")).toBe(1);
    expect((await store.head("silent"))?.sha256).toBeUndefined();
    const other = folder.file(2 * PART);
    await expect(store.put("silent", other)).rejects.toBeInstanceOf(ObjectConflict);
  });

  it("E04 one byte changes in a read of an object with its own SHA-256: the stream fails", async () => {
    const { store } = pair();
    await store.put("flipped", folder.file(1000));
    proxy().rule(once("GetObject", { kind: "flipped answer" }));
    expect(await failure(store.get("flipped").then(buffer))).toMatchObject({ kind: "integrity" });
  });
});

describe("an upload whose end is not known", () => {
  it("E05 CompleteMultipartUpload answers 200 with an error in it: asked again", async () => {
    const { store } = pair();
    proxy().rule(once("CompleteMultipartUpload", answer(200, "InternalError")));
    const file = folder.file(2 * PART);
    expect(await store.put("done", file)).toMatchObject({ sha256: file.sha256 });
    expect(times("CompleteMultipartUpload")).toBe(2);
  });

  it("E05 it does so for ever: it fails, and nothing can be seen or is left", async () => {
    const { store, direct } = pair();
    proxy().rule(always("CompleteMultipartUpload", answer(200, "InternalError")));
    expect(await failure(store.put("done", folder.file(2 * PART)))).toMatchObject({ kind: "busy" });
    expect(await keysBelow(direct)).toEqual([]);
    expect(await direct.abortUploads("")).toBe(0);
  });

  it.each<[Operation, number, "once" | "always"]>([
    ["PutObject", 100, "once"],
    ["PutObject", 100, "always"],
    ["CompleteMultipartUpload", 2 * PART, "once"],
    ["CompleteMultipartUpload", 2 * PART, "always"],
  ])(
    "E06 %s of %i bytes is done and its answer lost %s: the content of the store decides, and it exists once",
    async (operation, bytes, how) => {
      const { store, direct } = pair();
      proxy().rule((how === "once" ? once : always)(operation, { kind: "lost reply" }));
      const file = folder.file(bytes);
      expect(await store.put("done", file)).toMatchObject({ sha256: file.sha256 });
      expect(await keysBelow(direct)).toEqual(["done"]);
      expect(await direct.abortUploads("")).toBe(0);
      const versions = await s3.client.listObjectVersions({ Bucket: s3.bucket, Prefix: prefixOf(direct) });
      expect(versions.Versions).toHaveLength(1);
    },
  );

  it("E16 another process stores other content between check and upload: refused, the other content remains", async () => {
    const { store, direct } = pair();
    const [theirs, ours] = [folder.file(2 * PART), folder.file(2 * PART)];
    proxy().rule(once("HeadObject", answer(404, "NotFound")));
    await direct.put("race", theirs);
    await expect(store.put("race", ours)).rejects.toMatchObject({ theirs: theirs.sha256, ours: ours.sha256 });
    expect((await direct.head("race"))?.sha256).toBe(theirs.sha256);
    expect(await direct.abortUploads("")).toBe(0);
  });
});

function prefixOf(store: ObjectStore): string {
  return store.url.replace(/^s3:\/\/[^/]+\//, "");
}
