import { quote, quoteQualified } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import {
  describePath,
  describePaths,
  type DesiredBranch,
  findNameProblems,
  flatten,
  listDesiredBranches,
  type SourceValues,
} from "../../partition/branch/desired-branches";
import type { WindowSpec } from "../../declare/table/spec";
import { encodeBranchPath } from "../../levels/levels";
import type { Problem } from "../../problems/problem";
import { type BranchRows, keyOfValues, listLevelColumns, listListColumns } from "./branch-rows";

/** What decides whether every row gets a branch. */
interface LevelFacts {
  readonly spec: Pick<WindowSpec, "table" | "levels">;
  readonly table: ObservedTable;
  readonly rows: readonly BranchRows[];
  /** As the declaration and its sources name them. */
  readonly declared: SourceValues;
  /** With those of the rows. */
  readonly values: SourceValues;
}

/** Returns what keeps the rows of a table from LIST and HASH levels. */
export function findLevelProblems(facts: LevelFacts): Problem[] {
  const { spec, table } = facts;
  const absent = listLevelColumns(spec.levels).filter((name) => !table.columns.some((column) => column.name === name));
  if (absent.length > 0)
    return absent.map((name) =>
      refuse(
        `"${table.schema}.${table.name}" has no column ${quote(name)}.`,
        "Add it and fill it, or leave out its level.",
      ),
    );
  const desired = listDesiredBranches(spec, facts.values);
  return [...findNulls(facts), ...findNullable(facts), ...findNameProblems(desired), ...findNameless(facts, desired)];
}

function findNulls({ spec, rows }: LevelFacts): Problem[] {
  return listListColumns(spec.levels).flatMap((column, list) => {
    const count = rows.filter(({ values }) => values[list] === undefined).reduce((sum, one) => sum + one.rows, 0);
    if (count === 0) return [];
    const name = quote(column);
    return [
      refuse(
        `${count.toLocaleString("en")} rows have no ${name}, and NULL belongs to no branch.`,
        `UPDATE them, such as ${name} = 'none' with that value among those of the level, and ALTER COLUMN ${name} SET NOT NULL.`,
      ),
    ];
  });
}

/** The primary key has the columns of all levels; which rows have none in a column of HASH is not read. */
function findNullable({ spec: { levels }, table }: LevelFacts): Problem[] {
  const hashed = [...levels.above, ...levels.below].filter(({ kind }) => kind === "hash");
  return [...new Set(hashed.map(({ column }) => column))]
    .filter((name) => table.columns.some((column) => column.name === name && column.nullable))
    .map((name) =>
      refuse(
        `${quote(name)} may be NULL, and becomes a column of the primary key.`,
        `ALTER TABLE ${quoteQualified(table.schema, table.name)} ALTER COLUMN ${quote(name)} SET NOT NULL, after a validated CHECK (${quote(name)} IS NOT NULL), which stops no writer.`,
      ),
    );
}

/** Rows of a branch that cannot be created would stop the copy. */
function findNameless({ spec, rows }: LevelFacts, desired: readonly DesiredBranch[]): Problem[] {
  const held = new Set(rows.map(({ values }) => encodeBranchPath(values.map((value) => value ?? ""))));
  return [...flatten(desired)]
    .filter(({ nameless, path }) => nameless && held.has(keyOfValues(spec.levels, path)))
    .map(({ path, name }) =>
      refuse(
        `rows of ${describePath(path)} cannot get a branch: one of another level is called "${name}" too.`,
        "Put {base} into the name of that level, or change the value.",
      ),
    );
}

/** Tells of values that rows have, and that get no partitions any more once the copy is swapped. */
export function noteFound(facts: LevelFacts): string[] {
  const { spec, declared, values } = facts;
  const list = (read: SourceValues) => [...flatten(listDesiredBranches(spec, read))];
  const known = new Set(list(declared).map(({ path }) => encodeBranchPath(path)));
  const held = new Set(facts.rows.map(({ values: own }) => encodeBranchPath(own.map((value) => value ?? ""))));
  const stems = list(values).filter(
    ({ path, active }) =>
      !active && path.length === spec.levels.above.length && held.has(keyOfValues(spec.levels, path)),
  );
  const tell = (paths: readonly (readonly string[])[], what: string) =>
    paths.length === 0
      ? []
      : [
          `rows of ${describePaths(paths)} are copied, and get the partitions that they need; ${what}, so nothing is added to ${paths.length > 1 ? "these branches" : "this branch"} after the swap, and later rows are refused`,
        ];
  const paths = stems.map(({ path }) => path);
  return [
    ...tell(
      paths.filter((path) => !known.has(encodeBranchPath(path))),
      "neither the declaration nor a table of values names them",
    ),
    ...tell(
      paths.filter((path) => known.has(encodeBranchPath(path))),
      "they have ended",
    ),
  ];
}

function refuse(message: string, fix: string): Problem {
  return { path: "partitionBy", code: "conflict", message, fix };
}
