import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot, workFolder } from "../../../tools/paths";
import { skipBecause } from "../../support/skip";

/** Of the whole process, the runtime and DuckDB's own code included. */
const MEGABYTES = 300;

// Bundled as the plugin is: DuckDB stays outside and is found from the bundle's place.
describe("the memory of an archive, in a process as the plugin's", () => {
  const bundle = join(workFolder, `archive-memory-${String(process.pid)}.cjs`);

  beforeAll(() =>
    build({
      absWorkingDir: repositoryRoot,
      entryPoints: ["test/archive/parquet/memory-process.ts"],
      outfile: bundle,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      external: ["pg-native", "@duckdb/node-api"],
      logLevel: "error",
    }),
  );
  afterAll(() => rm(bundle, { force: true }));

  it.for([
    { what: "short rows", rowBytes: 200, chunks: 3, megabytes: 100 },
    { what: "one large chunk", rowBytes: 2_000, chunks: 1, megabytes: 500 },
    { what: "rows of 10 MB", rowBytes: 10_000_000, chunks: 2, megabytes: 100 },
  ])("stays bounded: $what", { timeout: 180_000 }, async ({ rowBytes, chunks, megabytes }, context) => {
    if (process.platform !== "linux")
      skipBecause(context, "only Linux says the peak memory of a process that has ended");
    const args = [bundle, ...[rowBytes, chunks, megabytes * 1_000_000].map(String)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { peakMegabytes } = JSON.parse(stdout) as { readonly peakMegabytes: number };
    console.log(`peak of ${megabytes} MB in ${chunks} chunks: ${peakMegabytes.toFixed(0)} MB`);
    expect(peakMegabytes).toBeLessThan(MEGABYTES);
  });
});
