// The plugin as it ships, and the components as users have them: compiled. Copies, so that a build meanwhile changes nothing.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot, workFolder } from "../../tools/paths";

const folder = join(workFolder, `bench-${String(process.pid)}`);

/** Everything that this run writes; removed by `removeWorkFolder`. */
export const benchFolder = folder;

/** Folder for `plugins.providers[].path` of a Pulumi.yaml. */
export const pluginFolder = join(folder, "plugin");

/** What `import "pulumi-pgpartition"` is to users. */
export const componentsFile = join(folder, "components.cjs");

export function removeWorkFolder(): void {
  rmSync(folder, { recursive: true, force: true });
}

export async function buildAll(): Promise<void> {
  mkdirSync(pluginFolder, { recursive: true });
  execFileSync(process.execPath, [join(repositoryRoot, "tools", "build.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const plugin = join(pluginFolder, "plugin.cjs");
  copyFileSync(join(repositoryRoot, "dist", "plugin.cjs"), plugin);
  const script = join(pluginFolder, "pulumi-resource-pgpartition");
  writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${plugin}" "$@"\n`);
  chmodSync(script, 0o755);
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: ["components/index.ts"],
    outfile: componentsFile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    keepNames: true,
    external: ["@pulumi/*"],
    logLevel: "error",
  });
}
