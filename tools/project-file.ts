/**
 * Returns a Pulumi.yaml (JSON is YAML) for a program of this repository: its language, and the folder of each provider's
 * plugin, from which the engine starts it instead of an installed one.
 */
export function projectFile(
  name: string,
  providers: Readonly<Record<string, string>>,
  language: "javascript" | "typescript" = "javascript",
): string {
  const program =
    language === "typescript"
      ? { runtime: "nodejs" }
      : { runtime: { name: "nodejs", options: { typescript: false } }, main: "index.js" };
  const plugins = { providers: Object.entries(providers).map(([provider, path]) => ({ name: provider, path })) };
  return JSON.stringify({ name, ...program, plugins });
}
