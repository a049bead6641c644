import { z } from "zod";
import { primaryKeyName } from "../../names/identifier";
import { checkFilledName, checkTemplateText } from "../../names/name-problems";
import { indexName, placeholdersOf } from "../../names/template";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { Plain } from "../option/matching";
import { itemFromWire, type ItemOf, type ItemPlace, itemToWire, parseItem, pathAt } from "../option/item";
import {
  type Around,
  asWritten,
  option,
  optionalNames,
  optionalText,
  type OptionsOf,
  sentAs,
  shapesOf,
  withDefault,
  wiresOf,
} from "../option/option";
import { nameShape as name, namesShape as names, typeNamed } from "../option/shapes";

/** An index of the partitioned table. Its definition never changes in place: declare a new one, then remove the old. */
export interface IndexArgs {
  /** Columns and expressions, in order; a text is the name of a column. @example ["run_id", { column: "ts", order: "desc" }] */
  readonly columns: readonly (string | IndexColumnArgs)[];
  /** True for a unique index, which must contain the partition key. @default false */
  readonly unique?: boolean;
  /** Partial index: one SQL predicate. */
  readonly where?: string;
  /** Columns stored in the index alongside the key. */
  readonly include?: readonly string[];
  /** Access method; only btree can be unique. @default "btree" */
  readonly method?: "btree" | "hash" | "gin" | "gist" | "brin" | "spgist";
  /** Template of the index name on the parent: {table}, {index} (its key here). @default "{table}_{index}" */
  readonly name?: string;
  /** Template of the index name on a partition: {partition}, {index}, {table}. @default "{partition}_{index}" */
  readonly leafName?: string;
}

/** One column or expression of an index. */
export type IndexColumnArgs = (
  | {
      /** Name of a column. */
      readonly column: string;
    }
  | {
      /** One SQL expression, instead of a column. @example "lower(email)" */
      readonly expression: string;
    }
) & {
  /** Order of the values. @default "asc" */
  readonly order?: "asc" | "desc";
  /** Position of NULLs. @default last when ascending, first when descending */
  readonly nulls?: "first" | "last";
  /** Operator class. @example "jsonb_path_ops" */
  readonly opclass?: string;
};

/** Place of the options of an index. */
interface IndexPlace extends ItemPlace {
  readonly index: string;
  readonly table: DeclaredTable;
}

interface DeclaredTable {
  readonly table: string;
  readonly primaryKey?: readonly string[];
  readonly uniques?: Readonly<Record<string, readonly string[]>>;
  readonly indexes?: Readonly<Record<string, IndexArgs>>;
}

const INDEX_COLUMN = {
  order: asWritten(typeNamed("SortOrder", z.enum(["asc", "desc"])).optional()),
  nulls: asWritten(typeNamed("NullsOrder", z.enum(["first", "last"])).optional()),
  opclass: optionalText(),
} satisfies OptionsOf<Pick<IndexColumnArgs, keyof IndexColumnArgs>, unknown>;

const columnWire = typeNamed(
  "IndexColumn",
  z.object({ column: z.string().optional(), expression: z.string().optional(), ...wiresOf(INDEX_COLUMN) }),
);

export const INDEX = {
  name: sentAs(name.optional(), parseName, name),
  leafName: sentAs(name.optional(), parseLeafName, name),
  unique: withDefault(z.boolean(), false),
  method: sentAs(
    z.enum(["btree", "hash", "gin", "gist", "brin", "spgist"]).optional(),
    (method: string | undefined) => method ?? "btree",
    name,
  ),
  columns: option({
    shape: z
      .array(
        z.union([
          name,
          z.strictObject({ column: name, ...shapesOf(INDEX_COLUMN) }),
          z.strictObject({ expression: name, ...shapesOf(INDEX_COLUMN) }),
        ]),
      )
      .min(1),
    wire: z.array(columnWire).min(1),
    parse: (columns: IndexArgs["columns"]): readonly IndexColumn[] =>
      columns.map((column) => (typeof column === "string" ? { column } : column)),
    toWire: (columns) => columns.map((column) => ({ ...column })),
    fromWire: (wire) => wire as readonly IndexColumn[],
  }),
  include: optionalNames(names.optional()),
  where: optionalText(),
} satisfies OptionsOf<IndexArgs, IndexPlace>;

