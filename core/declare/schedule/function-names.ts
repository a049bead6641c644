import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { checkName, checkSchemaName } from "../../names/name-problems";
import type { FunctionNamesArgs } from "./schedule-args";

const name = z.string().min(1);

/** Functions and views that callers may name, in the order of their creation. */
export const ALIAS_KINDS = [
  "ensure",
  "window",
  "values",
  "expired",
  "info",
  "stats",
  "sizes",
  "analyze",
  "runway",
] as const;
export type AliasKind = (typeof ALIAS_KINDS)[number];

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

/** Shape that users write. */
export const functionNamesSchema = z.strictObject({ schema: name.optional(), ...names });

/** Inputs of FunctionAliases: the names on the wire. */
export const functionAliasesWireSchema = z.object({
  schema: name,
  table: name,
  /** Schema of the functions and views. */
  aliasSchema: name,
  names: z.object(names),
});
export type FunctionAliasesWire = z.infer<typeof functionAliasesWireSchema>;

/** Reads the declared names. Undefined: none. */
export function parseFunctionNames(
  declared: FunctionNamesArgs | undefined,
  table: { readonly schema: string; readonly table: string },
  problems: Problem[],
): FunctionAliasesWire | undefined {
  if (!declared) return undefined;
  const { schema: aliasSchema = table.schema, ...names } = declared;
  if (declared.schema !== undefined) checkSchemaName("functionNames.schema", aliasSchema, problems);
  const given = ALIAS_KINDS.flatMap((kind) => (names[kind] === undefined ? [] : [[kind, names[kind]] as const]));
  const seen = new Map<string, AliasKind>();
  for (const [kind, value] of given) {
    checkName(`functionNames.${kind}`, value, problems);
    const other = seen.get(value);
    if (other) problems.push(sameName(kind, other, value));
    seen.set(value, kind);
  }
  if (given.length === 0) return undefined;
  return { schema: table.schema, table: table.table, aliasSchema, names: Object.fromEntries(given) };
}

function sameName(kind: AliasKind, other: AliasKind, value: string): Problem {
  return {
    path: `functionNames.${kind}`,
    code: "name-collision",
    message: `"${value}" is the name of ${other} already.`,
    fix: "Give each its own name.",
  };
}
