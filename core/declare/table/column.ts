import { z } from "zod";
import type { Problem } from "../../problems/problem";
import { checkName } from "../../names/name-problems";
import { type ItemOf, type ItemPlace, parseItem, pathAt } from "../option/item";
import {
  type Around,
  defineAsWritten,
  optionalText,
  type OptionsOf,
  sentAs,
  withDefault,
  collectWires,
  collectShapes,
} from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";
import { checkExpression } from "../../sql/expression-problems";
import { isTypeName } from "../../sql/type-name";

/** One column, written to CREATE TABLE as declared. */
export interface ColumnArgs {
  /** PostgreSQL type. @example "timestamptz", "numeric(12,2)", "text[]" */
  readonly type: string;
  /** True to allow NULL, which the partition key never does. @default false */
  readonly nullable?: boolean;
  /** Default as one SQL expression. @example "now()" */
  readonly default?: string;
  /** Identity column: `always` refuses explicit values, `by default` accepts them. */
  readonly identity?: "always" | "by default";
  /** Comment of the column. Left out: not managed. */
  readonly comment?: string;
}

export const COLUMN = {
  type: sentAs(name, parseType, name),
  nullable: withDefault(z.boolean(), false),
  default: optionalText(parseDefault),
  identity: defineAsWritten(nameType("IdentityKind", z.enum(["always", "by default"])).optional()),
  comment: optionalText(),
} satisfies OptionsOf<ColumnArgs, ItemPlace>;

export const columnsShape = z.record(name, z.union([name, z.strictObject(collectShapes(COLUMN))]));

export const columnWire = z.object({ name, ...collectWires(COLUMN) });

export function parseColumn(
  column: string,
  declared: string | ColumnArgs,
  problems: Problem[],
): { readonly name: string } & ItemOf<typeof COLUMN> {
  const place = { path: ["columns", column] };
  checkName(pathAt(place), column, problems);
  const args = typeof declared === "string" ? { type: declared } : declared;
  return { name: column, ...parseItem(COLUMN, args, place, problems) };
}

function parseType(type: string, { problems, ...place }: Around<unknown, ItemPlace>): string {
  if (!isTypeName(type)) {
    problems.push({
      path: pathAt(place, "type"),
      code: "invalid-value",
      message: `${JSON.stringify(type)} is not the name of a type.`,
      fix: 'Write the type alone, as PostgreSQL does: "timestamptz", "numeric(12,2)", "text[]". The rest has properties: nullable, default, identity.',
    });
  }
  return type;
}

function parseDefault(
  text: string | undefined,
  { args, problems, ...place }: Around<ColumnArgs, ItemPlace>,
): string | undefined {
  if (text === undefined) return undefined;
  checkExpression(pathAt(place, "default"), text, problems);
  if (args.identity !== undefined) {
    problems.push({
      path: pathAt(place, "default"),
      code: "invalid-value",
      message: `the column "${String(place.path.at(-1))}" has both a default and an identity.`,
      fix: "Remove one of them.",
    });
  }
  return text;
}
