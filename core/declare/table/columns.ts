import type { Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import { parseColumn } from "./column";
import { checkExpression } from "../../sql/expression-problems";
import { getLevelColumn } from "./level-place";
import { checkName } from "../../names/name-problems";
import { formatPath } from "../../problems/shape-problems";
import type { ColumnSpec } from "./spec";

/** Reads the declared columns and checks every list of columns against them. Undefined when none are declared. */
export function parseColumns(args: TableSpecArgs, problems: Problem[]): readonly ColumnSpec[] | undefined {
  if (!args.columns) {
    forbidWithoutColumns(args, problems);
    return undefined;
  }
  const columns = Object.entries(args.columns).map(([name, column]) => parseColumn(name, column, problems));
  const known = new Set(columns.map((column) => column.name));
  checkDroppedColumns(args, known, problems);
  checkPrimaryKey(args, columns, problems);
  for (const [name, check] of Object.entries(args.checks ?? {})) {
    if (typeof check === "string") checkExpression(formatPath(["checks", name]), check, problems);
    else checkExpression(formatPath(["checks", name, "expression"]), check.expression, problems);
  }
  for (const [path, name] of listColumnReferences(args)) {
    if (known.has(name)) continue;
    problems.push({
      path: formatPath(path),
      code: "unknown-column",
      message: `table "${args.table}" has no column "${name}".`,
      fix: `Declared columns are: ${[...known].join(", ")}.`,
    });
  }
  return columns;
}

function checkDroppedColumns(args: TableSpecArgs, known: ReadonlySet<string>, problems: Problem[]): void {
  for (const [index, name] of (args.dropColumns ?? []).entries()) {
    checkName(formatPath(["dropColumns", index]), name, problems);
    if (!known.has(name)) continue;
    problems.push({
      path: formatPath(["dropColumns", index]),
      code: "invalid-value",
      message: `the column "${name}" is declared and confirmed to be dropped.`,
      fix: "Remove it from columns, or from dropColumns.",
    });
  }
}

/** Reports nullable columns of the primary key: PostgreSQL makes them NOT NULL, whatever was written. */
function checkPrimaryKey(args: TableSpecArgs, columns: readonly ColumnSpec[], problems: Problem[]): void {
  const keys = new Set(args.partitionBy.map(getLevelColumn));
  for (const column of columns) {
    if (!column.nullable || keys.has(column.name) || !args.primaryKey?.includes(column.name)) continue;
    problems.push({
      path: formatPath(["columns", column.name, "nullable"]),
      code: "invalid-value",
      message: `the column "${column.name}" is part of the primary key and may not be NULL.`,
      fix: "Remove nullable: true.",
    });
  }
}

/** Refuses options that need declared columns: without them another tool owns everything that is not partitioning. */
function forbidWithoutColumns(args: TableSpecArgs, problems: Problem[]): void {
  for (const property of ["primaryKey", "uniques", "checks", "foreignKeys", "dropColumns"] as const) {
    if (args[property] === undefined) continue;
    problems.push({
      path: property,
      code: "invalid-value",
      message: `${property} is declared, but not the columns: then another tool owns the table and its constraints.`,
      fix: "Declare columns too, or leave this to the tool that owns the table.",
    });
  }
}

function* listColumnReferences(args: TableSpecArgs): Generator<[PropertyKey[], string]> {
  for (const [index, name] of (args.primaryKey ?? []).entries()) yield [["primaryKey", index], name];
  for (const [unique, names] of Object.entries(args.uniques ?? {})) {
    for (const [index, name] of names.entries()) yield [["uniques", unique, index], name];
  }
  for (const [key, declared] of Object.entries(args.foreignKeys ?? {})) {
    for (const [index, name] of declared.columns.entries()) yield [["foreignKeys", key, "columns", index], name];
  }
  for (const [key, declared] of Object.entries(args.indexes ?? {})) {
    for (const [index, column] of declared.columns.entries()) {
      if (typeof column === "string") yield [["indexes", key, "columns", index], column];
      else if ("column" in column) yield [["indexes", key, "columns", index, "column"], column.column];
    }
    for (const [index, name] of (declared.include ?? []).entries()) yield [["indexes", key, "include", index], name];
  }
}
