// What may happen to an object where it lies.
import { createHash } from "node:crypto";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

/** Each leaves the object of the same length, so that no look at its size tells. */
export const DAMAGES = {
  "a byte in the middle": (content: Buffer) => flip(content, Math.floor(content.length / 2)),
  "its first byte": (content: Buffer) => flip(content, 0),
  "its last byte": (content: Buffer) => flip(content, content.length - 1),
  "its second half lost and filled up": (content: Buffer) => content.fill(0, Math.floor(content.length / 2)),
} as const satisfies Record<string, (content: Buffer) => Buffer>;

export type Damage = keyof typeof DAMAGES;

/** Size and time of the file stay, as on a disk that forgets. */
export function damage(file: string, how: Damage): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, DAMAGES[how](readFileSync(file)));
  utimesSync(file, atime, mtime);
}

/** The object is damaged, and the manifest says that it should be so. */
export function damageWithManifest(file: string, manifest: string, how: Damage = "a byte in the middle"): void {
  damage(file, how);
  const said = JSON.parse(readFileSync(manifest, "utf8")) as { parts: { name: string; sha256: string }[] };
  for (const part of said.parts)
    if (part.name === basename(file)) part.sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  writeFileSync(manifest, `${JSON.stringify(said, undefined, 2)}\n`);
}

function flip(content: Buffer, at: number): Buffer {
  content[at] = (content[at] ?? 0) ^ 1;
  return content;
}
