import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../../tools/bundle.mjs";
import { workFolder } from "../../../tools/paths";
import { skipBecause } from "../../support/skip";

/** Of the whole process, the runtime and DuckDB's own code included. */
const MEGABYTES = 300;

// Bundled as the plugin is: DuckDB stays outside and is found from the bundle's place.
describe("the memory of an archive, in a process as the plugin's", () => {
  const program = join(workFolder, `archive-memory-${String(process.pid)}.cjs`);

  beforeAll(() => bundle("test/archive/parquet/memory-process.ts", program));
  afterAll(() => rm(program, { force: true }));

  it.for([
    { what: "short rows", rowBytes: 200, chunks: 3, megabytes: 100 },
    { what: "one large chunk", rowBytes: 2_000, chunks: 1, megabytes: 500 },
    { what: "rows of 10 MB", rowBytes: 10_000_000, chunks: 2, megabytes: 100 },
    { what: "short rows as CSV", rowBytes: 200, chunks: 3, megabytes: 100, format: "csv" },
    { what: "rows of 4 MB as CSV, in small parts", rowBytes: 4_000_000, chunks: 3, megabytes: 16, format: "csv" },
  ])(
    "remains bounded: $what",
    { timeout: 180_000 },
    async ({ rowBytes, chunks, megabytes, format = "parquet" }, context) => {
      if (process.platform !== "linux")
        skipBecause(context, "only Linux says the peak memory of a process that has ended");
      const args = [program, ...[rowBytes, chunks, megabytes * 1_000_000].map(String), format];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { peakMegabytes } = JSON.parse(stdout) as { readonly peakMegabytes: number };
      console.log(`peak of ${megabytes} MB in ${chunks} chunks of ${format}: ${peakMegabytes.toFixed(0)} MB`);
      expect(peakMegabytes).toBeLessThan(MEGABYTES);
    },
  );
});
