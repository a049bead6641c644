import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readPartBack, readSmall } from "../../archive/read/read-object";
import { withObjectStore } from "../support/harness/object-store";
import { damage } from "../support/harness/damage";
import { until } from "../support/harness/until";
import { once, withFaults } from "./store/fault-support";
import { sha256, withFolder, withStores } from "./store/support";

const s3 = withObjectStore({ own: true });
const { proxy, pair, times } = withFaults(s3);
const folder = withFolder();
const open = withStores();

/** Of some kilobytes, and its key. */
async function stored(): Promise<{
  readonly store: ReturnType<typeof pair>["store"];
  readonly part: { readonly name: string; readonly sha256: string };
  readonly file: string;
}> {
  const { store, direct } = pair();
  const content = folder.file(50_000);
  await direct.put("part", content);
  const prefix = direct.url.replace(/^s3:\/\/[^/]+\//, "");
  return { store, part: { name: "part", sha256: content.sha256 }, file: s3.file(`${prefix}/part`) ?? "" };
}

it("bytes that are changed on the way come right at the second reading", async () => {
  const { store, part } = await stored();
  proxy().rule(once("GetObject", { kind: "flipped answer" }));
  await readPartBack(store, "", part, {});
  expect(times("GetObject")).toBe(2);
});

it("an object damaged in its bucket is reported as damaged with both hashes, and nothing advises to run it again", async () => {
  const { store, part, file } = await stored();
  damage(file, "a byte in the middle");
  const error = await readPartBack(store, "", part, {}).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "ArchiveFault", kind: "damaged" });
  expect(String(error)).toMatch(/part" is damaged: its SHA-256 is [0-9a-f]{64}, in the manifest [0-9a-f]{64}$/);
});

it("a bucket that returns other bytes each time is reported as that, and not as damaged", async () => {
  const { store, part, file } = await stored();
  damage(file, "its first byte");
  proxy().rule(once("GetObject", { kind: "flipped answer" }));
  await expect(readPartBack(store, "", part, {})).rejects.toMatchObject({
    kind: "integrity",
    message: expect.stringContaining("it came differently each time"),
  });
});

it("a small object is read once more too, and one whose hash is not known is held to the store's own checksum", async () => {
  const { store, part, file } = await stored();
  proxy().rule(once("GetObject", { kind: "flipped answer" }));
  expect(await readSmall(store, "part", part.sha256, {})).toMatchObject({ sha256: part.sha256 });
  proxy().rule(once("GetObject", { kind: "flipped answer" }));
  expect(await readSmall(store, "part", undefined, {})).toMatchObject({ sha256: part.sha256 });
  proxy().rule(() => undefined);
  damage(file, "a byte in the middle");
  expect((await readSmall(store, "part", part.sha256, {})).sha256).not.toBe(part.sha256);
  await expect(readSmall(store, "part", undefined, {})).rejects.toMatchObject({
    name: "ArchiveFault",
    kind: "damaged",
  });
});

it("an object that is gone is reported as gone, by bucket and directory", async () => {
  const part = { name: "none", sha256: sha256(Buffer.from("")) };
  for (const store of [pair().store, open({ to: `file://${folder.path}` })])
    await expect(readPartBack(store, "", part, {})).rejects.toMatchObject({
      name: "ArchiveFault",
      kind: "gone",
      message: `"${store.url}/none" is gone`,
    });
});

it("a store that falls silent is left at once when the run is cancelled", async () => {
  const { store, part } = await stored();
  proxy().rule(once("GetObject", { kind: "silence" }));
  const stop = new AbortController();
  const reading = readPartBack(store, "", part, { signal: stop.signal }).catch((reason: unknown) => reason);
  await until(() => times("GetObject") > 0);
  stop.abort();
  expect(await reading).toMatchObject({ kind: "aborted" });
});

it("a large file of a directory is left in the middle when the run is cancelled, also where it is only looked at", async () => {
  const size = 64 << 20;
  writeFileSync(join(folder.path, "large"), Buffer.alloc(size));
  const store = open({ to: `file://${folder.path}` });
  const stop = new AbortController();
  let read = 0;
  const onRead = (bytes: number): void => {
    read = bytes;
    stop.abort();
  };
  const part = { name: "large", sha256: sha256(Buffer.alloc(size)) };
  await expect(readPartBack(store, "", part, { signal: stop.signal, onRead })).rejects.toThrow();
  expect(read).toBeLessThan(size);
  await expect(store.head("large", { signal: stop.signal })).rejects.toMatchObject({ kind: "aborted" });
});
