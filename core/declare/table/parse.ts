import { DEFAULT_SCHEMA } from "../../defaults";
import { parsePartitionProfile } from "./profile";
import { InvalidSpecError, type Problem } from "../../problems/problem";
import type { TableSpecArgs } from "./args";
import type { ConversionSpec } from "../conversion/conversion-spec";
import { CONVERSION } from "../conversion/convert-from";
import { parseColumns } from "./columns";
import { parseIndexes } from "./indexes";
import { parseLevel } from "./level";
import { parseLevels } from "./parse-levels";
import { checkFilledName, checkSchemaName } from "../../names/name-problems";
import { parseOptions } from "../option/option";
import { TABLE_OPTIONS, WINDOW_OPTIONS } from "./options";
import { compareInstants, formatInstant } from "../../time/instant";
import { parseDeclaredTime } from "../option/time-text";
import { WINDOW, type WindowArgs } from "../window/window";
import { findOutputs } from "../option/plain";
import { parsePublications } from "./publications";
import { tableSchema } from "./schema";
import { toShapeProblems } from "../../problems/shape-problems";
import type { TableSpec } from "./spec";
import { checkUniqueKeys } from "./unique-keys";

type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Validates a declaration and fills in its defaults. Returns all problems at once. Pure: queries no database. */
export function parseTableSpec(args: unknown): Parsed<TableSpec> {
  const outputs = findOutputs(args);
  const shape = tableSchema.safeParse(args, { reportInput: true });
  if (!shape.success)
    return { ok: false, problems: [...outputs, ...dropOutputProblems(outputs, toShapeProblems(shape.error))] };
  if (outputs.length > 0) return { ok: false, problems: outputs };
  const problems: Problem[] = [];
  const value = buildSpec(shape.data as TableSpecArgs, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/** Drops other problems of an Output, which is one problem whatever its shape. */
function dropOutputProblems(outputs: readonly Problem[], problems: readonly Problem[]): Problem[] {
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
    indexes,
    profile: parsePartitionProfile(args, { table: args, indexes }, problems),
    publications: parsePublications(args, problems),
  };
  const around = { table: { schema, table: args.table, zone: level.key.zone, grid: level.grid, levels, columns } };
  const options = parseOptions(TABLE_OPTIONS, args, around, problems);
  const conversion = parseOptions(CONVERSION, args, around, problems);
  checkUniqueKeys(args, problems);
  const window = {
    schema,
    table: args.table,
    ownsTable: args.columns !== undefined,
    ...level,
    levels,
    ...parseOptions(
      WINDOW,
      beginAfterHistory(args.window, conversion.convertFrom, level.key.zone, problems),
      around,
      problems,
    ),
    ...parseOptions(WINDOW_OPTIONS, args, around, problems),
  };
  return { ...tableParts, ...options, ...conversion, window };
}

/** Lets the window of a converted table begin where its history ends: one partition has all rows before. */
function beginAfterHistory(
  window: WindowArgs,
  conversion: ConversionSpec | undefined,
  zone: string,
  problems: Problem[],
): WindowArgs {
  if (conversion?.strategy !== "attach") return window;
  const end = formatInstant(conversion.historyUntil);
  const start = window.start === undefined ? undefined : parseDeclaredTime("window.start", window.start, zone, []);
  if (start && compareInstants(start, conversion.historyUntil) < 0)
    problems.push({
      path: "window.start",
      code: "invalid-time",
      message: `the window begins ${formatInstant(start)}, before the history ends (convertFrom.historyUntil ${end}): one partition has all rows before that.`,
      fix: "Leave start out, or begin at historyUntil or later.",
    });
  return { ...window, start: window.start ?? end };
}
