// The object store of tests and demo: found, built once, started and ended.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { findObjectStore, objectStoreVersion } from "../../../tools/stand-ins/object-store/build";
import { makeBucket } from "../../../tools/stand-ins/object-store/bucket";
import { type ObjectStoreServer, startObjectStore } from "../../../tools/stand-ins/object-store/server";
import { repositoryRoot } from "../../../tools/paths";
import { findInCommandLines, findInText } from "../../support/harness/canary";
import { BUILD_MS } from "../../support/harness/object-store";
import { alive, endsWithin } from "../../support/processes";
import { skipBecause, type Skipping } from "../../support/skip";
import { withFolder } from "./support";

const folder = withFolder();
const quiet = { say: () => undefined };

/** A machine of its own: an empty cache, and a `go` that does as the script says. */
function machine(name: string, go?: string) {
  const root = join(folder.path, name);
  mkdirSync(join(root, "bin"), { recursive: true });
  if (go !== undefined) {
    writeFileSync(join(root, "bin", "go"), `#!/bin/sh\n${go}\n`);
    chmodSync(join(root, "bin", "go"), 0o755);
  }
  const env = {
    PATH: go === undefined ? join(root, "bin") : `${join(root, "bin")}:/usr/bin:/bin`,
    XDG_CACHE_HOME: root,
  };
  return { root, env, cache: join(root, "pulumi-pgpartition", "object-store") };
}

describe("building the object store", () => {
  it("reports what is missing without Go", async () =>
    expect(await findObjectStore({ ...quiet, env: machine("no-go").env })).toEqual({
      reason: "go is not on PATH, so the object store of tools/stand-ins/object-store is not built",
    }));

  it("is done once for two that ask at the same time, and then taken from the cache", async () => {
    // Writes the file after -o, slowly enough for the second one to arrive.
    const calls = join(folder.path, "calls");
    const script = `echo build >> "${calls}"; sleep 0.5
      while [ "$1" != -o ]; do shift; done; echo > "$2"; chmod +x "$2"`;
    const { env, cache } = machine("twice", script);
    const [one, other] = await Promise.all([findObjectStore({ ...quiet, env }), findObjectStore({ ...quiet, env })]);
    expect(one).toEqual({ command: join(cache, objectStoreVersion, "versitygw") });
    expect(other).toEqual(one);
    expect(await findObjectStore({ env: { ...env, PATH: "" } })).toEqual(one);
    expect(readFileSync(calls, "utf8")).toBe("build\n");
    expect(readdirSync(cache)).toEqual([objectStoreVersion]);
  });

  it("that fails gives the compiler's last lines and leaves nothing half-made", async () => {
    const { env, cache } = machine("broken", "echo 'go: downloading x' >&2; echo 'undefined: y' >&2; exit 1");
    expect(await findObjectStore({ ...quiet, env })).toEqual({
      reason: "the object store cannot be built: undefined: y",
    });
    expect(readdirSync(cache)).toEqual([]);
  });

  it("is of the version that its module asks for", () =>
    expect(readFileSync(join(repositoryRoot, "tools", "stand-ins", "object-store", "go", "go.mod"), "utf8")).toContain(
      `github.com/versity/versitygw v${objectStoreVersion} `,
    ));
});

describe("the running object store", () => {
  beforeAll(() => findObjectStore(), BUILD_MS);

  const start = async (context: Skipping, kept?: string): Promise<ObjectStoreServer> => {
    const found = await findObjectStore();
    if ("reason" in found) skipBecause(context, found.reason);
    return startObjectStore(kept === undefined ? {} : { folder: kept });
  };

  it("listens on loopback with random keys that no command line shows, and leaves neither process nor data", async (context) => {
    const store = await start(context);
    try {
      expect(store.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(alive(store.pid)).toBe(true);
      expect(findInCommandLines(store.secretAccessKey)).toEqual([]);
      expect(findInText("log", readFileSync(store.logFile, "utf8"), store.secretAccessKey)).toEqual([]);
      expect((await fetch(store.endpoint)).status).toBe(403);
    } finally {
      await store.stop();
    }
    expect(alive(store.pid)).toBe(false);
    expect(existsSync(dirname(store.logFile))).toBe(false);
  });

  it("keeps its buckets in a folder that is kept, under new keys", async (context) => {
    const kept = join(folder.path, "kept");
    mkdirSync(kept);
    const first = await start(context, kept);
    await makeBucket(first, "kept");
    await first.stop();
    const second = await start(context, kept);
    try {
      expect(second.secretAccessKey).not.toBe(first.secretAccessKey);
      await expect(makeBucket(second, "kept")).rejects.toMatchObject({ name: expect.stringMatching(/^Bucket/) });
    } finally {
      await second.stop();
    }
  });

  it("ends with the process that started it, even by kill -9", async (context) => {
    const found = await findObjectStore();
    if ("reason" in found) skipBecause(context, found.reason);
    const script = `require("${join(repositoryRoot, "tools/stand-ins/object-store/server.ts")}").startObjectStore().then((store) => {
      console.log(store.pid); setInterval(() => undefined, 1000); })`;
    const child = spawn(process.execPath, ["--import", "tsx", "--eval", script], {
      cwd: repositoryRoot,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) =>
      child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))),
    );
    expect(alive(pid)).toBe(true);
    child.kill("SIGKILL");
    expect(await endsWithin(pid, 10_000)).toBe(true);
  });
});
