// Finds modules as a program would, and the versions that a program depends on.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Searches from the program's folder upwards, so that the program's own @pulumi/pulumi runs it. */
export function locate(module: string, folder: string): string {
  try {
    return createRequire(join(folder, "_")).resolve(module);
  } catch (cause) {
    throw new Error(`"${module}" cannot be found from ${folder}: run "npm ci" there`, { cause });
  }
}

interface Dependency {
  readonly name: string;
  readonly version: string;
}

/** Returns direct dependencies of the nearest package.json, with the installed versions; those not installed are left out. */
export function dependencies(folder: string): readonly Dependency[] {
  const home = packageFolder(folder);
  if (home === undefined) return [];
  const declared = field(readJson(join(home, "package.json")), "dependencies");
  return Object.keys(typeof declared === "object" && declared !== null ? declared : {}).flatMap((name) => {
    const version = field(readJson(join(home, "node_modules", name, "package.json")), "version");
    return typeof version === "string" ? [{ name, version }] : [];
  });
}

function packageFolder(folder: string): string | undefined {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : packageFolder(parent);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
