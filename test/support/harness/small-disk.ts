// A disk of a test's own that is soon full: a tmpfs of a few megabytes, where this user may mount one.
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "../../../tools/postgres/account";

export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), "pgpartition-small-disk-"));
  private mounted = false;

  /** `options` as mount(8) takes them for tmpfs: `size=1m`. Why there is none; undefined: it is there. */
  mount(options: string, owner?: Account): string | undefined {
    const access = owner ? `mode=0700,uid=${String(owner.uid)},gid=${String(owner.gid)}` : "mode=0700";
    try {
      mount("-t", "tmpfs", "-o", `${options},${access}`, "pgpartition-test", this.path);
      this.mounted = true;
      return undefined;
    } catch (error) {
      return `no tmpfs can be mounted here: ${String((error as { readonly stderr?: Buffer }).stderr ?? error).trim()}`;
    }
  }

  remount(options: string): void {
    mount("-o", `remount,${options}`, this.path);
  }

  /** Takes all the room there is; the function returned gives it back. */
  fill(): () => void {
    const filler = join(this.path, ".filler");
    const file = openSync(filler, "w");
    // What does not fit whole is written in part.
    const piece = Buffer.alloc(1 << 20);
    try {
      for (;;) writeSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      closeSync(file);
    }
    return () => rmSync(filler);
  }

  /** Every file, as a path below it. */
  files(): string[] {
    const entries = readdirSync(this.path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  remove(): void {
    if (this.mounted) execFileSync("umount", ["--lazy", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

function mount(...args: string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}
