import { createDatabaseSchema } from "../core/declare/database/shape";
import { parseDeclaredTime } from "../core/declare/option/time-text";
import type { TableSpecArgs } from "../core/declare/table/args";
import { parseTableSpec } from "../core/declare/table/parse";
import type { Problem } from "../core/problems/problem";
import { formatPath, toShapeProblems } from "../core/problems/shape-problems";
import { planWindow } from "../core/window/window-partitions";
import { isLater, replaceUnknownPlace } from "./archive-place";
import { qualifyName } from "./table-order";

/** Returns the problems of a database and of all of its tables, so that mending one does not reveal the next. */
export function findDatabaseProblems(args: unknown, asOf: string): Problem[] {
  const shape = createDatabaseSchema(isLater).safeParse(args ?? {}, { reportInput: true });
  const problems = shape.success ? [] : toShapeProblems(shape.error);
  const { tables, defaults } = (args ?? {}) as {
    tables?: Record<string, TableSpecArgs>;
    defaults?: { schema?: string };
  };
  const time: Problem[] = [];
  const moment = typeof asOf === "string" ? parseDeclaredTime("asOf", asOf, "UTC", time) : undefined;
  const declared = Object.entries(isObject(tables) ? tables : {}).filter(([, table]) => isObject(table));
  return [
    ...problems,
    ...time,
    ...declared.flatMap(([key, table]) => {
      const whole = { ...(isObject(defaults) ? defaults : {}), ...table };
      return findTableProblems(whole, moment).map((problem) => ({
        ...problem,
        path: [formatPath(["tables", key]), problem.path].filter((part) => part !== "").join("."),
      }));
    }),
    ...findSharedNames(declared, defaults?.schema),
  ];
}

function findTableProblems(table: TableSpecArgs, asOf: ReturnType<typeof parseDeclaredTime>): readonly Problem[] {
  const archived = isObject(table.archive) ? replaceUnknownPlace(table) : table;
  const parsed = parseTableSpec(archived);
  if (!parsed.ok) return parsed.problems;
  return asOf ? planWindow(parsed.value.window, asOf).problems : [];
}

/** Reports two declarations of one table: they would conflict over its window. */
function findSharedNames(tables: readonly (readonly [string, TableSpecArgs])[], schema: string | undefined): Problem[] {
  const seen = new Map<string, string>();
  return tables.flatMap(([key, table]) => {
    const qualified = qualifyName(table, schema);
    const other = seen.get(qualified);
    seen.set(qualified, key);
    if (other === undefined) return [];
    return [
      {
        path: `${formatPath(["tables", key])}.table`,
        code: "name-collision" as const,
        message: `tables "${other}" and "${key}" both declare ${qualified}.`,
        fix: "Declare a table once.",
      },
    ];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
