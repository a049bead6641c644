// Bundles the stand-ins, so that the engine can start them as it starts any provider.
import { join } from "node:path";
import { bundle, pluginScript } from "../../../tools/bundle.mjs";
import { workFolder } from "../../../tools/paths";

type StandInName = "aws" | "postgresql";

/** Folder for `plugins.providers[].path` of a Pulumi.yaml; it holds them all. */
export const standInFolder = join(workFolder, "test-stand-in");

export async function buildStandIns(names: readonly StandInName[]): Promise<void> {
  for (const name of names) {
    const file = join(standInFolder, `${name}.cjs`);
    await bundle(`test/support/stand-in/${name}.ts`, file);
    await pluginScript(join(standInFolder, `pulumi-resource-${name}`), [file]);
  }
}
