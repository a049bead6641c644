// A secret that must turn up nowhere: looked for in every file and text that a run leaves.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";

/** Long enough that no chance spells it, with what encodings change: `/` and `+`. */
export function newCanary(): string {
  return `canary/${randomBytes(12).toString("hex")}+x`;
}

/** Every spelling under which the canary could be written down. */
function spellingsOf(canary: string): readonly string[] {
  return [
    ...new Set([
      canary,
      encodeURIComponent(canary),
      JSON.stringify(canary).slice(1, -1),
      Buffer.from(canary).toString("base64").replace(/=+$/, ""),
    ]),
  ];
}

/** Where the canary is, with a few characters around it. */
export function findInText(name: string, text: string, canary: string): string[] {
  return spellingsOf(canary).flatMap((spelling) => {
    const at = text.indexOf(spelling);
    return at < 0 ? [] : [`${name}: …${text.slice(Math.max(0, at - 200), at).replaceAll("\n", " ")}[HERE]`];
  });
}

/** All files below the folder. */
export function findInFolder(folder: string, canary: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .flatMap((path) => findInText(path, readFileSync(path).toString("latin1"), canary));
}

/** Command lines of all processes that may be read; and, of those started by us, nothing else: an environment is private. */
export function findInCommandLines(canary: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return findInText(`/proc/${pid}/cmdline`, readFileSync(`/proc/${pid}/cmdline`, "latin1"), canary);
      } catch {
        // It ended, or it belongs to somebody else.
        return [];
      }
    });
}
