import { indexName, placeholdersOf } from "../../names/template";
import type { Problem } from "../../problems/problem";
import { primaryKeyName } from "../../names/identifier";
import type { IndexArgs, TableSpecArgs } from "./args";
import { checkFilledName, checkTemplateText } from "../../names/name-problems";
import { formatPath } from "../../problems/shape-problems";
import type { IndexSpec } from "./spec";

/** Template of index names when none is declared. */
const DEFAULT_INDEX_NAME = "{table}_{index}";
const DEFAULT_PARTITION_INDEX_NAME = "{partition}_{index}";

/** Reads the declared indexes. Refuses a name that another object of the table or of a partition already has. */
export function parseIndexes(args: TableSpecArgs, problems: Problem[]): readonly IndexSpec[] {
  const indexes = Object.entries(args.indexes ?? {}).map(([index, declared]) =>
    parseIndex(index, declared, args, problems),
  );
  checkCollisions(
    "name",
    indexes.map((spec) => [spec.index, spec.name]),
    takenOnParent(args),
    problems,
  );
  checkCollisions(
    "partitionIndexName",
    indexes.map((spec) => [spec.index, indexName(spec.partitionIndexName, {})]),
    takenOnPartition(args),
    problems,
  );
  return indexes;
}

/** Returns names in use. Tables and indexes share one namespace in a schema; constraints create an index of their name. */
function takenOnParent(args: TableSpecArgs): Map<string, string> {
  return new Map([
    [args.table, "the table"],
    ...(args.primaryKey ? [[primaryKeyName(args.table), "the primary key"] as const] : []),
    ...Object.keys(args.uniques ?? {}).map((name) => [name, `the unique constraint "${name}"`] as const),
  ]);
}

function takenOnPartition(args: TableSpecArgs): Map<string, string> {
  return new Map([
    ["{partition}", "the partition"],
    ...(args.primaryKey ? [["{partition}_pkey", "the primary key"] as const] : []),
    ...Object.keys(args.uniques ?? {}).map(
      (name) => [`{partition}_${name}`, `the unique constraint "${name}"`] as const,
    ),
  ]);
}

function checkCollisions(
  side: "name" | "partitionIndexName",
  names: readonly (readonly [index: string, name: string])[],
  taken: Map<string, string>,
  problems: Problem[],
): void {
  for (const [index, name] of names) {
    const other = taken.get(name);
    if (other !== undefined) {
      problems.push({
        path: formatPath(["indexes", index, side]),
        code: "name-collision",
        message: `${other} and the index "${index}" would both be called "${name}".`,
        fix: "Put {index} into the template, or give the index another key or name.",
      });
    }
    taken.set(name, `the index "${index}"`);
  }
}

function parseIndex(index: string, declared: IndexArgs, args: TableSpecArgs, problems: Problem[]): IndexSpec {
  const columns = declared.columns.map((column) => (typeof column === "string" ? { column } : column));
  checkFilledName(formatPath(["indexes", index]), index, problems);
  checkTemplate(["indexes", index, "name"], declared.name, ["table", "index"], problems);
  checkTemplate(
    ["indexes", index, "partitionIndexName"],
    declared.partitionIndexName,
    ["partition", "index", "table"],
    problems,
  );
  if (declared.partitionIndexName !== undefined && !placeholdersOf(declared.partitionIndexName).includes("partition")) {
    problems.push({
      path: formatPath(["indexes", index, "partitionIndexName"]),
      code: "name-template",
      message: `${JSON.stringify(declared.partitionIndexName)} gives the index the same name on every partition.`,
      fix: 'Put {partition} into it, for example "{partition}_run_id_idx".',
    });
  }
  return {
    index,
    name: indexName(declared.name ?? DEFAULT_INDEX_NAME, { table: args.table, index }),
    partitionIndexName: (declared.partitionIndexName ?? DEFAULT_PARTITION_INDEX_NAME)
      .replace(/\{table\}/g, () => args.table)
      .replace(/\{index\}/g, () => index),
    unique: declared.unique ?? false,
    method: declared.method ?? "btree",
    columns,
    include: declared.include ?? [],
    ...(declared.where === undefined ? {} : { where: declared.where }),
  };
}

function checkTemplate(
  path: PropertyKey[],
  template: string | undefined,
  known: readonly string[],
  problems: Problem[],
): void {
  if (template === undefined) return;
  checkTemplateText(formatPath(path), template, problems);
  const unknown = placeholdersOf(template).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  problems.push({
    path: formatPath(path),
    code: "name-template",
    message: `unknown placeholder {${unknown.join("}, {")}} in ${JSON.stringify(template)}.`,
    fix: `Known are {${known.join("}, {")}}.`,
  });
}
