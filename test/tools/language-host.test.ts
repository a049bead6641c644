import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { pulumiEnvironment } from "../../tools/stand-ins/engine/environment";
import { resolveEngine } from "../../tools/stand-ins/engine/resolve";
import { endsWithin } from "../support/processes";
import { withProject } from "../support/pulumi";

const program = `
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
class Thing extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Thing", name);
    this.registerOutputs({});
  }
}
new Thing(config.require("thing"));
export const greeting = pulumi.interpolate\`hello \${config.require("thing")} from \${pulumi.getStack()}\`;
`;

const project = withProject({
  "Pulumi.yaml": "name: language-host-test\nruntime: nodejs\nmain: index.ts\n",
  "index.ts": program,
});

beforeAll(async () => {
  expect(await project.run("stack", "init", "dev")).toMatchObject({ code: 0 });
  expect(await project.run("config", "set", "thing", "one")).toMatchObject({ code: 0 });
});

describe("a TypeScript program run by the real engine", () => {
  it("is previewed, brought up, and found unchanged the second time", async () => {
    const first = await project.run("up", "--yes", "--skip-preview");
    expect(first.stdout).toContain("+ 2 created");
    expect(first.stdout).toContain('greeting: "hello one from dev"');
    const second = await project.run("preview", "--diff", "--expect-no-changes");
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("2 unchanged") as unknown });
  });

  it("fails with the program's own message, once", async () => {
    project.write({ "index.ts": 'throw new Error("no such thing");' });
    const result = await project.run("preview");
    project.write({ "index.ts": program });
    expect(result.code).not.toBe(0);
    expect(result.stdout + result.stderr).toContain("no such thing");
    expect(result.stdout + result.stderr).not.toContain("non-zero exit code");
  });

  it("passes through what the program prints and how it was left", async () => {
    project.write({ "index.ts": 'console.log("printed"); process.exit(3);' });
    const result = await project.run("preview");
    project.write({ "index.ts": program });
    expect(result.stdout).toContain("printed");
    expect(result.stdout + result.stderr).toContain("Program exited with non-zero exit code: 3");
  });

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("ends, with its host, when the engine gets %s", async (signal) => {
    const file = join(project.folder, `pids-${signal}`);
    project.write({
      "index.ts": `
        require("fs").writeFileSync(${JSON.stringify(file)}, process.pid + " " + process.ppid);
        setInterval(() => undefined, 1000);
        export = new Promise(() => undefined);`,
    });
    const engine = await resolveEngine();
    const env = pulumiEnvironment(engine, { ...process.env, ...project.env });
    const child = spawn(engine.command, ["preview", "--non-interactive"], {
      cwd: project.folder,
      env,
      stdio: "ignore",
    });
    while (!existsSync(file)) await sleep(50);
    await sleep(100);
    const pids = readFileSync(file, "utf8").split(" ").map(Number);
    child.kill(signal);
    // Pulumi gives a program that does not heed the first interrupt some seconds.
    for (const pid of pids) expect(await endsWithin(pid, 15_000)).toBe(true);
    project.write({ "index.ts": program });
  });
});

describe("a policy pack written in TypeScript", () => {
  it("is started by the host and stops a program", async () => {
    mkdirSync(join(project.folder, "pack"));
    project.write({
      "pack/PulumiPolicy.yaml": "runtime: nodejs\nmain: index.ts\n",
      "pack/package.json": '{"name":"pack","version":"1.0.0","main":"index.ts"}',
      "pack/index.ts": `
        import { PolicyPack } from "@pulumi/policy";
        new PolicyPack("pack", {
          policies: [{
            name: "no-things", description: "no things", enforcementLevel: "mandatory",
            validateResource: (args, report) => { if (args.type === "test:index:Thing") report("a thing: " + args.name); },
          }],
        });`,
    });
    const result = await project.run("preview", "--policy-pack", "pack");
    expect(result.code).not.toBe(0);
    expect(result.stdout + result.stderr).toContain("a thing: one");
  });
});
