// Turns every program of this repository into one file: what ships, what tests start, what benches measure.
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Options of all bundles; names are kept because error classes are distinguished by name over gRPC. */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  keepNames: true,
  loader: { ".sql": "text" },
  legalComments: "none",
  logLevel: "warning",
};

/**
 * Modules that are not bundled. pg loads pg-native only if it is installed; it is a compiled module that does not ship. DuckDB
 * is another one, installed with the package, and the SDK of S3 is large: both are loaded at the first archive, not before.
 */
const OUTSIDE = ["pg-native", "@duckdb/*", "@aws-sdk/*"];

export async function bundle(entry, out, { external = [], ...more } = {}) {
  const { outputFiles } = await build({
    ...options,
    ...more,
    external: [...OUTSIDE, ...external],
    entryPoints: [entry],
    outfile: out,
    write: false,
  });
  await mkdir(dirname(resolve(root, out)), { recursive: true });
  await Promise.all(outputFiles.map(({ path, contents }) => replaceFile(path, contents)));
}

export async function pluginScript(path, command) {
  const quoted = [process.execPath, ...command].map((part) => `"${part}"`).join(" ");
  await replaceFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`);
}

/** Renamed into place, because a test run or an engine may start the program at this moment. */
async function replaceFile(path, contents) {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await chmod(temporary, 0o755);
  await rename(temporary, path);
}
