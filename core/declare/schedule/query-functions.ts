import { z } from "zod";
import { checkName, checkSchemaName } from "../../names/name-problems";
import { formatPath } from "../../problems/shape-problems";
import type { Problem } from "../../problems/problem";
import { tokenize } from "../../sql/expression";
import { omitUndefined } from "../option/item";
import type { Unchanged } from "../option/matching";
import { type Around, sentAs } from "../option/option";
import { nameShape as name, nameType } from "../option/shapes";
import { isTypeName } from "../../sql/type-name";
import { checkExpression } from "../../sql/expression-problems";
import { ALIAS_KINDS } from "./function-names";
import type { QueryFunctionArgs } from "./query-function-args";
import type { FunctionNamesArgs } from "./schedule-args";

const rangeShape = z.union([name, z.strictObject({ name, default: name })]);

const queryFunctionShape = z.strictObject({
  schema: name.optional(),
  arguments: z.record(name, name).optional(),
  where: name.optional(),
  from: rangeShape,
  to: rangeShape.optional(),
});

const typedName = nameType("TypedName", z.object({ name, type: name }));
const rangeWire = nameType("RangeArgument", z.object({ name, default: z.string().optional() }));
const queryFunctionWire = nameType(
  "QueryFunction",
  z.object({
    schema: name,
    name,
    arguments: z.array(typedName),
    where: z.string().optional(),
    from: rangeWire,
    to: rangeWire.optional(),
  }),
);
/** The columns travel with the functions: PartitionWindow has no others, and a preview knows them before the table has them. */
const queryFunctionsWire = nameType(
  "QueryFunctions",
  z.object({ columns: z.array(typedName).optional(), functions: z.array(queryFunctionWire) }),
);

type QueryFunctions = Unchanged<z.infer<typeof queryFunctionsWire>>;
export type QueryFunction = QueryFunctions["functions"][number];

/** Options that the names of functions must not collide with. */
type Near = Around<{ readonly functionNames?: FunctionNamesArgs }>;

export const queryFunctions = sentAs(
  z.record(name, queryFunctionShape).optional(),
  parseQueryFunctions,
  queryFunctionsWire.optional(),
);

/** Reads the declared functions. Undefined: none. */
function parseQueryFunctions(
  declared: Readonly<Record<string, QueryFunctionArgs>> | undefined,
  around: Near,
): QueryFunctions | undefined {
  const entries = Object.entries(declared ?? {});
  if (entries.length === 0) return undefined;
  const { columns } = around.table;
  return omitUndefined({
    columns: columns?.map(({ name, type }) => ({ name, type })),
    functions: entries.map(([name, args]) => parseQueryFunction(name, args, around)),
  });
}

function parseQueryFunction(name: string, args: QueryFunctionArgs, around: Near): QueryFunction {
  const { table, problems } = around;
  const path = (...below: readonly string[]): string => formatPath(["queryFunctions", name, ...below]);
  const { schema = table.schema, where } = args;
  checkName(path(), name, problems);
  if (args.schema !== undefined) checkSchemaName(path("schema"), schema, problems);
  checkFunctionName(path(), schema, name, around);
  const given = Object.entries(args.arguments ?? {}).map(([name, type]) => ({ name, type }));
  for (const { name, type } of given) checkType(path("arguments", name), type, problems);
  if (where !== undefined) checkExpression(path("where"), where, problems);
  const from = parseRange(path("from"), args.from, problems);
  const to = args.to === undefined ? undefined : parseRange(path("to"), args.to, problems);
  if (from.default !== undefined && to && to.default === undefined) problems.push(refuseMandatory(path("to"), to.name));
  checkArgumentNames(
    [
      ...given.map(({ name }) => [path("arguments", name), name] as const),
      [path("from"), from.name],
      ...(to ? [[path("to"), to.name] as const] : []),
    ],
    (table.columns ?? []).map(({ name }) => name),
    problems,
  );
  const named = listNames(where ?? "");
  for (const argument of given)
    if (!named.has(argument.name)) problems.push(refuseUnused(path("arguments", argument.name), argument.name));
  return omitUndefined({ schema, name, arguments: given, where, from, to });
}

function parseRange(path: string, declared: QueryFunctionArgs["from"], problems: Problem[]): QueryFunction["from"] {
  if (typeof declared === "string") return { name: declared };
  checkExpression(`${path}.default`, declared.default, problems);
  return { name: declared.name, default: declared.default };
}

function checkFunctionName(path: string, schema: string, name: string, { args, table, problems }: Near): void {
  const { schema: other = table.schema, ...names } = args.functionNames ?? {};
  const kind = ALIAS_KINDS.find((one) => names[one] === name);
  if (kind === undefined || other !== schema) return;
  problems.push({
    path,
    code: "name-collision",
    message: `"${name}" is the name of functionNames.${kind} already.`,
    fix: "Give each its own name.",
  });
}

/** A name that two arguments share, or one with a column: the column would take the place of the argument. */
function checkArgumentNames(
  named: readonly (readonly [path: string, name: string])[],
  columns: readonly string[],
  problems: Problem[],
): void {
  const seen = new Set<string>();
  for (const [path, name] of named) {
    checkName(path, name, problems);
    const isColumn = columns.includes(name);
    if (isColumn || seen.has(name))
      problems.push({
        path,
        code: "name-collision",
        message: `${JSON.stringify(name)} is the name of ${isColumn ? "a column, which the condition and the result have already" : "another argument"}.`,
        fix: `Choose another name, for example "p_${name}".`,
      });
    seen.add(name);
  }
}

function checkType(path: string, type: string, problems: Problem[]): void {
  if (isTypeName(type)) return;
  problems.push({
    path,
    code: "invalid-value",
    message: `${JSON.stringify(type)} is not the name of a type.`,
    fix: 'Write the type alone, as PostgreSQL does: "uuid", "text", "app.status". Only from and to have a default.',
  });
}

/** Returns the names in an expression, as the server reads them: without quotes in lower case. */
function listNames(text: string): ReadonlySet<string> {
  return new Set(
    tokenize(text).flatMap(({ kind, text: word }) =>
      kind === "word" ? [word.toLowerCase()] : kind === "quoted" ? [word.slice(1, -1).replaceAll('""', '"')] : [],
    ),
  );
}

function refuseMandatory(path: string, name: string): Problem {
  return {
    path,
    code: "invalid-value",
    message: `"${name}" has no default, but from has one: PostgreSQL takes no such argument after one with a default.`,
    fix: `Give it one, for example { name: "${name}", default: "now()" }, or remove that of from.`,
  };
}

function refuseUnused(path: string, name: string): Problem {
  return {
    path,
    code: "invalid-value",
    message: `the condition does not name the argument "${name}".`,
    fix: `Use it in where (in double quotes if it has capitals), or remove it.`,
  };
}
