import { findAdoptionProblems } from "../table/alter/adoption-problems";
import { findDifferences } from "../table/alter/alteration";
import { findConstraintRefusals } from "../table/alter/constraint-refusals";
import { parseCheckExpression as checkText } from "../table/alter/constraint-changes";
import type { ObservedColumn, ObservedConstraint, ObservedTable } from "../observed/observed-table";
import { formatProblem, type Problem } from "../problems/problem";
import type { TableSpecArgs } from "../declare/table/args";
import type { ColumnArgs } from "../declare/table/column";
import { checkExpression } from "../sql/expression-problems";
import { parseTableSpec } from "../declare/table/parse";
import type { TableSpec } from "../declare/table/spec";

/** The part of a declaration that can be expressed, with a note for each part left out. */
interface Said {
  readonly args: TableSpecArgs;
  readonly notes: readonly string[];
}

/**
 * Leaves out declared columns and constraints that the product would refuse or change: undeclared ones are left as they are. A
 * single column cannot be left out while others are declared: then all of them are left to the tool that created them.
 */
export function omitRefused(args: TableSpecArgs, table: ObservedTable): Said {
  if (!args.columns) return { args, notes: [] };
  const notes: string[] = [];
  const plain = omitConstraints(omitKeyDefaults(args, notes), table, notes);
  const problems = findProblems(plain, table);
  if (problems.length === 0) return { args: plain, notes: [...notes, ...noteGenerated(table)] };
  const {
    columns: _columns,
    primaryKey: _key,
    uniques: _uniques,
    checks: _checks,
    foreignKeys: _keys,
    ...rest
  } = plain;
  return {
    args: rest,
    notes: [
      `the columns cannot be declared and are left to the tool that created them, with keys and constraints: ${problems.map(formatProblem).join(" ")}`,
    ],
  };
}

/** Declares the key as it has to be; another note reports if it may be NULL today. */
function omitKeyDefaults(args: TableSpecArgs, notes: string[]): TableSpecArgs {
  const keys = args.partitionBy.flatMap((level) => ("range" in level ? [level.range] : []));
  const columns = Object.entries(args.columns ?? {}).map(([name, declared]): [string, string | ColumnArgs] => {
    if (typeof declared === "string") return [name, declared];
    const { default: text, nullable, ...rest } = declared;
    const problems: Problem[] = [];
    if (text !== undefined) checkExpression("default", text, problems);
    if (problems.length > 0)
      notes.push(
        `the default of column "${name}" (${text ?? ""}) cannot be declared: it is left as it is, and new partitions get it from the table`,
      );
    const kept = {
      ...rest,
      ...(nullable === true && !keys.includes(name) ? { nullable } : {}),
      ...(text === undefined || problems.length > 0 ? {} : { default: text }),
    };
    return [name, Object.keys(kept).length === 1 ? kept.type : kept];
  });
  return { ...args, columns: Object.fromEntries(columns) };
}

/** Parts of a constraint that cannot be declared. */
const MORE =
  /\b(DEFERRABLE|INITIALLY DEFERRED|MATCH FULL|NULLS NOT DISTINCT|NOT ENFORCED|NO INHERIT|WITHOUT OVERLAPS|PERIOD)\b|\bINCLUDE \(|\bON DELETE SET (?:NULL|DEFAULT) \(/;

/** Leaves out constraints: one that is not declared stays on the table, and ATTACH requires it of each new partition. */
function omitConstraints(args: TableSpecArgs, table: ObservedTable, notes: string[]): TableSpecArgs {
  const unsaid = new Set<string>();
  for (const one of table.constraints) {
    const problems: Problem[] = [];
    if (one.kind === "check") checkExpression("checks", checkText(one.definition), problems);
    const says = hasUndeclarableParts(one);
    if (problems.length === 0 && !says) continue;
    unsaid.add(one.name);
    notes.push(
      one.kind === "primary"
        ? `the primary key "${one.name}" has more than can be declared (${one.definition}): its columns are declared, and it is left as it is`
        : `${WORDS[one.kind]} "${one.name}" has more than can be declared (${one.definition}): left out, and left as it is; new partitions get it from the table`,
    );
  }
  const filterDeclared = <T>(list: Readonly<Record<string, T>> | undefined) => {
    const entries = Object.entries(list ?? {}).filter(([name]) => !unsaid.has(name));
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  };
  const { uniques, checks, foreignKeys, ...rest } = args;
  const lists = {
    uniques: filterDeclared(uniques),
    checks: filterDeclared(checks),
    foreignKeys: filterDeclared(foreignKeys),
  };
  return joinLists(rest, lists);
}

function joinLists(
  rest: TableSpecArgs,
  lists: { readonly [K in "uniques" | "checks" | "foreignKeys"]: TableSpecArgs[K] | undefined },
): TableSpecArgs {
  const { uniques, checks, foreignKeys } = lists;
  const { partitionBy, window, onExpire, indexes, publications, ...before } = rest;
  return {
    ...before,
    ...(uniques ? { uniques } : {}),
    ...(checks ? { checks } : {}),
    ...(foreignKeys ? { foreignKeys } : {}),
    partitionBy,
    window,
    onExpire,
    ...(indexes ? { indexes } : {}),
    ...(publications ? { publications } : {}),
  };
}

const WORDS: Readonly<Record<ObservedConstraint["kind"], string>> = {
  primary: "the primary key",
  unique: "the unique constraint",
  check: "the check",
  foreign: "the foreign key",
  exclusion: "the exclusion constraint",
};

function hasUndeclarableParts({ kind, definition }: ObservedConstraint): boolean {
  return (
    kind === "exclusion" ||
    (kind !== "check" && MORE.test(definition)) ||
    / (?:NO INHERIT|NOT ENFORCED)\b/.test(definition)
  );
}

/** Lists problems that Check and the first update would report for the columns. */
function findProblems(args: TableSpecArgs, table: ObservedTable): Problem[] {
  const parsed = parseTableSpec(args);
  if (!parsed.ok)
    return parsed.problems.filter(({ path }) => /^(?:columns|primaryKey|uniques|checks|foreignKeys)\b/.test(path));
  return findColumnProblems(parsed.value, {
    ...table,
    columns: table.columns.map((one) => treatKeyAsNotNull(one, parsed.value)),
  });
}

/** Treats the key as NOT NULL: one that may be NULL is reported separately, with the statements that fix it. */
function treatKeyAsNotNull(found: ObservedColumn, spec: TableSpec): ObservedColumn {
  return found.name === spec.window.key.column ? { ...found, nullable: false } : found;
}

function findColumnProblems(spec: TableSpec, table: ObservedTable): Problem[] {
  const name = `"${table.schema}.${table.name}"`;
  const differences = findDifferences(spec, table, []);
  return [...findAdoptionProblems(differences, name), ...findConstraintRefusals(differences.constraints, name)];
}

/** Notes properties that are declared by their name or type alone. */
function noteGenerated(table: ObservedTable): string[] {
  return table.columns
    .filter((column) => column.generated)
    .map(
      (column) =>
        `column "${column.name}" is generated, which cannot be declared: it is declared by its type, remains generated, and new partitions get that from the table`,
    );
}
