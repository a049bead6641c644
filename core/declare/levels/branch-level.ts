import { z } from "zod";
import type { BranchLevel, HashLevel, ListLevel, ValueSource } from "../../levels/levels";
import { isSource } from "../../levels/levels";
import { checkTemplateText } from "../../names/name-problems";
import { findSlugCollisions } from "../../names/slug";
import { listPlaceholders } from "../../names/template";
import type { Problem } from "../../problems/problem";
import { parseSpan, type ParsedSpan, type Span } from "../../time/span";
import { itemToWire } from "../option/item";
import {
  type Around,
  flag,
  defineOption,
  optionalText,
  type OptionsOf,
  decodeOptions,
  parseOptions,
  sentAs,
  collectShapes,
  collectWires,
} from "../option/option";
import { nameShape as name, createSpanShape, nameType } from "../option/shapes";

/** A level above the time level that partitions a table by the values of a column, with one branch for each value. */
export interface ListLevelArgs {
  /** Column of a LIST level. @example "program_id" */
  readonly list: string;
  /** Its values: given, or read from a table, so that a new row there becomes a new branch in the next update. */
  readonly values: readonly string[] | ListValuesArgs;
  /**
   * Template of the names of its branches: {table}, {base} (the branch above, or the table), {value}. @default "{base}_{value}"
   */
  readonly name?: string;
  /**
   * True to reduce {value} to lower-case letters, digits and underscores: `abc-123` becomes `abc123`. If two values get the same
   * name, a hash distinguishes those read from a table; given ones are refused. @default true
   */
  readonly slug?: boolean;
  /**
   * Time after its end at which an **empty** partition of an ended value is retired, regardless of the retention. A partition
   * that ever held a row is left to the window. @default never
   */
  readonly cleanupAfter?: Span;
}

/** Values of a LIST level that are read from a table. */
export interface ListValuesArgs {
  /** The table, `schema.table` or `table` in the schema of the partitioned one. */
  readonly from: string;
  /** Its column with the values. */
  readonly column: string;
  /**
   * Condition for values in use: one SQL expression. The others keep their partitions and get no new ones.
   * @example "end_date > current_date"
   */
  readonly where?: string;
  /** Column of the same table with the value of the LIST level above that each value belongs to. @default every value belongs to each */
  readonly parent?: string;
  /**
   * Installs a trigger on that table that creates the branches of new values in the writing transaction, which then **holds the
   * lock of the partitioned table** until its end. Works for roles that may create partitions; for others, and if a lock is not
   * available, it warns and leaves the branch to the schedule. It never fails the writer, and uses at most half of its time-outs.
   * @default false
   */
  readonly trigger?: boolean;
}

/** A level that spreads rows evenly by the hash of a column, above or below the time level. Never changes. */
export interface HashLevelArgs {
  /** Column of a HASH level. @example "user_id" */
  readonly hash: string;
  /** Number of parts. Range 2-64. */
  readonly modulus: number;
  /** Template of the names of its parts: {table}, {base}, {remainder}. @default "{base}_h{remainder}" */
  readonly name?: string;
}

/** Place of a level above or below the time level. */
export interface BranchPlace {
  readonly path: string;
  /** Schema of the partitioned table. */
  readonly schema: string;
  /** True below a LIST level. */
  readonly belowList: boolean;
}

const text = z.string();

const SOURCE = {
  column: sentAs(name, (column: string) => column, name),
  where: optionalText(),
  parent: optionalText(parseParent),
  trigger: flag(),
} satisfies OptionsOf<Omit<ListValuesArgs, "from">, BranchPlace>;

const LIST = {
  name: joinBranchPath("{base}_{value}", "value"),
  slug: defineOption({
    shape: z.boolean().optional(),
    wire: z.boolean().optional(),
    parse: (slug: boolean | undefined) => slug ?? true,
    toWire: (slug) => (slug ? undefined : false),
    fromWire: (wire) => wire ?? true,
  }),
  cleanupAfter: defineOption({
    shape: createSpanShape("30 days").optional(),
    wire: text.optional(),
    parse: parseCleanup,
    toWire: (span) => span && `${span.count} ${span.unit}s`,
    fromWire: (wire) => (wire === undefined ? undefined : parseSpan(wire)),
  }),
} satisfies OptionsOf<Omit<ListLevelArgs, "list" | "values">, BranchPlace>;

const HASH = {
  modulus: defineOption({
    shape: z.int().min(2).max(64),
    wire: z.int().optional(),
    parse: (modulus: number) => modulus,
    toWire: (modulus) => modulus,
    fromWire: (wire) => wire ?? 2,
  }),
  name: joinBranchPath("{base}_h{remainder}", "remainder"),
} satisfies OptionsOf<Omit<HashLevelArgs, "hash">, BranchPlace>;

