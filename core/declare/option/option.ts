import type { z } from "zod";
import type { LevelsSpec } from "../../levels/levels";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import type { Plain } from "./matching";

/**
 * One option of a table, whole but for its docstring, which stands at its property in the interface of its topic. Lists of
 * these make the validation, the specification, what travels, the package schema and the stack configuration.
 *
 * @public
 */
export interface Option<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Topic, Spec> {
  /** Shape that users write. */
  readonly shape: Shape;
  /** Shape that travels in the inputs of PartitionWindow and stands in the registry. */
  readonly wire: Wire;
  /** Reads a declared value and fills in the default. Undefined: left out. */
  readonly parse: (declared: Declared, around: Around<Topic>) => Spec;
  /** Undefined: the usual, and does not travel. */
  readonly toWire: (spec: Spec) => z.infer<Wire>;
  readonly fromWire: (wire: z.infer<Wire>) => Spec;
}

/** What the meaning of a value may depend on. */
export interface Around<Topic> {
  /** The options of the same topic, as declared. */
  readonly args: Topic;
  readonly table: TableAround;
  readonly problems: Problem[];
}

/** The table that an option is declared for. */
interface TableAround {
  readonly schema: string;
  readonly table: string;
  readonly zone: string;
  readonly grid: readonly GridSegment[];
  readonly levels: LevelsSpec;
}

/** Lets the compiler find out the types of an option. */
export function option<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Topic, Spec>(
  whole: Option<Shape, Wire, Declared, Topic, Spec>,
): Option<Shape, Wire, Declared, Topic, Spec> {
  return whole;
}

/** An option that means and travels what is written. */
export function asWritten<Shape extends z.ZodType>(shape: Shape) {
  return option({
    shape,
    wire: shape,
    parse: (declared: Plain<z.infer<Shape>>) => declared,
    toWire: (spec) => spec as z.infer<Shape>,
    fromWire: (wire) => wire as Plain<z.infer<Shape>>,
  });
}

/** The list of a topic: an option for each property of its interface, and no other. */
export type OptionsOf<Topic> = {
  readonly [Name in keyof Topic]-?: {
    readonly parse: (declared: Topic[Name], around: Around<Topic>) => unknown;
  };
};

interface AnyOption {
  readonly shape: z.ZodType;
  readonly wire: z.ZodType;
  readonly parse: (declared: never, around: never) => unknown;
  readonly toWire: (spec: never) => unknown;
  readonly fromWire: (wire: never) => unknown;
}
type Options = Readonly<Record<string, AnyOption>>;

/** What a list of options means, by name. */
export type SpecsOf<List extends Options> = { readonly [Name in keyof List]: ReturnType<List[Name]["parse"]> };

/** Shapes that users write, by name. */
export function shapesOf<List extends Options>(options: List) {
  return mapped(options, ({ shape }) => shape) as { [Name in keyof List]: List[Name]["shape"] };
}

/** Shapes that travel, by name. */
export function wiresOf<List extends Options>(options: List) {
  return mapped(options, ({ wire }) => wire) as { [Name in keyof List]: List[Name]["wire"] };
}

/** Reads declared values whose shape is right. */
export function parseOptions<List extends Options>(
  options: List,
  args: { readonly [Name in keyof List]?: unknown },
  table: TableAround,
  problems: Problem[],
): SpecsOf<List> {
  const around = { args, table, problems };
  return mapped(options, ({ parse }, name) => parse(args[name] as never, around as never)) as SpecsOf<List>;
}

export function optionsToWire<List extends Options>(options: List, specs: SpecsOf<List>): Record<string, unknown> {
  return mapped(options, ({ toWire }, name) => toWire(specs[name] as never));
}

/** Reads what {@link optionsToWire} wrote, of which the shape is right. */
export function optionsFromWire<List extends Options>(
  options: List,
  wire: { readonly [Name in keyof List]?: unknown },
): SpecsOf<List> {
  return mapped(options, ({ fromWire }, name) => fromWire(wire[name] as never)) as SpecsOf<List>;
}

/** Types of values are lost between a list and its values, which the list itself holds together. */
function mapped<List extends Options>(
  options: List,
  read: (option: AnyOption, name: keyof List) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, read(option, name)]));
}
