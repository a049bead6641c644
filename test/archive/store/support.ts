// What is stored in these tests, and stores that are closed behind them.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { openStore } from "../../../archive/store/open";
import type { S3Limits } from "../../../archive/store/s3-client";
import type { Content, ObjectStore } from "../../../archive/store/store";
import type { StoreSettings } from "../../../core/declare/archive/store-settings";
import { QUICK } from "./limits";

export type FileContent = Extract<Content, { path: string }>;

/** A folder for the file's tests. */
export function withFolder(): { readonly path: string; file(bytes: number): FileContent } {
  const path = mkdtempSync(join(tmpdir(), "pgpartition-store-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const file = (bytes: number): FileContent => {
    const content = randomBytes(bytes);
    const name = join(path, `${randomBytes(6).toString("hex")}.content`);
    writeFileSync(name, content);
    return { path: name, bytes, sha256: sha256(content) };
  };
  return { path, file };
}

/** Opens stores that end with the test. */
export function withStores(): (settings: StoreSettings, limits?: Partial<S3Limits>) => ObjectStore {
  const opened: ObjectStore[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));
  return (settings, limits = QUICK) => {
    const store = openStore(settings, limits);
    opened.push(store);
    return store;
  };
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

export function body(text: string): { readonly body: Uint8Array } {
  return { body: Buffer.from(text) };
}

export async function keysBelow(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** With these variables of the environment, undefined for none, for one body. */
export async function withEnvironment(
  changes: Readonly<Record<string, string | undefined>>,
  body: () => Promise<void>,
): Promise<void> {
  const set = (values: Readonly<Record<string, string | undefined>>): void => {
    for (const [name, value] of Object.entries(values))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, process.env[name]]));
  set(changes);
  try {
    await body();
  } finally {
    set(before);
  }
}
