import { beforeAll, describe, expect, test, vi } from "vitest";
import { withDatabase } from "../support/database";
import { npm } from "../support/harness/packed";
import { type Installation, installPackage, makePulumiProject, NEWEST_LTS, readmeProgram, run } from "./installed";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const PACK = "node_modules/pulumi-pgpartition/policies";
const POLICIES = ["--policy-pack", PACK, "--policy-pack-config", `${PACK}/config/dev.json`];

describe.each(["current", "newest"] as const)("installed from the tarball by the %s Node", (which) => {
  const database = withDatabase();
  let installed: Installation;
  let project: Awaited<ReturnType<typeof makePulumiProject>>;
  beforeAll(async () => {
    installed = (await installPackage())[which];
    project = await makePulumiProject(installed, `${readmeProgram()}\nexport const node = process.version;`, {
      PGHOST: database.host,
      PGPORT: String(database.port),
      PGUSER: database.user,
      PGPASSWORD: database.password,
      PGDATABASE: database.database,
      PGSSLMODE: "disable",
    });
  });

  test("the README's program is previewed and runs", async () => {
    const { code, stdout, stderr } = await project.pulumi("up", "--yes");
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain("Previewing update (dev)");
    expect(stdout).toContain("public.events");
    expect(stdout).toContain(which === "newest" ? `"v${NEWEST_LTS}.` : `"${process.version}"`);
  });

  test("the command line reads what the update did", async () => {
    const status = await run(installed, "npx", ["pgpartition", "status"], project.env);
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("public.events") as unknown });
  });

  if (which === "current") {
    test.each([
      ["an archive in Parquet needs the package @duckdb/node-api", ["query", "public.events", "select 1"]],
      [
        "an archive in S3 needs the package @aws-sdk/client-s3",
        ["restore", "public.events", "--manifest", "s3://bucket/events/_2025-01.manifest.json"],
      ],
    ])("the command line says: %s", async (words, args) => {
      const { code, stderr } = await run(installed, "npx", ["pgpartition", ...args], project.env);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(words) as unknown });
      expect(stderr).toMatch(/run: npm install @\S+@\S+\n/);
    });

    test("a policy pack without its SDK says what to install, and starts once that is done", async () => {
      const without = await project.pulumi("preview", ...POLICIES);
      expect(without.code).not.toBe(0);
      const said = `${without.stdout}${without.stderr}`;
      const [, command] =
        /the policy pack pgpartition needs .* run: npm install (@pulumi\/policy@\S+)/.exec(said) ?? [];
      expect(command, said).toBeDefined();
      await npm(["install", command ?? ""], installed.folder, installed.env);
    });
  }

  test("the policy pack in node_modules judges the plan", async () => {
    const { stdout, stderr } = await project.pulumi("preview", ...POLICIES);
    expect(stdout, stderr).toMatch(/^Policies:$/m);
    expect(stdout).toContain("pgpartition@v0.1.0");
    expect(stdout).toContain("public.events: owner is missing");
  });
});

describe("without the optional packages", () => {
  let installed: Installation;
  beforeAll(async () => {
    installed = (await installPackage()).current;
  });

  test.each([
    ['archive bucket "a" needs the package @pulumi/aws', `new ArchiveBucket("a")`],
    [
      'prerequisites of database "d" needs the package @pulumi/postgresql',
      `new PartitionedDatabase("d", { connection: {}, tables: {}, prerequisites: { schemas: ["app"] } })`,
    ],
  ])("a program is told: %s", async (words, statement) => {
    const script = `
      const pulumi = require("@pulumi/pulumi");
      pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) });
      const { ArchiveBucket, PartitionedDatabase } = require("pulumi-pgpartition");
      try { ${statement}; } catch (error) { console.log(error.message); process.exit(0); }`;
    const { stdout } = await run(installed, "node", ["-e", script]);
    expect(stdout).toContain(words);
    expect(stdout).toMatch(/run: npm install @pulumi\/\w+@\S+\n/);
  });

  test("the names of the package can be imported by an ES module", async () => {
    const script = `import { PartitionedDatabase, ArchiveBucket } from "pulumi-pgpartition"; console.log(typeof PartitionedDatabase, typeof ArchiveBucket);`;
    const { stdout, stderr } = await run(installed, "node", ["--input-type=module", "-e", script]);
    expect(stdout, stderr).toBe("function function\n");
  });
});
