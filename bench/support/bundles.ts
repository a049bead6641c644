// The plugin as it ships, and the components as users have them: compiled. Copies, so that a build meanwhile changes nothing.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle, pluginScript } from "../../tools/bundle.mjs";
import { repositoryRoot, workFolder } from "../../tools/paths";

const folder = join(workFolder, `bench-${String(process.pid)}`);

/** Folder of all files that this run writes; removed by `removeWorkFolder`. */
export const benchFolder = folder;

/** Folder for `plugins.providers[].path` of a Pulumi.yaml. */
export const pluginFolder = join(folder, "plugin");

/** File that `import "pulumi-pgpartition"` resolves to for users. */
export const componentsFile = join(folder, "components.cjs");

/** The command line, as it ships. */
export const cliFile = join(folder, "cli.cjs");

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
  copyFileSync(join(repositoryRoot, "dist", "cli.cjs"), cliFile);
  await pluginScript(join(pluginFolder, "pulumi-resource-pgpartition"), [plugin]);
  await bundle("components/index.ts", componentsFile, { external: ["@pulumi/*"] });
}
