// The benches' harness still runs: real engine, real server, the table and the JSON. What they measure is `npm run bench`.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repositoryRoot, workFolder } from "../../tools/paths";

test("npm run bench -- create --quick prints a table and writes the same as JSON", async () => {
  const args = ["--require", "./tools/sql-text.cjs", "--import", "tsx", "bench/main.ts", "create", "--quick"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
  expect(stdout).toMatch(/^what +ours +floor\/peer +ratio +limit +ok\?$/m);
  expect(stdout).toMatch(/^wall time in one session, 2 partitions .* \d+ ms +\d+ ms +\d+\.\d\d/m);
  const { rows } = JSON.parse(readFileSync(join(workFolder, "bench.json"), "utf8")) as {
    rows: readonly { ratio: number }[];
  };
  expect(rows).toHaveLength(1);
  expect(rows[0]?.ratio).toBeGreaterThan(0);
});

test("an unknown bench is refused with the existing names", async () => {
  const args = ["--require", "./tools/sql-text.cjs", "--import", "tsx", "bench/main.ts", "nonsense"];
  const run = promisify(execFile)(process.execPath, args, { cwd: repositoryRoot });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      'no bench "nonsense": there are noop, create, statements, window, levels, stall',
    ) as string,
  });
});
