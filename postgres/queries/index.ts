import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../core/names/identifier";

export type QueryName =
  | "backend-pids-cancel"
  | "blockers"
  | "detach-pending"
  | "index-progress"
  | "leaf-indexes"
  | "leaves"
  | "lock-holders"
  | "management"
  | "management-remains"
  | "now"
  | "partitioned-tables"
  | "registered"
  | "registry"
  | "table"
  | "table-lock-holder"
  | "table-lock-release"
  | "table-lock-take";

const texts = new Map<QueryName, string>();

/** The text of a query. `:management` stands for the quoted name of the management schema. */
export function query(name: QueryName, management?: string): string {
  const text = texts.get(name) ?? read(name);
  texts.set(name, text);
  return management === undefined ? text : text.replaceAll(":management", () => quote(management));
}

/**
 * In a bundle there are no files beside the code: there esbuild has replaced the call of `require` by a table of the
 * texts. From sources the file itself is read, which works under vitest, tsx and ts-node alike.
 */
function read(name: QueryName): string {
  const file = join(__dirname, `${name}.sql`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the form that esbuild resolves to a table
  return existsSync(file) ? readFileSync(file, "utf8") : (require(`./${name}.sql`) as string);
}
