// A Debian package, only unpacked: nothing is installed.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { workFolder } from "../paths";

const run = promisify(execFile);

/** Returns the unpacked root of the package, created once; `marker` is a path in it. */
export async function unpacked(debianPackage: string, marker: string): Promise<string> {
  const folder = join(workFolder, "debian", debianPackage);
  if (existsSync(join(folder, marker))) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  // Renamed when complete: two test files may want the same package at once.
  const filling = mkdtempSync(`${folder}.partial-`);
  try {
    await extract(debianPackage, filling);
    rmSync(folder, { recursive: true, force: true });
    renameSync(filling, folder);
  } catch (error) {
    if (!existsSync(join(folder, marker))) throw error;
  } finally {
    rmSync(filling, { recursive: true, force: true });
  }
  return folder;
}

/** Explains in one line why a package is not available. */
export function notToBeHad(debianPackage: string, error: unknown): string {
  const text = error instanceof Error ? error.message.split("\n").slice(0, 2).join(" ") : String(error);
  return `${debianPackage} is not to be had here: ${text}`;
}

/** Returns names of the libraries that a package depends on, of alternatives the first. */
export async function librariesOf(debianPackage: string): Promise<string[]> {
  const { stdout } = await run("apt-cache", ["show", "--no-all-versions", debianPackage]);
  const depends = /^Depends: (.*)$/m.exec(stdout)?.[1] ?? "";
  return depends.split(",").flatMap((one) => /^\s*(lib[^\s|(:]+)/.exec(one)?.[1] ?? []);
}

async function extract(debianPackage: string, folder: string): Promise<void> {
  await run("apt-get", ["download", debianPackage], { cwd: folder });
  const name = readdirSync(folder).find((entry) => entry.startsWith(debianPackage) && entry.endsWith(".deb"));
  if (name === undefined) throw new Error("apt-get download left no package");
  await run("dpkg-deb", ["--extract", name, "."], { cwd: folder });
}
