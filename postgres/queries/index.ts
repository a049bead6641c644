import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quote } from "../../core/names/identifier";

type QueryName =
  | "adopt/adopt-functions"
  | "adopt/adopt-jobs"
  | "adopt/adopt-partman"
  | "adopt/adopt-places"
  | "alter-facts"
  | "archive/archive-known"
  | "archive/archive-state"
  | "away-shape"
  | "bench/side"
  | "bench/statements-schema"
  | "conversion/activity"
  | "conversion/candidates"
  | "conversion/copies-under-way"
  | "conversion/copy-facts"
  | "conversion/former-table"
  | "conversion/in-the-way"
  | "conversion/older-standbys"
  | "conversion/pressure"
  | "conversion/source"
  | "conversion/source-dependents"
  | "conversion/statements"
  | "locks/backend-pids-cancel"
  | "locks/blockers"
  | "cron"
  | "cron-jobs"
  | "dependents"
  | "detach-pending"
  | "empty-partitions"
  | "hidden-rows"
  | "index-progress"
  | "job-role"
  | "partition-indexes"
  | "partitions"
  | "locks/lock-holders"
  | "needed"
  | "registry/management"
  | "registry/management-remains"
  | "registry/names-taken"
  | "now"
  | "partitioned-tables"
  | "adopt/partman"
  | "publication-members"
  | "referring-keys"
  | "registry/registered"
  | "registry/registry"
  | "resolve-types"
  | "rows/column-types"
  | "rows/columns"
  | "schema-rights"
  | "size-thresholds"
  | "source-triggers"
  | "table"
  | "locks/table-lock-holder"
  | "locks/table-lock-release"
  | "locks/table-lock-take"
  | "view-leaks";

const texts = new Map<QueryName, string>();

/** Returns the text of a query. `:management` stands for the quoted name of the management schema. */
export function query(name: QueryName, management?: string): string {
  const text = texts.get(name) ?? read(name);
  texts.set(name, text);
  return management === undefined ? text : text.replaceAll(":management", () => quote(management));
}

/**
 * Reads the text of a query. A bundle has no such files: there esbuild has replaced the call of `require` by a table of the
 * texts. From sources the file itself is read, which works under vitest, tsx and ts-node alike.
 */
function read(name: QueryName): string {
  const file = join(__dirname, `${name}.sql`);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the form that esbuild resolves to a table
  return existsSync(file) ? readFileSync(file, "utf8") : (require(`./${name}.sql`) as string);
}
