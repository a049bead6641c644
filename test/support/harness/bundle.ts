// Builds the plugin with its fault points, and the components as a plain module for programs that the engine runs.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot, workFolder } from "../../../tools/paths";

export interface TestBundles {
  /** Folder for `plugins.providers[].path` of a Pulumi.yaml. */
  readonly pluginFolder: string;
  /** The plugin itself, for `node`. */
  readonly plugin: string;
  /** What `import "pulumi-pgpartition"` is to users. */
  readonly components: string;
}

let built: Promise<TestBundles> | undefined;

/** Once for each test process; half a second. Renamed into place, because another worker may be starting the same file. */
export function testBundles(): Promise<TestBundles> {
  built ??= buildAll();
  return built;
}

async function buildAll(): Promise<TestBundles> {
  const pluginFolder = join(workFolder, "test-plugin");
  mkdirSync(pluginFolder, { recursive: true });
  const plugin = join(pluginFolder, "plugin.cjs");
  const components = join(pluginFolder, "components.cjs");
  await Promise.all([
    bundle("provider/main.ts", plugin, {
      define: { PGPARTITION_FAULTPOINTS: "true" },
      external: ["pg-native", "@duckdb/*", "@aws-sdk/*"],
    }),
    bundle("components/index.ts", components, { external: ["@pulumi/*"] }),
  ]);
  const script = join(pluginFolder, "pulumi-resource-pgpartition");
  replace(script, `#!/bin/sh\nexec "${process.execPath}" "${plugin}" "$@"\n`);
  return { pluginFolder, plugin, components };
}

interface Extra {
  readonly define?: Record<string, string>;
  readonly external: string[];
}

async function bundle(entry: string, outfile: string, extra: Extra): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [entry],
    outfile,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    keepNames: true,
    loader: { ".sql": "text" },
    logLevel: "error",
    ...extra,
  });
  for (const file of outputFiles) replace(file.path, file.text);
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${String(process.pid)}`;
  writeFileSync(temporary, text);
  chmodSync(temporary, 0o755);
  renameSync(temporary, path);
}
