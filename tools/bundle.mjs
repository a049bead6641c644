// How every program of ours becomes one file: what ships, what tests start, what benches measure.
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Shared by all bundles; names are kept because error classes are told apart by name over gRPC. */
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
 * pg asks for pg-native only when it is there; it is a compiled module that we do not ship. DuckDB is one that is installed with
 * the package, and the SDK of S3 is large: both are loaded when something is archived, and not before.
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
