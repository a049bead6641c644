import { DEFAULT_SCHEMA } from "../../defaults";
import type { BranchLevel, GridOverride, HashLevel, LevelsSpec, ListLevel, RootLevel } from "../../levels/levels";
import { placeholdersOf } from "../../names/template";
import { slugCollisions } from "../../names/slug";
import type { Problem } from "../../problems/problem";
import { parseSpan } from "../../time/span";
import type { TableSpecArgs } from "./args";
import { parseGrid } from "./level";
import { columnOfLevel, isHash, isList, isRange, overriddenLevel, timeLevelOf } from "./level-place";
import type { HashLevelArgs, ListLevelArgs, RangeLevelArgs } from "./level-args";
import { checkTemplateText } from "../../names/name-problems";
import type { ColumnSpec } from "./spec";

/** Reads the levels other than the time level, and checks all levels together. */
export function parseLevels(
  args: TableSpecArgs,
  columns: readonly ColumnSpec[] | undefined,
  problems: Problem[],
): { readonly root: RootLevel; readonly levels: LevelsSpec } {
  const at = args.partitionBy.findIndex(isRange);
  checkPlaces(args, at, problems);
  checkKeyColumns(args, columns, problems);
  const above = args.partitionBy.slice(0, Math.max(at, 0)).flatMap((level, index): BranchLevel[] => {
    if (isList(level)) return [parseList(args, level, index, problems)];
    return isHash(level) ? [parseHash(level, index, problems)] : [];
  });
  const below = args.partitionBy
    .slice(at + 1)
    .flatMap((level, index): HashLevel[] => (isHash(level) ? [parseHash(level, at + 1 + index, problems)] : []));
  const time = args.partitionBy[at];
  const overrides = time && isRange(time) ? parseOverrides(args, time, above, problems) : [];
  const first = args.partitionBy[0] ?? { range: "" };
  const strategy = isRange(first) ? "range" : isList(first) ? "list" : "hash";
  return { root: { strategy, column: columnOfLevel(first) }, levels: { above, below, overrides } };
}

/** Checks the order of levels: one time level; above it LIST and HASH, below it HASH alone. */
function checkPlaces(args: TableSpecArgs, at: number, problems: Problem[]): void {
  const times = args.partitionBy.filter(isRange).length;
  if (times !== 1) {
    problems.push(
      levelProblem(
        "partitionBy",
        times === 0 ? "no level cuts the table by time." : `${times} levels cut the table by time.`,
        "Declare exactly one level with range.",
      ),
    );
  }
  for (const [index, level] of args.partitionBy.entries()) {
    if (index > at && at >= 0 && isList(level)) {
      problems.push(
        levelProblem(
          `partitionBy[${index}]`,
          "a LIST level is below the time level, so each new month would need all its values.",
          "Put it above the time level.",
        ),
      );
    }
  }
  if (args.partitionBy.length > 1 && args.resources === "partition") {
    problems.push(
      levelProblem(
        "resources",
        "partitions of several levels are not separate resources: their number depends on values.",
        'Leave resources out, or set it to "window".',
      ),
    );
  }
}

/** Checks that no column is the key of two levels. */
function checkKeyColumns(args: TableSpecArgs, columns: readonly ColumnSpec[] | undefined, problems: Problem[]): void {
  const seen = new Set<string>();
  for (const [index, level] of args.partitionBy.entries()) {
    const name = columnOfLevel(level);
    const path = `partitionBy[${index}].${isRange(level) ? "range" : isList(level) ? "list" : "hash"}`;
    if (seen.has(name)) {
      problems.push(levelProblem(path, `"${name}" is the key of two levels.`, "Cut by each column once."));
    }
    seen.add(name);
    if (isRange(level) || !columns) continue;
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) {
      problems.push({
        path,
        code: "unknown-column",
        message: `table "${args.table}" has no column "${name}" to partition by.`,
        fix: `Declared columns are: ${columns.map((candidate) => candidate.name).join(", ")}.`,
      });
    } else if (column.nullable) {
      problems.push({
        path,
        code: "key-nullable",
        message: `the key column "${name}" may be NULL, and a row with NULL belongs to no partition.`,
        fix: "Remove nullable: true from the column.",
      });
    }
  }
}

