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

/** The tables of this stack: as declared, then what the environment changes about all, then about each. */
export function resolveTables(config: StackConfig): ResolvedTables {
  const declared = Object.assign({}, ...config.systems.map((system) => SYSTEMS[system])) as Record<
    string,
    TableSpecArgs
  >;
  const problems: Problem[] = unusedOverrides(config, declared);
  const tables: Record<string, TableSpecArgs> = {};
  for (const [key, table] of Object.entries(declared)) {
    // A shape that JSON cannot express (an absent key) is the only difference between overrides and arguments.
    const merged = merge(table, config.allTables ?? {}, config.tables?.[key] ?? {});
    const parsed = parseTableSpec(merged);
    if (parsed.ok) tables[key] = merged;
    else
      problems.push(
        ...parsed.problems.map((problem) => ({ ...problem, path: `${formatPath(["tables", key])}.${problem.path}` })),
      );
  }
  return { tables, problems };
}

function unusedOverrides(config: StackConfig, declared: Readonly<Record<string, TableSpecArgs>>): Problem[] {
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
  // A table that is only to be detached leaves the grace of the others' drops behind.
  if (one.onExpire === "detach" && one.grace === undefined) delete merged.grace;
  // The same with the place of an archive that others have.
  if (one.onExpire !== undefined && one.onExpire !== "archive" && one.archive === undefined) delete merged.archive;
  return merged as TableSpecArgs;
}
