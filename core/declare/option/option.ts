import { z } from "zod";
import type { LevelsSpec } from "../../levels/levels";
import type { Problem } from "../../problems/problem";
import type { GridSegment } from "../../time/grid";
import type { Plain, Unchanged } from "./matching";

/**
 * One option of a table or of a part of it, complete except for its docstring, which is at its property in the interface of its
 * topic. Lists of options yield the validation, the specification, the wire format, the package schema and the stack
 * configuration.
 *
 * @public
 */
export interface Option<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Context, Spec> {
  /** Shape that users write. */
  readonly shape: Shape;
  /** Shape in the inputs of resources and in the registry. */
  readonly wire: Wire;
  /** Reads a declared value and fills in the default. Undefined: left out. */
  readonly parse: (declared: Declared, around: Context) => Spec;
  /** Undefined: the default, which is not sent. */
  readonly toWire: (spec: Spec) => z.infer<Wire>;
  readonly fromWire: (wire: z.infer<Wire>) => Spec;
}

/** Context that the meaning of a value may depend on: the other options of its topic, as declared, and their place. */
export type Around<Topic, Place = TablePlace> = Place & { readonly args: Topic; readonly problems: Problem[] };

/**
 * Place of the options of a table.
 *
 * @public
 */
export interface TablePlace {
  readonly table: {
    readonly schema: string;
    readonly table: string;
    readonly zone: string;
    readonly grid: readonly GridSegment[];
    readonly levels: LevelsSpec;
    /** Undefined: another tool owns them. */
    readonly columns: readonly { readonly name: string; readonly type: string }[] | undefined;
  };
}

/** Lets the compiler infer the types of an option. */
export function defineOption<Shape extends z.ZodType, Wire extends z.ZodType, Declared, Context, Spec>(
  whole: Option<Shape, Wire, Declared, Context, Spec>,
): Option<Shape, Wire, Declared, Context, Spec> {
  return whole;
}

/** Creates an option whose value is used and sent as written. */
export function defineAsWritten<Shape extends z.ZodType>(shape: Shape) {
  return sentAs(shape, (declared: Plain<z.infer<Shape>>) => declared, shape);
}

/** Creates an option whose parsed value is sent as it is. */
export function sentAs<
  Shape extends z.ZodType,
  Wire extends z.ZodType,
  Declared,
  Context,
  Spec extends Unchanged<z.infer<Wire>>,
>(shape: Shape, parse: (declared: Declared, around: Context) => Spec, wire: Wire) {
  return defineOption({
    shape,
    wire,
    parse,
    toWire: (spec) => spec as z.infer<Wire>,
    fromWire: (sent) => sent as Spec,
  });
}

/** Creates an option for a text that may be left out. An empty one is refused where users write it. */
export function optionalText<Context>(parse?: (declared: string | undefined, around: Context) => string | undefined) {
  const read = parse ?? ((declared: string | undefined) => declared);
  return sentAs(z.string().min(1).optional(), read, z.string().optional());
}

/** Creates an option for a list of names that may be left out: then it is empty, and not sent. */
export function optionalNames<Shape extends z.ZodType>(shape: Shape) {
  return defineOption({
    shape,
    wire: z.array(z.string().min(1)).optional(),
    parse: (declared: readonly string[] | undefined) => declared ?? [],
    toWire: (names) => (names.length > 0 ? [...names] : undefined),
    fromWire: (wire) => wire ?? [],
  });
}

/** Creates an option that may be left out; its value is always sent. */
export function withDefault<Shape extends z.ZodType>(shape: Shape, value: Plain<z.infer<Shape>>) {
  return sentAs(shape.optional(), (declared: Plain<z.infer<Shape>> | undefined) => declared ?? value, shape);
}

/** Creates an option that is false unless it is declared, and sent only if it is true. */
export function flag() {
  const shape = z.boolean().optional();
  return sentAs(shape, (declared: boolean | undefined): boolean | undefined => declared === true || undefined, shape);
}

/** List of a topic: one option for each property of its interface, and no other. */
export type OptionsOf<Topic, Place = TablePlace> = {
  readonly [Name in keyof Topic]-?: {
    readonly parse: (declared: Topic[Name], around: Around<Topic, Place>) => unknown;
  };
};

interface AnyOption {
  readonly shape: z.ZodType;
  readonly wire: z.ZodType;
  readonly parse: (declared: never, around: never) => unknown;
  readonly toWire: (spec: never) => unknown;
  readonly fromWire: (wire: never) => unknown;
}
export type Options = Readonly<Record<string, AnyOption>>;

/** Parsed values of a list of options, by name. */
export type SpecsOf<List extends Options> = { readonly [Name in keyof List]: ReturnType<List[Name]["parse"]> };

/** Returns the shapes that users write, by name. */
export function collectShapes<List extends Options>(options: List) {
  return mapOptions(options, ({ shape }) => shape) as { [Name in keyof List]: List[Name]["shape"] };
}

/** Returns the shapes on the wire, by name. */
export function collectWires<List extends Options>(options: List) {
  return mapOptions(options, ({ wire }) => wire) as WiresOf<List>;
}

export type WiresOf<List extends Options> = { [Name in keyof List]: List[Name]["wire"] };

/** Reads declared values of the right shape. */
export function parseOptions<List extends Options, Topic extends { readonly [Name in keyof List]?: unknown }, Place>(
  options: List & ReadAround<Topic, Place, keyof List>,
  args: Topic,
  place: Place,
  problems: Problem[],
): SpecsOf<List> {
  const around = { ...place, args, problems };
  return mapOptions(options, ({ parse }, name) => parse(args[name] as never, around as never)) as SpecsOf<List>;
}

/** Options that can be read at a place. */
export type ReadAround<Topic, Place, Name extends PropertyKey> = Readonly<
  Record<Name, { readonly parse: (declared: never, around: Around<Topic, Place>) => unknown }>
>;

export function encodeOptions<List extends Options>(options: List, specs: SpecsOf<List>): Record<string, unknown> {
  return mapOptions(options, ({ toWire }, name) => toWire(specs[name] as never));
}

/** Reads what {@link encodeOptions} wrote, with its shape already checked. */
export function decodeOptions<List extends Options>(
  options: List,
  wire: { readonly [Name in keyof List]?: unknown },
): SpecsOf<List> {
  return mapOptions(options, ({ fromWire }, name) => fromWire(wire[name] as never)) as SpecsOf<List>;
}

/** Maps options to values. The compiler loses the types in between; the list itself guarantees them. */
function mapOptions<List extends Options>(
  options: List,
  read: (option: AnyOption, name: keyof List) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, read(option, name)]));
}
