import { z } from "zod";
import { checkName, checkSchemaName } from "../../names/name-problems";
import type { Problem } from "../../problems/problem";
import { type Around, defineOption } from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";
import type { FunctionNamesArgs } from "./schedule-args";

const names = {
  ensure: name.optional(),
  window: name.optional(),
  values: name.optional(),
  expired: name.optional(),
  info: name.optional(),
  stats: name.optional(),
  sizes: name.optional(),
  analyze: name.optional(),
  runway: name.optional(),
};

export type AliasKind = keyof typeof names;

/** Functions and views that callers may name, in the order of their creation. */
export const ALIAS_KINDS = Object.keys(names) as readonly AliasKind[];

/** Names with the schema of the functions and views filled in, as in the inputs of PartitionWindow. */
const functionNamesSpecSchema = z.object({ schema: name, ...names });
export type FunctionNames = z.infer<typeof functionNamesSpecSchema>;

export const functionNames = defineOption({
  shape: z.strictObject({ schema: name.optional(), ...names }).optional(),
  wire: nameType("FunctionNames", functionNamesSpecSchema).optional(),
  parse: parseFunctionNames,
  toWire: (spec) => spec,
  fromWire: (wire) => wire,
});

/** Reads the declared names. Undefined: none. */
function parseFunctionNames(
  declared: FunctionNamesArgs | undefined,
  { table, problems }: Around<unknown>,
): FunctionNames | undefined {
  if (!declared) return undefined;
  const { schema = table.schema, ...names } = declared;
  if (declared.schema !== undefined) checkSchemaName("functionNames.schema", schema, problems);
  const given = ALIAS_KINDS.flatMap((kind) => (names[kind] === undefined ? [] : [[kind, names[kind]] as const]));
  const seen = new Map<string, AliasKind>();
  for (const [kind, value] of given) {
    checkName(`functionNames.${kind}`, value, problems);
    const other = seen.get(value);
    if (other) problems.push(refuseSameName(kind, other, value));
    seen.set(value, kind);
  }
  return given.length > 0 ? { schema, ...Object.fromEntries(given) } : undefined;
}

function refuseSameName(kind: AliasKind, other: AliasKind, value: string): Problem {
  return {
    path: `functionNames.${kind}`,
    code: "name-collision",
    message: `"${value}" is the name of ${other} already.`,
    fix: "Give each its own name.",
  };
}
