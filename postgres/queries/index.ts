import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../core/names/identifier";

type QueryName =
  | "adopt-functions"
  | "adopt-jobs"
  | "adopt-partman"
  | "adopt-places"
  | "alter-facts"
  | "archive-columns"
  | "archive-known"
  | "archive-state"
  | "archive-types"
  | "away-shape"
  | "backend-pids-cancel"
  | "blockers"
  | "cron"
  | "cron-jobs"
  | "dependents"
  | "detach-pending"
  | "empty-leaves"
  | "hidden-rows"
  | "index-progress"
  | "job-role"
  | "leaf-indexes"
  | "leaves"
  | "lock-holders"
  | "management"
  | "management-remains"
  | "names-taken"
  | "now"
  | "partitioned-tables"
  | "partman"
  | "publication-members"
  | "referring-keys"
  | "registered"
  | "registry"
  | "resolve-types"
  | "schema-rights"
  | "size-thresholds"
  | "source-triggers"
  | "table"
  | "table-lock-holder"
  | "table-lock-release"
  | "table-lock-take"
  | "view-leaks";

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