/** Shapes that users write. */
export const listLevelShape = z.strictObject({
  list: name,
  values: z.union([z.array(name).min(1), z.strictObject({ from: name, ...collectShapes(SOURCE) })]),
  ...collectShapes(LIST),
});
export const hashLevelShape = z.strictObject({ hash: name, ...collectShapes(HASH) });

const sourceWire = z.object({ schema: name, table: name, ...collectWires(SOURCE) });

/** A LIST or HASH level on the wire. */
export const branchWire = z.object({
  kind: nameType("BranchKind", z.enum(["list", "hash"])),
  column: name,
  /** Of a LIST level: given values, or their source. */
  values: z.array(text).optional(),
  source: nameType("ValueSource", sourceWire).optional(),
  ...collectWires(LIST),
  ...collectWires(HASH),
});
type BranchWire = z.infer<typeof branchWire>;

export function parseList(level: ListLevelArgs, place: BranchPlace, problems: Problem[]): ListLevel {
  const { list: column, values } = level;
  const options = parseOptions(LIST, level, place, problems);
  if ("from" in values) return { kind: "list", column, values: parseSource(values, place, problems), ...options };
  checkValues(`${place.path}.values`, values, options.slug, problems);
  return { kind: "list", column, values, ...options };
}

export function parseHash(level: HashLevelArgs, place: BranchPlace, problems: Problem[]): HashLevel {
  return { kind: "hash", column: level.hash, ...parseOptions(HASH, level, place, problems) };
}

export function encodeBranch(level: BranchLevel): BranchWire {
  const { kind, column } = level;
  if (level.kind === "hash") return { kind, column, ...itemToWire(HASH, level) };
  const { values } = level;
  return {
    kind,
    column,
    ...(isSource(values)
      ? { source: { schema: values.schema, table: values.table, ...itemToWire(SOURCE, values) } }
      : { values: [...values] }),
    ...itemToWire(LIST, level),
  };
}

export function decodeBranch({ kind, column, source, values, ...wire }: BranchWire): BranchLevel {
  if (kind === "hash") return { kind, column, ...decodeOptions(HASH, wire) };
  return {
    kind,
    column,
    values: source ? { schema: source.schema, table: source.table, ...decodeOptions(SOURCE, source) } : (values ?? []),
    ...decodeOptions(LIST, wire),
  };
}

function parseSource(values: ListValuesArgs, place: BranchPlace, problems: Problem[]): ValueSource {
  const dot = values.from.indexOf(".");
  const schema = dot < 0 ? place.schema : values.from.slice(0, dot);
  const table = dot < 0 ? values.from : values.from.slice(dot + 1);
  return { schema, table, ...parseOptions(SOURCE, values, place, problems) };
}

function parseParent(
  parent: string | undefined,
  { path, belowList, problems }: Around<unknown, BranchPlace>,
): string | undefined {
  if (parent !== undefined && !belowList) {
    problems.push(
      refuseLevel(
        `${path}.values.parent`,
        "no LIST level above exists that a value could belong to.",
        "Remove parent.",
      ),
    );
  }
  return parent;
}

function parseCleanup(
  declared: Span | undefined,
  { path, problems }: Around<unknown, BranchPlace>,
): ParsedSpan | undefined {
  const span = declared === undefined ? undefined : parseSpan(declared);
  if (declared !== undefined && !span) {
    problems.push({
      path: `${path}.cleanupAfter`,
      code: "invalid-span",
      message: `${JSON.stringify(declared)} is not a length of time with its unit.`,
      fix: 'Write for example "30 days".',
    });
  }
  return span;
}

function checkValues(path: string, values: readonly string[], slug: boolean, problems: Problem[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined)
    problems.push(refuseLevel(path, `the value ${JSON.stringify(twice)} is given twice.`, "Give each value once."));
  if (!slug) return;
  for (const collision of findSlugCollisions(values)) {
    problems.push({
      path,
      code: "name-collision",
      message: `${collision.values.map((value) => JSON.stringify(value)).join(" and ")} would both be called "${collision.slug}".`,
      fix: "Set slug: false, so that names carry the values as they are.",
    });
  }
}

/** Creates the option for the template of the names of a level's branches. */
function joinBranchPath(template: string, needed: "value" | "remainder") {
  const parse = (declared: string | undefined, { path, problems }: Around<unknown, BranchPlace>): string => {
    checkBranchTemplate(`${path}.name`, declared ?? template, needed, problems);
    return declared ?? template;
  };
  return sentAs(name.optional(), parse, name);
}

function checkBranchTemplate(path: string, template: string, needed: "value" | "remainder", problems: Problem[]): void {
  const used = listPlaceholders(template);
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

export function refuseLevel(path: string, message: string, fix: string): Problem {
  return { path, code: "levels", message, fix };
}
