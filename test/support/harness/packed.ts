// The package as users get it, for the programs that the engine runs: packed by npm, and unpacked into a node_modules folder. Only the
// packages that it asks for come from the clone; test/package installs those too, into folders where nothing of the clone is found.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot, workFolder } from "../../../tools/paths";

const modules = join(workFolder, "packed", "node_modules");

/** The root of the unpacked package. */
export const packedPackage = join(modules, "pulumi-pgpartition");

/** What `import "pulumi-pgpartition"` is to users. */
export const componentsFile = join(packedPackage, "dist", "index.js");

/** Folder for `plugins.providers[].path` of a Pulumi.yaml: the plugin that ships. */
export const shippedPluginFolder = join(packedPackage, "tools", "plugin");

/** Packs what the build has made. Moved into place at once: another run may start programs from it at this moment. */
export async function unpackPackage(): Promise<void> {
  const folder = `${packedPackage}.${String(process.pid)}`;
  const former = `${folder}.former`;
  for (const one of [folder, former]) rmSync(one, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Without its scripts: they build again, and declare types that no program of these tests needs.
  await npm(["pack", "--ignore-scripts", "--pack-destination", folder], repositoryRoot);
  const [tarball = ""] = readdirSync(folder);
  await promisify(execFile)("tar", ["-xzf", join(folder, tarball), "-C", folder, "--strip-components=1"]);
  rmSync(join(folder, tarball));
  try {
    renameSync(packedPackage, former);
  } catch {
    // The first run of this clone.
  }
  renameSync(folder, packedPackage);
  rmSync(former, { recursive: true, force: true });
}

/** Runs npm as its user would, without what the npm that runs the tests has set. */
export async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|INIT_CWD|NODE)/.test(name));
  const { stdout, stderr } = await promisify(execFile)(
    "npm",
    [...args, "--prefer-offline", "--no-audit", "--no-fund"],
    { cwd, env: { ...Object.fromEntries(own), ...env }, maxBuffer: 64 * 1024 * 1024 },
  );
  return `${stdout}\n${stderr}`;
}
