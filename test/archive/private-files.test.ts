// What holds rows on the disk of the machine that archives is read by no other user, from its first byte on.
import { mkdtempSync, readdirSync, rmSync, statSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { convertToParquet } from "../../archive/codec/as-parquet";
import { openCodecOf } from "../../archive/codec/open-codec";
import { openTextCodec } from "../../archive/codec/text-codec";
import { chooseParquetColumns } from "../../core/archive/format/parquet-columns";

let folder: string;
const before = process.umask();
beforeEach(() => {
  process.umask(0o022);
  folder = mkdtempSync(join(tmpdir(), "pgpartition-private-"));
});
afterEach(() => {
  process.umask(before);
  rmSync(folder, { recursive: true, force: true });
});

const columns = chooseParquetColumns(
  ["id", "note"].map((name, index) => ({
    name,
    type: index === 0 ? "integer" : "text",
    kind: "b",
    category: index === 0 ? "N" : "S",
    notNull: false,
    generated: false,
  })),
);

const text = (): Readable =>
  Readable.from(Array.from({ length: 2_000 }, (_, n) => Buffer.from(`"${String(n)}","${"x".repeat(100)}"\n`)));

/** Mode of every file that was there at a moment, by what inotify tells and by what is left. */
function watched(): { readonly modes: Map<string, number>; close(): void } {
  const modes = new Map<string, number>();
  const look = (): void => {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      try {
        modes.set(path.slice(folder.length + 1).replace(/-\w{6}\//, "/"), statSync(path).mode & 0o777);
      } catch {
        // Removed meanwhile.
      }
    }
  };
  const watcher = watch(folder, { recursive: true }, look);
  return {
    modes,
    close: () => {
      look();
      watcher.close();
    },
  };
}

it.each(["parquet", "csv", "rows"] as const)("spool, %s file and what is decoded of it are 0600", async (encoding) => {
  const settings = { directory: folder, maxTextBytes: 10_000_000 };
  const codec = encoding === "rows" ? await openTextCodec(settings) : await openCodecOf(encoding, columns, settings);
  const seen = watched();
  const file = join(folder, encoding === "csv" ? "part.csv.zst" : "part.parquet");
  try {
    await codec.encode(text(), file);
    for await (const _piece of await codec.read(file)) seen.modes.set("read", statSync(file).mode & 0o777);
  } finally {
    seen.close();
    await codec.close();
  }
  expect([...seen.modes.keys()].some((name) => name.startsWith("part."))).toBe(true);
  expect([...new Set(seen.modes.values())]).toEqual([0o600]);
});

it("files that a query writes for a CSV have mode 0600", async () => {
  const codec = await openCodecOf("csv", columns, { directory: folder, maxTextBytes: 10_000_000 });
  const file = join(folder, "part.csv.zst");
  await codec.encode(text(), file);
  await codec.close();
  const made = await convertToParquet(file, columns, new AbortController().signal);
  expect(statSync(made).mode & 0o777).toBe(0o600);
});
