// Bundles the programs that others start: the provider plugin, the language host, the command line, the policy pack.
// A bundle starts in about 35 ms where the same modules take 80 ms from node_modules; the engine waits for that
// start in every preview and update. Run by npm's `prepare`, so `npm ci` leaves a repository that works.
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const bundles = [
  { entry: "provider/main.ts", out: "dist/plugin.cjs" },
  { entry: "tools/language-host/main.ts", out: "dist/language-host.cjs" },
  { entry: "cli/main.ts", out: "dist/cli.cjs" },
  // Pulumi type-checks a pack written in TypeScript at each start: 1.1 s of every preview (measured, 3.250.0). The
  // SDK stays outside: the process that loads the pack has it already, and there must be one copy only.
  { entry: "policies/index.ts", out: "dist/policies.cjs", external: ["@pulumi/*"] },
];

/** Shared by all bundles; names are kept because error classes are told apart by name over gRPC. */
const options = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  keepNames: true,
  sourcemap: true,
  sourcesContent: false,
  loader: { ".sql": "text" },
  // pg asks for pg-native only when it is there; it is a compiled module that we do not ship. DuckDB is one that is installed
  // with the package, and the SDK of S3 is large: both are loaded when something is archived, and not before.
  external: ["pg-native", "@duckdb/*", "@aws-sdk/*"],
  legalComments: "none",
  logLevel: "warning",
};

/** A bundle that cannot be built is removed: an old one would be taken for the present source. */
async function bundle({ entry, out, external = [] }) {
  if (!existsSync(join(root, entry))) {
    console.error(`build: ${out} left out, ${entry} does not exist`);
    return true;
  }
  try {
    const { outputFiles } = await build({
      ...options,
      external: [...options.external, ...external],
      entryPoints: [entry],
      outfile: out,
      write: false,
    });
    await Promise.all(outputFiles.map(({ path, contents }) => replaceFile(path, contents)));
    return true;
  } catch {
    // esbuild has printed the errors.
    await rm(join(root, out), { force: true });
    return false;
  }
}

/** Renamed into place, because a test run or an engine may start the program at this moment. */
async function replaceFile(path, contents) {
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

await mkdir(join(root, "dist"), { recursive: true });
const built = await Promise.all(bundles.map(bundle));
if (built.includes(false)) process.exitCode = 1;
