import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../tools/bundle.mjs";
import { ask } from "./wire-support";

const folder = mkdtempSync(join(tmpdir(), "wire-process-"));
const plugin = join(folder, "plugin.cjs");

beforeAll(() => bundle("provider/main.ts", plugin));
afterAll(() => rmSync(folder, { recursive: true }));

/** The first line the process prints. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => reject(new Error(`exited with ${code} before a line`)));
  });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end && alive(pid);) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return !alive(pid);
}

describe("plugin process", () => {
  it("prints its port and nothing else, serves on it, and exits with 0 on SIGINT", async () => {
    const child = spawn(process.execPath, [plugin, "--logtostderr", "--tracing", "x:1", "127.0.0.1:1"]);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const port = await firstLine(child);
    expect(port).toMatch(/^\d+$/);
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    expect((await ask(client, "getPluginInfo", new Empty())).getVersion()).toMatch(/^\d+\.\d+\.\d+/);
    client.close();
    const code = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await code).toBe(0);
    expect(output).toBe(`${port}\n`);
  });

  it("exits when its parent was killed", async () => {
    const script = `
      const child = require("node:child_process").spawn(process.execPath, [process.argv[1]], { stdio: ["pipe", "pipe", "ignore"] });
      child.stdout.once("data", () => console.log(child.pid));
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ["-e", script, plugin]);
    const pid = Number(await firstLine(parent));
    expect(alive(pid)).toBe(true);
    parent.kill("SIGKILL");
    expect(await gone(pid, 4_000)).toBe(true);
  });
});
