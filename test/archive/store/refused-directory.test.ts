// A directory that cannot be written to, each with the folder that is meant and what to do.
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { account } from "../../../tools/postgres/account";
import { SmallDisk } from "../../support/harness/small-disk";
import { skipBecause } from "../../support/skip";
import { body, withFolder, withStores } from "./support";

const folder = withFolder();
const open = withStores();
let disk: SmallDisk;
beforeEach(() => void (disk = new SmallDisk()));
afterEach(() => disk.remove());

it("a directory that is mounted read-only: the folder and the mount are named, what is there is read, and a look before writing says so too", async (context) => {
  const reason = disk.mount("size=1m");
  if (reason !== undefined) skipBecause(context, reason);
  const store = open({ to: `file://${disk.path}` });
  await store.put("there/object", body("x"));
  disk.remount("ro");
  for (const [key, path] of [
    ["new/folder/object", join(disk.path, "new")],
    ["there/deeper/object", join(disk.path, "there", "deeper")],
    ["there/other", join(disk.path, "there")],
  ] as const) {
    const error = await store.put(key, body("x")).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ name: "StoreError", kind: "denied" });
    expect(String(error)).toMatch(/EROFS: read-only file system.*It is mounted read-only: mount it for writing\./);
    expect(String(error)).toContain(path);
    expect(String(error)).not.toMatch(/ENOENT|bucket/);
  }
  expect(await store.head("there/object")).toMatchObject({ bytes: 1 });
  await expect(store.check()).resolves.toMatchObject({ versioning: false });
  await expect(store.check({ writing: true })).rejects.toMatchObject({ kind: "denied" });
});

it("no file can be created any more: no half of one is left, and the folder is named", async (context) => {
  const reason = disk.mount("nr_inodes=3");
  if (reason !== undefined) skipBecause(context, reason);
  const store = open({ to: `file://${disk.path}` });
  const error = await store.put("a/b/c/object", body("x")).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ kind: "full" });
  expect(String(error)).toMatch(/ENOSPC.*Free some space/);
  expect(String(error)).toContain(join(disk.path, "a"));
  expect(disk.files()).toEqual([]);
});

it("a file where a folder has to be: the file is named, and it is kept", async () => {
  const path = join(folder.path, "with-file");
  mkdirSync(path);
  writeFileSync(join(path, "app"), "theirs");
  const error = await open({ to: `file://${path}` })
    .put("app/public/object", body("x"))
    .catch((refused: unknown) => refused);
  expect(error).toMatchObject({ kind: "key" });
  expect(String(error)).toContain(`"${join(path, "app")}" is no directory. A file is where a folder must be: move it`);
  expect(readdirSync(path)).toEqual(["app"]);
});

it("a path that is too long for the file system: what to shorten is said", async () => {
  let path = folder.path;
  while (path.length < 3_700) {
    path = join(path, "d".repeat(Math.min(200, 3_701 - path.length)));
    mkdirSync(path);
  }
  const store = open({ to: `file://${path}` });
  const key = ["a".repeat(200), "b".repeat(200), "object"].join("/");
  for (const asked of [() => store.put(key, body("x")), () => store.head(key)])
    await expect(asked()).rejects.toMatchObject({
      kind: "key",
      message: expect.stringMatching(/ENAMETOOLONG.*a directory with a shorter path/),
    });
});

it("a directory of another user: the folder is named, and that this user has to be let write there", async (context) => {
  const path = join(folder.path, "theirs");
  mkdirSync(path);
  // The folders above are open, so that it is the directory itself that refuses.
  chmodSync(folder.path, 0o755);
  chmodSync(path, 0o555);
  const other = account();
  if (other && process.seteuid === undefined) skipBecause(context, "the user of a process cannot be changed here");
  const store = open({ to: `file://${path}` });
  if (other) process.seteuid?.(other.uid);
  try {
    const error = await store.put("new/object", body("x")).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ kind: "denied" });
    expect(String(error)).toMatch(/EACCES: permission denied.*Let the user of this process write there\./);
    expect(String(error)).toContain(join(path, "new"));
    // The kernel asks about the real user where one only looks, and here only the effective one is another.
    if (!other) await expect(store.check({ writing: true })).rejects.toMatchObject({ kind: "denied" });
  } finally {
    if (other) process.seteuid?.(0);
  }
  expect(readdirSync(path)).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o555);
});