type IndexColumn = Plain<z.infer<typeof columnWire>>;

/** Shape that users write. */
export const indexesShape = z.record(name, z.strictObject(shapesOf(INDEX)));

export const indexSpecSchema = z.object({ index: name, ...wiresOf(INDEX) });
type IndexSpecWire = z.infer<typeof indexSpecSchema>;

/** An index as it was declared, by the key under which that was. */
type NamedIndex = ItemOf<typeof INDEX> & { readonly index: string };

export function indexSpecToWire(spec: NamedIndex): IndexSpecWire {
  return { index: spec.index, ...itemToWire(INDEX, spec) };
}

export function indexSpecFromWire(wire: IndexSpecWire): NamedIndex {
  return { index: wire.index, ...itemFromWire(INDEX, wire) };
}

/** Reads the declared indexes. Refuses a name that another object of the table or of a partition already has. */
export function parseIndexes(table: DeclaredTable, problems: Problem[]): readonly NamedIndex[] {
  const indexes = Object.entries(table.indexes ?? {}).map(([index, declared]) => {
    const place = { path: ["indexes", index], index, table };
    checkFilledName(pathAt(place), index, problems);
    return { index, ...parseItem(INDEX, declared, place, problems) };
  });
  checkCollisions(
    "name",
    indexes.map((spec) => [spec.index, spec.name]),
    takenOnParent(table),
    problems,
  );
  checkCollisions(
    "leafName",
    indexes.map((spec) => [spec.index, indexName(spec.leafName, {})]),
    takenOnPartition(table),
    problems,
  );
  return indexes;
}

function parseName(
  declared: string | undefined,
  { index, table, problems, ...place }: Around<unknown, IndexPlace>,
): string {
  checkTemplate(pathAt(place, "name"), declared, ["table", "index"], problems);
  return indexName(declared ?? "{table}_{index}", { table: table.table, index });
}

function parseLeafName(
  declared: string | undefined,
  { index, table, problems, ...place }: Around<unknown, IndexPlace>,
): string {
  const path = pathAt(place, "leafName");
  checkTemplate(path, declared, ["partition", "index", "table"], problems);
  if (declared !== undefined && !placeholdersOf(declared).includes("partition")) {
    problems.push({
      path,
      code: "name-template",
      message: `${JSON.stringify(declared)} gives the index the same name on every partition.`,
      fix: 'Put {partition} into it, for example "{partition}_run_id_idx".',
    });
  }
  return (declared ?? "{partition}_{index}")
    .replace(/\{table\}/g, () => table.table)
    .replace(/\{index\}/g, () => index);
}

/** Returns names in use. Tables and indexes share one namespace in a schema; constraints create an index of their name. */
function takenOnParent(args: DeclaredTable): Map<string, string> {
  return new Map([
    [args.table, "the table"],
    ...(args.primaryKey ? [[primaryKeyName(args.table), "the primary key"] as const] : []),
    ...Object.keys(args.uniques ?? {}).map((name) => [name, `the unique constraint "${name}"`] as const),
  ]);
}

function takenOnPartition(args: DeclaredTable): Map<string, string> {
  return new Map([
    ["{partition}", "the partition"],
    ...(args.primaryKey ? [["{partition}_pkey", "the primary key"] as const] : []),
    ...Object.keys(args.uniques ?? {}).map(
      (name) => [`{partition}_${name}`, `the unique constraint "${name}"`] as const,
    ),
  ]);
}

function checkCollisions(
  side: "name" | "leafName",
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

function checkTemplate(
  path: string,
  template: string | undefined,
  known: readonly string[],
  problems: Problem[],
): void {
  if (template === undefined) return;
  checkTemplateText(path, template, problems);
  const unknown = placeholdersOf(template).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  problems.push({
    path: path,
    code: "name-template",
    message: `unknown placeholder {${unknown.join("}, {")}} in ${JSON.stringify(template)}.`,
    fix: `Known are {${known.join("}, {")}}.`,
  });
}
