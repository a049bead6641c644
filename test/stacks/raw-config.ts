// A stack file as the engine hands it to the program: texts as they are, everything else as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { repositoryRoot } from "../../tools/paths";

// Pulumi's own parser: it reads the file with this when the CLI is not asked.
const yaml = createRequire(require.resolve("@pulumi/pulumi/package.json"))("js-yaml") as {
  load(text: string): unknown;
};

export function stackFile(environment: string): { readonly config: Readonly<Record<string, unknown>> } {
  const text = readFileSync(join(repositoryRoot, "stacks", `Pulumi.${environment}.yaml`), "utf8");
  return yaml.load(text) as { config: Record<string, unknown> };
}

export function rawConfig(
  environment: string,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  return raw({ ...stackFile(environment).config, ...changes });
}

function raw(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    present.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}
