import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../core/names/identifier";

/** Version of the management schema that this program brings: the number of its files. */
export const MANAGEMENT_VERSION = 1;

/** The statements that lead to one version. Files are never changed once released. */
export function upgradeTo(version: number, management: string): string[] {
  const text = read(String(version).padStart(4, "0")).replaceAll(":management", () => quote(management));
  return text
    .split(/;\n(?:\n|$)/)
    .map((part) => part.replace(/^--.*\n/gm, "").trim())
    .filter((part) => part !== "");
}

/** From the bundle's table of texts, or from the file: see queries/index.ts. */
function read(name: string): string {
  const file = join(__dirname, `${name}.sql`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the form that esbuild resolves to a table
  return existsSync(file) ? readFileSync(file, "utf8") : (require(`./${name}.sql`) as string);
}
