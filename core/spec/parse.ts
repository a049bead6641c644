import { DEFAULT_SCHEMA } from "../defaults";
import { parseLeafProfile } from "../leaf/profile";
import { InvalidSpecError, type Problem } from "../problem";
import type { CheckArgs, ForeignKeyArgs, TableSpecArgs } from "./args";
import { parseColumns } from "./columns";
import { parseIndexes } from "./indexes";
import { parseLevel } from "./level";
import { parseLevels } from "./levels";
import { checkFilledName, checkName, checkSchemaName } from "./names";
import { parseOptions } from "./option";
import { WINDOW_OPTIONS } from "./options";
import { WINDOW } from "./options/window";
import { findOutputs } from "./plain";
import { parseFunctionNames } from "./function-names";
import { parsePublications } from "./publications";
import { tableSchema } from "./schema";
import { formatPath, shapeProblems } from "./shape-problems";
import type { ConstraintReach, TableSpec, WindowSpec } from "./spec";
import { checkUniqueKeys } from "./unique-keys";

type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Validates a declaration and fills in its defaults. Returns all problems at once. Pure: asks no database. */
export function parseTableSpec(args: unknown): Parsed<TableSpec> {
  const outputs = findOutputs(args);
  const shape = tableSchema.safeParse(args, { reportInput: true });
  if (!shape.success) return { ok: false, problems: [...outputs, ...outside(outputs, shapeProblems(shape.error))] };
  if (outputs.length > 0) return { ok: false, problems: outputs };
  const problems: Problem[] = [];
  const value = buildSpec(shape.data as TableSpecArgs, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/** An Output is one problem, whatever its shape would be besides. */
function outside(outputs: readonly Problem[], problems: readonly Problem[]): Problem[] {
  return problems.filter((problem) => !outputs.some((output) => problem.path.startsWith(output.path)));
}

/** Like {@link parseTableSpec}, for callers that cannot collect problems: throws InvalidSpecError with all of them. */
export function requireTableSpec(args: unknown, subject: string): TableSpec {
  const parsed = parseTableSpec(args);
  if (!parsed.ok) throw new InvalidSpecError(subject, parsed.problems);
  return parsed.value;
}

function buildSpec(args: TableSpecArgs, problems: Problem[]): TableSpec {
  const schema = args.schema ?? DEFAULT_SCHEMA;
  checkFilledName("table", args.table, problems);
  checkSchemaName("schema", schema, problems);
  const columns = parseColumns(args, problems);
  const level = parseLevel(args, columns, problems);
  const { root, levels } = parseLevels(args, columns, problems);
  const indexes = parseIndexes(args, problems);
  const tableParts = {
    schema,
    table: args.table,
    root,
    columns,
    dropColumns: args.dropColumns ?? [],
    primaryKey: args.primaryKey,
    uniques: Object.entries(args.uniques ?? {}).map(([name, list]) => ({ name, columns: list })),
    checks: Object.entries(args.checks ?? {}).map(([name, check]) =>
      typeof check === "string"
        ? { name, expression: check }
        : { name, expression: check.expression, ...reachOf(check) },
    ),
    foreignKeys: Object.entries(args.foreignKeys ?? {}).map(([name, key]) => ({
      name,
      columns: key.columns,
      references: { ...key.references, schema: key.references.schema ?? DEFAULT_SCHEMA },
      onDelete: key.onDelete ?? ("no action" as const),
      onUpdate: key.onUpdate ?? ("no action" as const),
      ...(key.deferrable === undefined ? {} : { deferrable: key.deferrable }),
      ...reachOf(key),
    })),
    indexes,
    leaves: parseLeafProfile(args, indexes, problems),
    comment: args.comment,
    publications: parsePublications(args, problems),
    functionNames: parseFunctionNames(args.functionNames, { schema, table: args.table }, problems),
  };
  for (const kind of ["uniques", "checks", "foreignKeys"] as const) {
    for (const name of Object.keys(args[kind] ?? {})) checkName(formatPath([kind, name]), name, problems);
  }
  for (const [name, key] of Object.entries(args.foreignKeys ?? {})) checkForeignKey(name, key, problems);
  checkUniqueKeys(args, problems);
  return { ...tableParts, window: buildWindow(args, schema, { ...level, levels }, problems) };
}

/** Only what is not the usual: two ways to say the same are one. */
function reachOf({ validate, enforced }: Pick<CheckArgs, "validate" | "enforced">): ConstraintReach {
  if (enforced === false) return { enforced };
  return validate === false ? { validate } : {};
}

function checkForeignKey(name: string, key: ForeignKeyArgs, problems: Problem[]): void {
  const path = ["foreignKeys", name, "references"];
  checkName(formatPath([...path, "table"]), key.references.table, problems);
  checkName(formatPath([...path, "schema"]), key.references.schema ?? DEFAULT_SCHEMA, problems);
  for (const [index, column] of key.references.columns.entries()) {
    checkName(formatPath([...path, "columns", index]), column, problems);
  }
  if (key.columns.length === key.references.columns.length) return;
  problems.push({
    path: formatPath([...path, "columns"]),
    code: "invalid-value",
    message: `the foreign key "${name}" pairs (${key.columns.join(", ")}) with (${key.references.columns.join(", ")}).`,
    fix: "Name one referenced column for each column.",
  });
}

function buildWindow(
  args: TableSpecArgs,
  schema: string,
  level: Pick<WindowSpec, "key" | "grid" | "levels">,
  problems: Problem[],
): WindowSpec {
  const table = { schema, table: args.table, zone: level.key.zone, grid: level.grid, levels: level.levels };
  return {
    schema,
    table: args.table,
    ownsTable: args.columns !== undefined,
    ...level,
    ...parseOptions(WINDOW, args.window, table, problems),
    ...parseOptions(WINDOW_OPTIONS, args, table, problems),
  };
}
