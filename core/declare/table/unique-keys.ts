import { quoteList } from "../../names/identifier";
import type { Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import { getLevelColumn } from "./level-place";
import { formatPath } from "../../problems/shape-problems";

/**
 * Checks keys of unique constraints and indexes. PostgreSQL enforces uniqueness partition by partition, so each must contain
 * every key column (https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-LIMITATIONS).
 */
export function checkUniqueKeys(args: TableSpecArgs, problems: Problem[]): void {
  const keys = [...new Set(args.partitionBy.map(getLevelColumn))];
  if (args.primaryKey) check("primaryKey", undefined, args.primaryKey, keys, problems);
  for (const [name, columns] of Object.entries(args.uniques ?? {}))
    check(formatPath(["uniques", name]), undefined, columns, keys, problems);
  for (const [name, index] of Object.entries(args.indexes ?? {})) {
    if (!index.unique) continue;
    const columns = index.columns.flatMap((column) =>
      typeof column === "string" ? [column] : "column" in column ? [column.column] : [],
    );
    check(formatPath(["indexes", name, "columns"]), `the unique index "${name}"`, columns, keys, problems);
  }
}

function check(
  path: string,
  subject: string | undefined,
  columns: readonly string[],
  keys: readonly string[],
  problems: Problem[],
): void {
  const missing = keys.filter((key) => !columns.includes(key));
  if (missing.length === 0) return;
  const whole = quoteList([...columns, ...missing]);
  const lacks = `the partition key ${missing.map((key) => `"${key}"`).join(", ")}`;
  problems.push({
    path,
    code: path === "primaryKey" ? "key-not-in-primary-key" : "key-not-in-unique",
    message: `${subject ?? `(${columns.join(", ")})`} lacks ${lacks}; PostgreSQL enforces uniqueness partition by partition.`,
    fix:
      `Declare it (${whole}). The same ${quoteList(columns)} may then be in several partitions, ` +
      `and ON CONFLICT has to name all of (${whole}): ON CONFLICT (${quoteList(columns)}) fails with 42P10.`,
  });
}
