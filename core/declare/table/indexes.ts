import { z } from "zod";
import { formatPrimaryKeyName } from "../../names/identifier";
import { checkFilledName, checkTemplateText } from "../../names/name-problems";
import { formatIndexName, listPlaceholders } from "../../names/template";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { Plain } from "../option/matching";
import { itemFromWire, type ItemOf, type ItemPlace, itemToWire, parseItem, pathAt } from "../option/item";
import {
  type Around,
  defineAsWritten,
  defineOption,
  optionalNames,
  optionalText,
  type OptionsOf,
  sentAs,
  collectShapes,
  withDefault,
  collectWires,
} from "../option/option";
import { nameShape as name, namesShape as names, nameType } from "../option/shapes";

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
  readonly partitionIndexName?: string;
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
  order: defineAsWritten(nameType("SortOrder", z.enum(["asc", "desc"])).optional()),
  nulls: defineAsWritten(nameType("NullsOrder", z.enum(["first", "last"])).optional()),
  opclass: optionalText(),
} satisfies OptionsOf<Pick<IndexColumnArgs, keyof IndexColumnArgs>, unknown>;

const columnWire = nameType(
  "IndexColumn",
  z.object({ column: z.string().optional(), expression: z.string().optional(), ...collectWires(INDEX_COLUMN) }),
);

export const INDEX = {
  name: sentAs(name.optional(), parseName, name),
  partitionIndexName: sentAs(name.optional(), parsePartitionName, name),
  unique: withDefault(z.boolean(), false),
  method: sentAs(
    z.enum(["btree", "hash", "gin", "gist", "brin", "spgist"]).optional(),
    (method: string | undefined) => method ?? "btree",
    name,
  ),
  columns: defineOption({
    shape: z
      .array(
        z.union([
          name,
          z.strictObject({ column: name, ...collectShapes(INDEX_COLUMN) }),
          z.strictObject({ expression: name, ...collectShapes(INDEX_COLUMN) }),
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
export const indexesShape = z.record(name, z.strictObject(collectShapes(INDEX)));

export const indexSpecSchema = z.object({ index: name, ...collectWires(INDEX) });
type IndexSpecWire = z.infer<typeof indexSpecSchema>;

/** An index as it was declared, by the key under which that was. */
type NamedIndex = ItemOf<typeof INDEX> & { readonly index: string };

export function encodeIndexSpec(spec: NamedIndex): IndexSpecWire {
  return { index: spec.index, ...itemToWire(INDEX, spec) };
}

export function decodeIndexSpec(wire: IndexSpecWire): NamedIndex {
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
    listTakenOnParent(table),
    problems,
  );
  checkCollisions(
    "partitionIndexName",
    indexes.map((spec) => [spec.index, formatIndexName(spec.partitionIndexName, {})]),
    listTakenOnPartition(table),
    problems,
  );
  return indexes;
}

function parseName(
  declared: string | undefined,
  { index, table, problems, ...place }: Around<unknown, IndexPlace>,
): string {
  checkIndexTemplate(pathAt(place, "name"), declared, ["table", "index"], problems);
  return formatIndexName(declared ?? "{table}_{index}", { table: table.table, index });
}

function parsePartitionName(
  declared: string | undefined,
  { index, table, problems, ...place }: Around<unknown, IndexPlace>,
): string {
  const path = pathAt(place, "partitionIndexName");
  checkIndexTemplate(path, declared, ["partition", "index", "table"], problems);
  if (declared !== undefined && !listPlaceholders(declared).includes("partition")) {
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
function listTakenOnParent(args: DeclaredTable): Map<string, string> {
  return new Map([
    [args.table, "the table"],
    ...(args.primaryKey ? [[formatPrimaryKeyName(args.table), "the primary key"] as const] : []),
    ...Object.keys(args.uniques ?? {}).map((name) => [name, `the unique constraint "${name}"`] as const),
  ]);
}

function listTakenOnPartition(args: DeclaredTable): Map<string, string> {
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

function checkIndexTemplate(
  path: string,
  template: string | undefined,
  known: readonly string[],
  problems: Problem[],
): void {
  if (template === undefined) return;
  checkTemplateText(path, template, problems);
  const unknown = listPlaceholders(template).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  problems.push({
    path: path,
    code: "name-template",
    message: `unknown placeholder {${unknown.join("}, {")}} in ${JSON.stringify(template)}.`,
    fix: `Known are {${known.join("}, {")}}.`,
  });
}
