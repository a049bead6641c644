import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeWorkFolder } from "../../jobs/work-folder";

const before = process.env["TMPDIR"];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "work-folder-"));
  process.env["TMPDIR"] = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  rmSync(folder, { recursive: true });
});

it("A15 B11 what a killed process left in TMPDIR is removed by the next one, and nothing of those that live", async () => {
  const own = await makeWorkFolder("archive");
  expect(dirname(own)).toBe(folder);
  const { pid: dead } = spawnSync("true");
  const named = (pid: number): string => join(folder, basename(own).replace(/-\d+-\w+$/, `-${String(pid)}-abcdef`));
  const [left, living] = [named(dead), named(process.ppid)];
  const foreign = join(folder, `pgpartition-archive-00000000-${String(dead)}-abcdef`);
  for (const each of [left, living, foreign]) mkdirSync(join(each, "parquet-1"), { recursive: true });
  const next = await makeWorkFolder("archive");
  expect([own, next, living, foreign].map((each) => existsSync(each))).toEqual([true, true, true, true]);
  expect(existsSync(left)).toBe(false);
});
