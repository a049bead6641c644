// kill -9 in the middle of an upload, and what is found afterwards.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { StoreSettings } from "../../../core/declare/archive/store-settings";
import { repositoryRoot } from "../../../tools/paths";
import { withObjectStore } from "../../support/harness/object-store";
import { PART } from "./limits";
import { type FileContent, keysBelow, withFolder, withStores } from "./support";

const s3 = withObjectStore();
const folder = withFolder();
const open = withStores();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A process that has sent the first part and holds still. */
async function heldUpload(settings: StoreSettings, key: string, content: FileContent): Promise<ChildProcess> {
  const script = join(__dirname, "held-upload.ts");
  const args = ["--import", "tsx", script, JSON.stringify(settings), key, JSON.stringify(content)];
  const child = spawn(process.execPath, args, { cwd: repositoryRoot, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`it ended with ${String(code)}`)));
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

const directory = (): StoreSettings => {
  const path = join(folder.path, "directory");
  mkdirSync(path);
  return { to: `file://${path}` };
};

it.each<[string, () => StoreSettings]>([
  ["S3", () => s3.settings()],
  ["a directory", directory],
])(
  "E17 killed in mid-upload to %s: no object can be seen, the leftover is given up, and the next run stores it",
  async (_, make) => {
    const settings = make();
    const file = folder.file(3 * PART);
    await kill(await heldUpload(settings, "a/killed", file));
    const store = open(settings);
    expect(await keysBelow(store)).toEqual([]);
    expect(await store.head("a/killed")).toBeUndefined();
    expect(await store.abortUploads("b/")).toBe(0);
    expect(await store.abortUploads("a/")).toBe(1);
    expect(await store.abortUploads("")).toBe(0);
    expect(await store.put("a/killed", file)).toMatchObject({ sha256: file.sha256 });
    expect(await keysBelow(store)).toEqual(["a/killed"]);
    if (settings.to.startsWith("file")) expect(readdirSync(new URL(`${settings.to}/a`))).toEqual(["killed"]);
  },
);
