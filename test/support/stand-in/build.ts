// Bundles the stand-ins, so that the engine can start them as it starts any provider.
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot, workFolder } from "../../../tools/paths";

export type StandInName = "aws" | "postgresql";

/** Folder for `plugins.providers[].path` of a Pulumi.yaml; it holds them all. */
export const standInFolder = join(workFolder, "test-stand-in");

/** Renamed into place, because another worker may be starting the same file. */
export async function buildStandIns(names: readonly StandInName[]): Promise<void> {
  mkdirSync(standInFolder, { recursive: true });
  await Promise.all(
    names.map(async (name) => {
      const bundle = join(standInFolder, `${name}.cjs`);
      const { outputFiles } = await build({
        absWorkingDir: repositoryRoot,
        entryPoints: [`test/support/stand-in/${name}.ts`],
        bundle: true,
        write: false,
        platform: "node",
        target: "node20",
        format: "cjs",
        loader: { ".sql": "text" },
        external: ["pg-native"],
        logLevel: "error",
      });
      for (const { text } of outputFiles) replace(bundle, text);
      replace(
        join(standInFolder, `pulumi-resource-${name}`),
        `#!/bin/sh\nexec "${process.execPath}" "${bundle}" "$@"\n`,
      );
    }),
  );
}

function replace(path: string, text: string): void {
  const temporary = `${path}.${String(process.pid)}`;
  writeFileSync(temporary, text);
  chmodSync(temporary, 0o755);
  renameSync(temporary, path);
}
