// What only a directory has: links, modes, a disk that is not there.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { body, keysBelow, withFolder, withStores } from "./support";

const folder = withFolder();
const open = withStores();
let directories = 0;

function directory(): { readonly path: string; readonly to: string } {
  const path = join(folder.path, `d${String((directories += 1))}`);
  mkdirSync(path);
  return { path, to: `file://${path}` };
}

describe("links", () => {
  it("H03 a folder that is a link to elsewhere is neither written nor read nor listed through", async () => {
    const [{ path, to }, outside] = [directory(), directory()];
    symlinkSync(outside.path, join(path, "link"));
    writeFileSync(join(outside.path, "secret"), "x");
    const store = open({ to });
    const refused = { kind: "key", message: expect.stringContaining("is a link to outside of the directory") };
    await expect(store.put("link/new", body("x"))).rejects.toMatchObject(refused);
    await expect(store.put("link/deep/new", body("x"))).rejects.toMatchObject(refused);
    await expect(store.get("link/secret")).rejects.toMatchObject(refused);
    await expect(store.head("link/secret")).rejects.toMatchObject(refused);
    await expect(keysBelow(store, "link/")).rejects.toMatchObject(refused);
    await expect(store.abortUploads("link/")).rejects.toMatchObject(refused);
    expect(await keysBelow(store)).toEqual([]);
    expect(readdirSync(outside.path)).toEqual(["secret"]);
  });

  it("H03 a file that is a link is no object, and is not written through", async () => {
    const { path, to } = directory();
    writeFileSync(join(folder.path, "target"), "x");
    symlinkSync(join(folder.path, "target"), join(path, "link"));
    const store = open({ to });
    for (const asked of [() => store.put("link", body("y")), () => store.get("link"), () => store.head("link")])
      await expect(asked()).rejects.toMatchObject({ kind: "key", message: expect.stringContaining("a link") });
    expect(readFileSync(join(folder.path, "target"), "utf8")).toBe("x");
  });

  it("H03 %2f in a key is three characters of a file's name", async () => {
    const { path, to } = directory();
    await open({ to }).put("a/..%2f..%2fx", body("x"));
    expect(readdirSync(join(path, "a"))).toEqual(["..%2f..%2fx"]);
  });

  it("a directory that is itself reached by a link is one", async () => {
    const { path } = directory();
    symlinkSync(path, `${path}-link`);
    const store = open({ to: `file://${path}-link` });
    await store.put("a/b", body("x"));
    expect(await keysBelow(store)).toEqual(["a/b"]);
    expect(existsSync(join(path, "a", "b"))).toBe(true);
  });
});

it("E16 another process writes the file between check and link: refused, its file remains, the own one is removed", async () => {
  const { path, to } = directory();
  const onSent = (): void => writeFileSync(join(path, "race"), "theirs");
  await expect(open({ to }).put("race", body("ours"), { onSent })).rejects.toMatchObject({ name: "ObjectConflict" });
  expect(readFileSync(join(path, "race"), "utf8")).toBe("theirs");
  expect(readdirSync(path)).toEqual(["race"]);
});

it("E08 the directory must exist: one that is not mounted is not created", async () => {
  const to = `file://${join(folder.path, "not mounted")}`.replaceAll(" ", "%20");
  const store = open({ to });
  for (const asked of [() => store.check(), () => store.put("a", body("x")), () => keysBelow(store)])
    await expect(asked()).rejects.toMatchObject({
      kind: "no-bucket",
      message: `using "${to}": no such directory exists. Create it first, or correct \`to\`.`,
    });
  writeFileSync(join(folder.path, "file"), "");
  await expect(open({ to: `file://${folder.path}/file` }).check()).rejects.toMatchObject({
    message: expect.stringContaining("it is no directory"),
  });
});

it("no other user may read an archive", async () => {
  const { path, to } = directory();
  await open({ to }).put("a/b", body("x"));
  expect(statSync(join(path, "a", "b")).mode & 0o777).toBe(0o600);
  expect(statSync(join(path, "a")).mode & 0o777).toBe(0o700);
});

it("an unfinished file is no object, is listed nowhere, and no key may look like one", async () => {
  const { path, to } = directory();
  const name = ".0123456789abcdef.unfinished";
  mkdirSync(join(path, "a"));
  writeFileSync(join(path, "a", name), "half");
  const store = open({ to });
  expect(await keysBelow(store)).toEqual([]);
  await expect(store.put(`a/${name}`, body("x"))).rejects.toMatchObject({ kind: "key" });
  expect(await store.abortUploads("a/part")).toBe(1);
  expect(readdirSync(join(path, "a"))).toEqual([]);
});

it("a name that a folder has already is refused, and so is one below a file", async () => {
  const { to } = directory();
  const store = open({ to });
  await store.put("a/b", body("x"));
  await expect(store.put("a", body("x"))).rejects.toMatchObject({ kind: "key" });
  await expect(store.put("a/b/c", body("x"))).rejects.toMatchObject({ name: "StoreError" });
  expect(await store.head("a/b/c")).toBeUndefined();
});

it("a version is refused: a directory keeps none", async () => {
  const { to } = directory();
  const store = open({ to });
  await store.put("a", body("x"));
  await expect(store.get("a", { version: "1" })).rejects.toMatchObject({ kind: "unsupported" });
});
