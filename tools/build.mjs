// Bundles what is started or imported from outside: the provider plugin, the language host, the command line, the policy
// pack, the components. A bundle starts in about 35 ms where the same modules take 80 ms from node_modules; the engine waits
// for that start in every preview and update. And what a bundle carries need not be installed with the package.
// Run by the scripts that need it, not by npm's `prepare`, which npm would also name to those who install the package.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const bundles = [
  { entry: "provider/main.ts", out: "dist/plugin.cjs" },
  { entry: "tools/stand-ins/language-host/main.ts", out: "dist/language-host.cjs" },
  { entry: "cli/main.ts", out: "dist/cli.cjs" },
  // Pulumi type-checks a pack written in TypeScript at each start: 1.1 s of every preview (measured, 3.250.0), and below
  // node_modules it compiles none. The SDK stays outside: the process that loads a pack or a program has it already, and
  // there must be one copy only.
  { entry: "policies/index.ts", out: "dist/policies.cjs", external: ["@pulumi/*"] },
  { entry: "components/index.ts", out: "dist/index.js", external: ["@pulumi/*"] },
];

/** A failed bundle is removed: an old one would be taken for the present source. */
async function built({ entry, out, external = [] }) {
  if (!existsSync(join(root, entry))) {
    console.error(`build: ${out} left out, ${entry} does not exist`);
    return true;
  }
  try {
    await bundle(entry, out, { external, sourcemap: true, sourcesContent: false });
    return true;
  } catch {
    // esbuild has printed the errors.
    await rm(join(root, out), { force: true });
    return false;
  }
}

if ((await Promise.all(bundles.map(built))).includes(false)) process.exitCode = 1;
