// An extension as packaged by Debian, in a copy of the embedded server of the same major version: npm has only the server.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { workFolder } from "../paths";
import { account } from "./account";
import { type Binaries, binaries } from "./binaries";
import { notToBeHad, unpacked } from "./debian-package";
import { reachable } from "./reachable";

const VERSION = 15;

/** Returns the server with the extension, or why it is not available. Nothing is installed: the package is only unpacked. */
export async function withDebianExtension(
  debianPackage: string,
): Promise<{ readonly binaries: Binaries } | { readonly reason: string }> {
  if (process.platform !== "linux") return { reason: `${debianPackage} is for Linux, this is ${process.platform}` };
  try {
    const files = await unpacked(debianPackage, join("usr", "lib", "postgresql", String(VERSION), "lib"));
    const server = binaries(VERSION);
    const base = reachable(server, account());
    const release = `${server.release}-${debianPackage}`;
    // Where only a copy can be run the next one is stored next to it; elsewhere it must not be in node_modules.
    const home = base === server.folder ? join(workFolder, "postgres") : dirname(base);
    return { binaries: { folder: combined(base, files, join(home, `${release}-${process.arch}`)), release } };
  } catch (error) {
    return { reason: notToBeHad(debianPackage, error) };
  }
}

/** Renames the copy when complete, so that an interrupted one is never used. */
function combined(base: string, files: string, target: string): string {
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const temporary = mkdtempSync(`${target}.partial-`);
  try {
    cpSync(base, temporary, { recursive: true, verbatimSymlinks: true });
    const version = String(VERSION);
    cpSync(join(files, "usr/lib/postgresql", version, "lib"), join(temporary, "lib/postgresql"), { recursive: true });
    const extensions = join(files, "usr/share/postgresql", version, "extension");
    if (existsSync(extensions)) cpSync(extensions, join(temporary, "share/postgresql/extension"), { recursive: true });
    spawnSync("chmod", ["-R", "a+rX", temporary]);
    chmodSync(temporary, 0o755);
    if (!existsSync(target)) renameSync(temporary, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return target;
}
