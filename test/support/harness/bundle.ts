// The plugin with its fault points.
import { join } from "node:path";
import { bundle, pluginScript } from "../../../tools/bundle.mjs";
import { workFolder } from "../../../tools/paths";

/** Folder for `plugins.providers[].path` of a Pulumi.yaml. The global setup fills it once for a run. */
export const testPluginFolder = join(workFolder, "test-plugin");

const plugin = join(testPluginFolder, "plugin.cjs");

/** What `node` is given to start the plugin, before its own arguments. */
export const pluginStart: readonly string[] = [join(__dirname, "cached-start.cjs"), plugin];

/** Preloaded into the processes that load the SDK. */
export const quickStart = join(__dirname, "quick-start.cjs");

/** The process that serves many plugins and programs. */
export const pluginHost = join(testPluginFolder, "plugin-host.cjs");

export async function buildTestBundles(): Promise<void> {
  const define = { PGPARTITION_FAULTPOINTS: "true" };
  await Promise.all([
    // A script from the cache of its machine code knows no import(): what is outside of the bundle is required.
    bundle("provider/main.ts", plugin, { define, supported: { "dynamic-import": false } }),
    bundle("test/support/harness/plugin-host.ts", pluginHost, { define }),
  ]);
  await pluginScript(join(testPluginFolder, "pulumi-resource-pgpartition"), pluginStart);
}
