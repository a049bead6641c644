import { parseArchive } from "../archive/archive-spec";
import { DEFAULT_GRACE, DEFAULT_MAX_DROPS_PER_UPDATE, DEFAULT_SCHEMA } from "../defaults";
import { parseLeafProfile } from "../leaf/profile";
import { InvalidSpecError, type Problem } from "../problem";
import { type Instant, parseInstant } from "../time/instant";
import { type OpenInterval, parseInterval } from "../time/interval";
import { type ParsedSpan, parseSpan, SPAN_HINT } from "../time/span";
import type { CheckArgs, ForeignKeyArgs, TableSpecArgs } from "./args";
import { parseColumns } from "./columns";
import { parseHolds } from "./holds";
import { parseIndexes } from "./indexes";
import { parseLevel } from "./level";
import { parseLevels } from "./levels";
import { checkFilledName, checkName, checkSchemaName } from "./names";
import { findOutputs } from "./plain";
import { parseFunctionNames } from "./function-names";
import { parsePublications } from "./publications";
import { parseBackup } from "./backup";
import { parseRestored } from "./restored";
import { parseRetireHours } from "./retire-hours";
import { parseSchedule } from "./schedule";
import { tableSchema } from "./schema";
import { formatPath, shapeProblems } from "./shape-problems";
import type { ConstraintReach, TableSpec, WindowSpec } from "./spec";
import { declaredTime } from "./time-text";
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
  const { lead, retention } = args.window;
  const zone = level.key.zone;
  const start =
    args.window.start === undefined ? undefined : declaredTime("window.start", args.window.start, zone, problems);
  if (retention === "forever" && args.window.start === undefined) {
    problems.push({
      path: "window.start",
      code: "missing-property",
      message: 'retention "forever" has no horizon from which the first partition could be counted.',
      fix: 'Say where the window begins, for example start: "2024-01-01".',
    });
  }
  return {
    schema,
    table: args.table,
    ownsTable: args.columns !== undefined,
    ...level,
    lead:
      typeof lead === "string"
        ? (span("window.lead", lead, problems) ?? ZERO_SPAN)
        : { until: declaredTime("window.lead.until", lead.until, zone, problems) ?? EPOCH },
    retention: retention === "forever" ? retention : (span("window.retention", retention, problems) ?? ZERO_SPAN),
    start,
    onExpire: args.onExpire,
    archive: parseArchive(args.archive, args.onExpire, problems),
    holds: parseHolds(args.holds ?? [], zone, problems),
    approvedBy: args.approvedBy,
    grace: graceOf(args, problems),
    maxDropsPerUpdate: args.maxDropsPerUpdate ?? DEFAULT_MAX_DROPS_PER_UPDATE,
    confirmDrops: intervals("confirmDrops", args.confirmDrops ?? [], problems),
    allowEmpty: intervals("allowEmpty", args.allowEmpty ?? [], problems),
    restored: parseRestored(
      args.restored,
      { ...level, zone, onExpire: args.onExpire, archive: args.archive },
      problems,
    ),
    allowRetireBetween: parseRetireHours(args.allowRetireBetween, problems),
    requireBackupSince: parseBackup(args.requireBackupSince, problems),
    paused: args.paused ?? false,
    analyze: args.analyze === undefined ? undefined : span("analyze", args.analyze, problems),
    schedule: parseSchedule(args.schedule, { schema, table: args.table }, problems),
    reason: args.reason,
    dataClass: args.dataClass,
    owner: args.owner,
    resources: args.resources ?? (args.partitionBy.length > 1 ? "window" : "partition"),
  };
}

function graceOf(args: TableSpecArgs, problems: Problem[]): ParsedSpan | undefined {
  if (args.onExpire === "detach") {
    if (args.grace !== undefined) {
      problems.push({
        path: "grace",
        code: "invalid-value",
        message: 'grace is the time between detach and drop, and onExpire: "detach" never drops.',
        fix: 'Remove it, or set onExpire: "archive" or "drop".',
      });
    }
    return undefined;
  }
  // What has been archived and proved is not gone.
  const grace = args.grace ?? (args.onExpire === "archive" ? "none" : DEFAULT_GRACE);
  return grace === "none" ? undefined : span("grace", grace, problems);
}

/** Stand-ins that let the rest of a declaration be checked after a first problem; a spec with problems is never returned. */
const ZERO_SPAN: ParsedSpan = { count: 0, unit: "day" };
const EPOCH: Instant = parseInstant("1970-01-01", "UTC");

function span(path: string, text: string, problems: Problem[]): ParsedSpan | undefined {
  const parsed = parseSpan(text);
  if (!parsed) {
    problems.push({
      path,
      code: "invalid-span",
      message: `${JSON.stringify(text)} is not a length of time with its unit.`,
      fix: SPAN_HINT,
    });
  }
  return parsed;
}

function intervals(path: string, texts: readonly string[], problems: Problem[]): OpenInterval[] {
  return texts.flatMap((text, index) => {
    try {
      return [parseInterval(text)];
    } catch {
      problems.push({
        path: `${path}[${index}]`,
        code: "invalid-time",
        message: `${JSON.stringify(text)} is not a range of time.`,
        fix: 'Copy it from preview: "2025-01-01T00:00:00Z/2025-02-01T00:00:00Z".',
      });
      return [];
    }
  });
}
