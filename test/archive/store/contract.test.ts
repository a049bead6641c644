// What every store promises, asked of a real S3-compatible one and of a directory.
import { mkdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ObjectConflict, StoreError } from "../../../archive/store/store-errors";
import type { ObjectStore } from "../../../archive/store/store";
import { withObjectStore } from "../../support/harness/object-store";
import { PART } from "./limits";
import { body, keysBelow, sha256, withFolder, withStores } from "./support";

const s3 = withObjectStore();
const folder = withFolder();
const open = withStores();
let directories = 0;

const STORES: readonly [string, () => ObjectStore][] = [
  ["S3", () => open(s3.settings())],
  [
    "a directory",
    () => {
      const path = join(folder.path, `store ${String((directories += 1))}`);
      mkdirSync(path);
      return open({ to: `file://${encodeURI(path)}` });
    },
  ],
];

describe.each(STORES)("%s", (_, make) => {
  it("gives back what was stored, with the size and SHA-256 that it vouches for", async () => {
    const store = make();
    const stored = await store.put("a/_manifest.json", body("{}"));
    expect(stored).toMatchObject({ key: "a/_manifest.json", bytes: 2, sha256: sha256(Buffer.from("{}")) });
    expect(await store.head("a/_manifest.json")).toEqual(stored);
    expect((await buffer(await store.get("a/_manifest.json"))).toString()).toBe("{}");
  });

  it("has no object that was not stored", async () => {
    const store = make();
    expect(await store.head("a/b")).toBeUndefined();
    await expect(store.get("a/b")).rejects.toMatchObject({ kind: "missing", message: expect.stringContaining("a/b") });
    expect(await keysBelow(store)).toEqual([]);
    expect(await keysBelow(store, "a/b/c")).toEqual([]);
  });

  it("stores an empty object, as a body and as a file", async () => {
    const store = make();
    await store.put("empty", { body: new Uint8Array() });
    await store.put("empty file", folder.file(0));
    for (const key of ["empty", "empty file"]) {
      expect(await store.head(key)).toMatchObject({ bytes: 0, sha256: sha256(Buffer.alloc(0)) });
      expect(await buffer(await store.get(key))).toHaveLength(0);
    }
  });

  it("stores a file of several parts, says how far it is, and vouches for the whole", async () => {
    const store = make();
    const file = folder.file(2 * PART + 17);
    const sent: number[] = [];
    const stored = await store.put("large", file, { onSent: (bytes) => sent.push(bytes) });
    expect(stored).toMatchObject({ bytes: file.bytes, sha256: file.sha256 });
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
    expect(sent.length).toBeGreaterThan(2);
    expect(sent.at(-1)).toBe(file.bytes);
    expect((await store.head("large"))?.sha256).toBe(file.sha256);
    expect(sha256(await buffer(await store.get("large")))).toBe(file.sha256);
  });

  it.each([
    "with blank and  two",
    "100%/%2f%2e%2e%2fetc",
    "quo\"te's <&>",
    "schöne/größe/表/🙂",
    "plus+and=equals,semi;colon:@!$*()",
    "table=o.d%22d's/from=2024-01-01T00%3A00%3A00Z/gen=1/part-00001.parquet",
    `${"n".repeat(255)}`,
    ".hidden/...",
  ])("keeps the key %j as it is", async (key) => {
    const store = make();
    await store.put(key, body(key));
    expect(await keysBelow(store)).toEqual([key]);
    expect((await buffer(await store.get(key))).toString()).toBe(key);
    expect(await store.head(key)).toMatchObject({ key });
  });

  it("lists by the beginning of keys, in the order of their bytes", async () => {
    const store = make();
    const keys = ["a/1", "a/10", "a/2", "a-b", "a.b", "b/c/d", "B"];
    for (const key of keys) await store.put(key, body(key));
    const ordered = (wanted: string[]): string[] =>
      [...wanted].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await keysBelow(store)).toEqual(ordered(keys));
    expect(await keysBelow(store, "a/1")).toEqual(["a/1", "a/10"]);
    expect(await keysBelow(store, "a/")).toEqual(["a/1", "a/10", "a/2"]);
    expect(await keysBelow(store, "a")).toEqual(ordered(["a/1", "a/10", "a/2", "a-b", "a.b"]));
    expect(await keysBelow(store, "b/c/d/e")).toEqual([]);
  });

  it("takes the same content again, and sends nothing", async () => {
    const store = make();
    const file = folder.file(2 * PART);
    const first = await store.put("same", file);
    const sent: number[] = [];
    expect(await store.put("same", file, { onSent: (bytes) => sent.push(bytes) })).toEqual(first);
    expect(sent).toEqual([]);
  });

  it("E09 refuses other content under a key that is taken, names both hashes, and overwrites nothing", async () => {
    const store = make();
    const [first, second, third] = [folder.file(100), folder.file(100), folder.file(PART + 1)];
    await store.put("taken", first);
    for (const other of [second, third]) {
      const refused = await store.put("taken", other).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ObjectConflict);
      expect(refused).toMatchObject({ theirs: first.sha256, ours: other.sha256 });
      expect(String(refused)).toContain("Nothing was overwritten");
    }
    expect((await store.head("taken"))?.sha256).toBe(first.sha256);
  });

  it.each([100, PART + 1])(
    "E16 of two that store other content of %i bytes at once, one wins and one is refused",
    async (bytes) => {
      const store = make();
      const files = [folder.file(bytes), folder.file(bytes)];
      const results = await Promise.allSettled(files.map((file) => store.put("race", file)));
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const winner = files[results.findIndex(({ status }) => status === "fulfilled")];
      expect((await store.head("race"))?.sha256).toBe(winner?.sha256);
      const loser = results.find((result) => result.status === "rejected");
      expect(loser?.reason).toBeInstanceOf(ObjectConflict);
    },
  );

  it.each([100, PART + 1])(
    "E16 two that store the same %i bytes at once create one object, and both succeed",
    async (bytes) => {
      const store = make();
      const file = folder.file(bytes);
      const both = await Promise.all([store.put("race", file), store.put("race", file)]);
      expect(both.map(({ sha256 }) => sha256)).toEqual([file.sha256, file.sha256]);
      expect(await keysBelow(store)).toEqual(["race"]);
      expect(await store.abortUploads("")).toBe(0);
    },
  );

  it("E03 refuses a file that is not what was declared any more, before anything is sent", async () => {
    const store = make();
    const wrong = { ...folder.file(2 * PART), sha256: sha256(Buffer.from("another")) };
    await expect(store.put("wrong", wrong)).rejects.toMatchObject({
      kind: "integrity",
      message: expect.stringContaining(wrong.sha256),
    });
    const long = folder.file(2 * PART);
    await expect(store.put("wrong", { ...long, bytes: long.bytes - 1 })).rejects.toMatchObject({ kind: "integrity" });
    const cut = folder.file(2 * PART);
    truncateSync(cut.path, PART);
    await expect(store.put("wrong", cut)).rejects.toMatchObject({ kind: "integrity" });
    await expect(store.put("wrong", { ...cut, path: `${cut.path}.gone` })).rejects.toBeInstanceOf(StoreError);
    expect(await keysBelow(store)).toEqual([]);
  });

  it.each(["../x", "a/../../x", "/x", "a//b", "a/", "", ".", "a/./b", "a\\..\\b", "a\0b", "a\nb", "n".repeat(256)])(
    "H03 refuses the key %j: it could lead out of the prefix",
    async (key) => {
      const store = make();
      const refusals = [store.put(key, body("x")), store.head(key), store.get(key)];
      for (const refusal of await Promise.allSettled(refusals))
        expect(refusal).toMatchObject({ status: "rejected", reason: { name: "StoreError", kind: "key" } });
    },
  );

  it("H03 refuses to list or to give up uploads outside of the prefix", async () => {
    const store = make();
    for (const prefix of ["../", "a/../..", "/etc", "a\\b"]) {
      await expect(keysBelow(store, prefix)).rejects.toMatchObject({ kind: "key" });
      await expect(store.abortUploads(prefix)).rejects.toMatchObject({ kind: "key" });
    }
  });

  it("H03 sees nothing of a neighbour whose prefix begins with its own", async () => {
    const store = make();
    const neighbour = open({ ...(store.url.startsWith("s3") ? s3.settings() : {}), to: `${store.url}/x` });
    if (!store.url.startsWith("s3")) mkdirSync(new URL(`${store.url}/x`), { recursive: true });
    await neighbour.put("theirs", body("x"));
    expect(await keysBelow(store, "x/")).toEqual(["x/theirs"]);
    expect(await keysBelow(neighbour)).toEqual(["theirs"]);
    expect(await neighbour.head("x/theirs")).toBeUndefined();
  });

  it("ends a put that is cancelled, and leaves nothing behind", async () => {
    const store = make();
    const cancel = new AbortController();
    const onSent = (): void => cancel.abort();
    const put = store.put("cancelled", folder.file(3 * PART), { signal: cancel.signal, onSent });
    await expect(put).rejects.toMatchObject({ kind: "aborted" });
    expect(await keysBelow(store)).toEqual([]);
    expect(await store.abortUploads("")).toBe(0);
  });

  it("says what it promises, and writes nothing for that", async () => {
    const store = make();
    const facts = await store.check();
    expect(facts).toMatchObject(
      store.url.startsWith("s3") ? { versioning: true, objectLock: { enabled: false } } : { versioning: false },
    );
    expect(await keysBelow(store)).toEqual([]);
  });
});
