// The environment in which `pulumi` runs on this project: local state, no questions, our language host if necessary.
import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { workFolder } from "../../paths";
import { languageHostVariable, ourLanguageHost } from "./language-host";
import type { Engine } from "./resolve";

/** Returns defaults: variables of the caller are retained, except PATH, which is extended. */
export function pulumiEnvironment(engine: Engine, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    PULUMI_BACKEND_URL: env["PULUMI_BACKEND_URL"] ?? localBackend(),
    // An empty passphrase protects nothing; it means "no secrets here" with local state.
    ...(env["PULUMI_CONFIG_PASSPHRASE_FILE"] === undefined ? { PULUMI_CONFIG_PASSPHRASE: "" } : {}),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Types are checked by `npm run typecheck`; checking them again in every preview costs seconds.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    // This host is used where downloads fail: a missing plugin is then an error at once, not after retries.
    ...(engine.languageHost === "official" ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    [languageHostVariable]: ourLanguageHost,
    ...env,
    PATH: searchPath(engine, env["PATH"] ?? ""),
  };
}

/** Returns one line for standard error if our language host stands in for the official one. */
export function languageHostNote(engine: Engine): string | undefined {
  if (engine.languageHost === "official") return undefined;
  return "pulumi-language-nodejs (Pulumi's own) is not installed: using the small one of tools/stand-ins/language-host";
}

function localBackend(): string {
  const state = join(workFolder, "state");
  // The file backend refuses a folder that does not exist.
  mkdirSync(state, { recursive: true });
  return `file://${state}`;
}

/** Appends our folders, so that nothing official is hidden; the engine's own comes first, as the official SDK does. */
function searchPath(engine: Engine, path: string): string {
  const own = engine.languageHost === "path" ? [dirname(ourLanguageHost)] : [];
  return [dirname(engine.command), path, ...own].filter((part) => part !== "").join(delimiter);
}
