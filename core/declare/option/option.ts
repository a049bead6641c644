import type { z } from "zod";
import type { LevelsSpec } from "../../levels/levels";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import type { Plain } from "./matching";

/**
 * One option of a table, complete except for its docstring, which is at its property in the interface of its topic. Lists of
 * options yield the validation, the specification, the wire format, the package schema and the stack configuration.
 *
 * @public
 */
export interface Option<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Topic, Spec> {
  /** Shape that users write. */
  readonly shape: Shape;
  /** Shape in the inputs of PartitionWindow and in the registry. */
  readonly wire: Wire;
  /** Reads a declared value and fills in the default. Undefined: left out. */
  readonly parse: (declared: Declared, around: Around<Topic>) => Spec;
  /** Undefined: the default, which is not sent. */
  readonly toWire: (spec: Spec) => z.infer<Wire>;
  readonly fromWire: (wire: z.infer<Wire>) => Spec;
}

/** Context that the meaning of a value may depend on. */
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

/** Lets the compiler infer the types of an option. */
export function option<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Topic, Spec>(
  whole: Option<Shape, Wire, Declared, Topic, Spec>,
): Option<Shape, Wire, Declared, Topic, Spec> {
  return whole;
}

/** Creates an option whose value is used and sent as written. */
export function asWritten<Shape extends z.ZodType>(shape: Shape) {
  return option({
    shape,
    wire: shape,
    parse: (declared: Plain<z.infer<Shape>>) => declared,
    toWire: (spec) => spec as z.infer<Shape>,
    fromWire: (wire) => wire as Plain<z.infer<Shape>>,
  });
}

/** List of a topic: one option for each property of its interface, and no other. */
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

/** Parsed values of a list of options, by name. */
export type SpecsOf<List extends Options> = { readonly [Name in keyof List]: ReturnType<List[Name]["parse"]> };

/** Returns the shapes that users write, by name. */
export function shapesOf<List extends Options>(options: List) {
  return mapped(options, ({ shape }) => shape) as { [Name in keyof List]: List[Name]["shape"] };
}

/** Returns the shapes on the wire, by name. */
export function wiresOf<List extends Options>(options: List) {
  return mapped(options, ({ wire }) => wire) as { [Name in keyof List]: List[Name]["wire"] };
}

/** Reads declared values of the right shape. */
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

/** Reads what {@link optionsToWire} wrote, with its shape already checked. */
export function optionsFromWire<List extends Options>(
  options: List,
  wire: { readonly [Name in keyof List]?: unknown },
): SpecsOf<List> {
  return mapped(options, ({ fromWire }, name) => fromWire(wire[name] as never)) as SpecsOf<List>;
}

/** Maps options to values. The compiler loses the types in between; the list itself guarantees them. */
function mapped<List extends Options>(
  options: List,
  read: (option: AnyOption, name: keyof List) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, read(option, name)]));
}
