import type { TableSpecArgs } from "../components";
import type { Problem } from "../core/problems/problem";
import { parseTableSpec } from "../core/declare/table/parse";
import { formatPath } from "../core/problems/shape-problems";
import type { StackConfig, TableOverrides } from "./config";
import { SYSTEMS, SYSTEM_NAMES } from "./tables";

interface ResolvedTables {
  readonly tables: Readonly<Record<string, TableSpecArgs>>;
  readonly problems: readonly Problem[];
}

/** Returns the tables of this stack: as declared, then with the environment's changes for all, then with those for each. */
export function resolveTables(config: StackConfig): ResolvedTables {
  const declared = Object.assign({}, ...config.systems.map((system) => SYSTEMS[system])) as Record<
    string,
    TableSpecArgs
  >;
  const problems: Problem[] = findUnusedOverrides(config, declared);
  const tables: Record<string, TableSpecArgs> = {};
  for (const [key, table] of Object.entries(declared)) {
    // Overrides and arguments differ only where JSON cannot express the shape (an absent key).
    const merged = merge(table, config.allTables ?? {}, config.tables?.[key] ?? {});
    const parsed = parseTableSpec(merged);
    if (parsed.ok) tables[key] = merged;
    else
      problems.push(
        ...parsed.problems.map((problem) => ({
          ...problem,
          path: `${formatPath(["tables", key])}.${problem.path}`,
        })),
      );
  }
  return { tables, problems };
}

function findUnusedOverrides(config: StackConfig, declared: Readonly<Record<string, TableSpecArgs>>): Problem[] {
  return Object.keys(config.tables ?? {})
    .filter((key) => !(key in declared))
    .map((key) => ({
      path: formatPath(["tables", key]),
      code: "unknown-property" as const,
      message: `this stack does not declare "${key}", because systems is ${config.systems.join(", ")}.`,
      fix: `Remove it, or add its system (${SYSTEM_NAMES.join(", ")}) to systems. Declared are: ${Object.keys(declared).join(", ")}.`,
    }));
}

function merge(table: TableSpecArgs, all: TableOverrides, one: TableOverrides): TableSpecArgs {
  const merged = { ...table, ...all, ...one, window: { ...table.window, ...all.window, ...one.window } };
  // A table that is only detached does not take the grace of the other tables' drops.
  if (one.onExpire === "detach" && one.grace === undefined) delete merged.grace;
  // Likewise for the archive settings of the other tables.
  if (one.onExpire !== undefined && one.onExpire !== "archive" && one.archive === undefined) delete merged.archive;
  return merged as TableSpecArgs;
}
