import type { z } from "zod";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import {
  type Options,
  decodeOptions,
  encodeOptions,
  parseOptions,
  type ReadAround,
  type SpecsOf,
  type WiresOf,
} from "./option";

/** Parts of a table that are declared by name, with a list of options each: columns, indexes, policies. */

/** Place of the options of a part. */
export interface ItemPlace {
  readonly path: readonly PropertyKey[];
}

/** Parsed options of a part; those that are undefined are left out. */
export type ItemOf<List extends Options> = { readonly [Name in Given<List>]: SpecsOf<List>[Name] } & {
  readonly [Name in Exclude<keyof List, Given<List>>]?: SpecsOf<List>[Name];
};

/** Options that always have a value. */
type Given<List extends Options> = {
  [Name in keyof List]: undefined extends SpecsOf<List>[Name] ? never : Name;
}[keyof List];

/** Returns the path of an option of a part. */
export function pathAt({ path }: ItemPlace, ...below: readonly PropertyKey[]): string {
  return formatPath([...path, ...below]);
}

export function parseItem<List extends Options, Topic extends { readonly [Name in keyof List]?: unknown }, Place>(
  options: List & ReadAround<Topic, Place, keyof List>,
  args: Topic,
  place: Place,
  problems: Problem[],
): ItemOf<List> {
  return omitUndefined(parseOptions<List, Topic, Place>(options, args, place, problems)) as ItemOf<List>;
}

export function itemToWire<List extends Options>(
  options: List,
  item: ItemOf<List>,
): z.infer<z.ZodObject<WiresOf<List>>> {
  return omitUndefined(encodeOptions(options, item as SpecsOf<List>)) as z.infer<z.ZodObject<WiresOf<List>>>;
}

/** Reads what {@link itemToWire} wrote, with its shape already checked. */
export function itemFromWire<List extends Options>(
  options: List,
  wire: { readonly [Name in keyof List]?: unknown },
): ItemOf<List> {
  return omitUndefined(decodeOptions(options, wire)) as ItemOf<List>;
}

/** Leaves out properties that are undefined. */
export function omitUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