function parseList(args: TableSpecArgs, level: ListLevelArgs, index: number, problems: Problem[]): ListLevel {
  const path = `partitionBy[${index}]`;
  const slug = level.slug ?? true;
  const values = level.values;
  const name = level.name ?? "{base}_{value}";
  checkBranchTemplate(`${path}.name`, name, "value", problems);
  const cleanupAfter = level.cleanupAfter === undefined ? undefined : parseSpan(level.cleanupAfter);
  if (level.cleanupAfter !== undefined && !cleanupAfter) {
    problems.push({
      path: `${path}.cleanupAfter`,
      code: "invalid-span",
      message: `${JSON.stringify(level.cleanupAfter)} is not a length of time with its unit.`,
      fix: 'Write for example "30 days".',
    });
  }
  if ("from" in values) {
    const dot = values.from.indexOf(".");
    const schema = dot < 0 ? (args.schema ?? DEFAULT_SCHEMA) : values.from.slice(0, dot);
    const table = dot < 0 ? values.from : values.from.slice(dot + 1);
    if (values.parent !== undefined && !args.partitionBy.slice(0, index).some(isList)) {
      problems.push(
        levelProblem(
          `${path}.values.parent`,
          "no LIST level above exists that a value could belong to.",
          "Remove parent.",
        ),
      );
    }
    const source = { schema, table, column: values.column, where: values.where, parent: values.parent };
    const trigger = values.trigger ? { trigger: true } : {};
    return { kind: "list", column: level.list, values: { ...source, ...trigger }, name, slug, cleanupAfter };
  }
  checkValues(`${path}.values`, values, slug, problems);
  return { kind: "list", column: level.list, values, name, slug, cleanupAfter };
}

function checkValues(path: string, values: readonly string[], slug: boolean, problems: Problem[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined)
    problems.push(levelProblem(path, `the value ${JSON.stringify(twice)} is given twice.`, "Give each value once."));
  if (!slug) return;
  for (const collision of slugCollisions(values)) {
    problems.push({
      path,
      code: "name-collision",
      message: `${collision.values.map((value) => JSON.stringify(value)).join(" and ")} would both be called "${collision.slug}".`,
      fix: "Set slug: false, so that names carry the values as they are.",
    });
  }
}

function parseHash(level: HashLevelArgs, index: number, problems: Problem[]): HashLevel {
  const name = level.name ?? "{base}_h{remainder}";
  checkBranchTemplate(`partitionBy[${index}].name`, name, "remainder", problems);
  return { kind: "hash", column: level.hash, modulus: level.modulus, name };
}

function checkBranchTemplate(path: string, template: string, needed: "value" | "remainder", problems: Problem[]): void {
  const used = placeholdersOf(template);
  const unknown = used.filter((name) => !["table", "base", needed].includes(name));
  if (unknown.length > 0 || !used.includes(needed)) {
    problems.push({
      path,
      code: "name-template",
      message:
        unknown.length > 0
          ? `${JSON.stringify(template)}: unknown placeholder {${unknown.join("}, {")}}; known are {table}, {base}, {${needed}}.`
          : `${JSON.stringify(template)}: two branches would share a name.`,
      fix: `Put {${needed}} into the template.`,
    });
  }
  checkTemplateText(path, template, problems);
}

function parseOverrides(
  args: TableSpecArgs,
  level: RangeLevelArgs,
  above: readonly BranchLevel[],
  problems: Problem[],
): GridOverride[] {
  const time = timeLevelOf(args);
  return (level.overrides ?? []).map((override, index) => {
    const overridden = overriddenLevel(time, index, override);
    for (const column of Object.keys(override.when)) {
      if (above.some((candidate) => candidate.kind === "list" && candidate.column === column)) continue;
      problems.push(
        levelProblem(
          `${overridden.path}.when.${column}`,
          `"${column}" is not the column of a LIST level above.`,
          "Name columns of LIST levels.",
        ),
      );
    }
    return { when: override.when, grid: parseGrid(overridden, level.zone ?? "UTC", problems) };
  });
}

function levelProblem(path: string, message: string, fix: string): Problem {
  return { path, code: "levels", message, fix };
}
