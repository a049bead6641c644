import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { OPTIONAL_PACKAGES } from "../../core/problems/missing-package";
import packageJson from "../../package.json";
import { type Installation, installPackage, NEWEST_LTS } from "./installed";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

interface Manifest {
  readonly dependencies?: object;
  readonly scripts?: Readonly<Record<string, string>>;
}

describe("the package as it is installed", () => {
  let current: Installation;
  let newest: Installation;
  let own: string;
  beforeAll(async () => {
    ({ current, newest } = await installPackage());
    own = join(current.folder, "node_modules", "pulumi-pgpartition");
  });

  test("has what users start and import, and nothing that only the clone uses", () => {
    expect(listTop(own)).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "cli",
      "dist",
      "docs",
      "package.json",
      "policies",
      "tools",
    ]);
    expect(listTop(join(own, "dist"))).toEqual(["cli.cjs", "index.js", "plugin.cjs", "policies.cjs", "types"]);
    expect(listTop(join(own, "policies"))).toEqual(["PulumiPolicy.yaml", "config", "package.json"]);
    expect(listTop(join(own, "tools"))).toEqual(["plugin"]);
    expect(megabytesOf(own)).toBeLessThan(12);
  });

  test("runs nothing when it is installed", () => {
    const { scripts = {} } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as Manifest;
    for (const script of ["prepare", "preinstall", "install", "postinstall"])
      expect(scripts).not.toHaveProperty(script);
  });

  test("brings the SDK of Pulumi alone: no provider, no DuckDB, no client of S3", () => {
    for (const name of Object.keys(OPTIONAL_PACKAGES).filter((one) => one !== "@pulumi/policy"))
      for (const { folder } of [current, newest]) expect(existsSync(join(folder, "node_modules", name))).toBe(false);
    // Those of the SDK, with the compiler and the policy SDK beside: 114 when this was written.
    expect(countPackages(newest.folder)).toBeLessThan(125);
  });

  test("is allowed by the engines of the SDK that npm chooses for each Node", () => {
    for (const [{ folder }, node] of [
      [current, Number.parseInt(process.versions.node, 10)],
      [newest, Number(NEWEST_LTS)],
    ] as const) {
      const sdk = JSON.parse(
        readFileSync(join(folder, "node_modules/@pulumi/pulumi/package.json"), "utf8"),
      ) as typeof packageJson;
      const [oldest = "0"] = /\d+/.exec(sdk.engines.node) ?? [];
      expect(node).toBeGreaterThanOrEqual(Number(oldest));
    }
  });

  test("asks for the versions of optional packages that package.json allows", () => {
    const { "@pulumi/pulumi": _sdk, ...optional } = packageJson.peerDependencies;
    expect(optional).toEqual(OPTIONAL_PACKAGES);
    expect(Object.keys(packageJson.peerDependenciesMeta)).toEqual(Object.keys(OPTIONAL_PACKAGES));
  });
});

function listTop(folder: string): string[] {
  return readdirSync(folder).sort();
}

function megabytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return files.reduce((sum, file) => sum + (lstatSync(file).isFile() ? statSync(file).size : 0), 0) / 1_000_000;
}

function countPackages(folder: string): number {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as { packages: object };
  return Object.keys(lock.packages).length - 1;
}
