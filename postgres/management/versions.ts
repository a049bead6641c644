import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../core/names/identifier";

/** Files of each version in the order in which they run; never changed once released. */
const FILES: readonly (readonly string[])[] = [
  ["0001"],
  ["0002", "0002-prepared", "0002-levels", "0002-ensure", "0002-branches", "0002-insight"],
  ["0003", "0003-activity"],
  ["0004"],
  ["0005-uuid-bounds", "0005-archive", "0005-values", "0005-search-path"],
  ["0006"],
];

/** Version of the management schema that this program installs. */
export const MANAGEMENT_VERSION = FILES.length;

/** Returns the statements that upgrade to one version. */
export function listUpgradeStatements(version: number, management: string): string[] {
  const text = (FILES[version - 1] ?? []).map(read).join("\n");
  return text
    .replaceAll(":management", () => quote(management))
    .split(/;\n(?:\n|$)/)
    .map((part) => part.replace(/^--.*\n/gm, "").trim())
    .filter((part) => part !== "");
}

/** Reads the bundle's table of texts, or the file: see queries/index.ts. */
function read(name: string): string {
  const file = join(__dirname, `${name}.sql`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the form that esbuild resolves to a table
  return existsSync(file) ? readFileSync(file, "utf8") : (require(`./${name}.sql`) as string);
}
