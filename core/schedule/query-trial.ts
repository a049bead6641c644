import { formatPath } from "../problems/shape-problems";
import type { QueryFunction } from "../declare/schedule/query-functions";
import type { WindowSpec } from "../declare/table/spec";
import { quote } from "../names/identifier";
import type { ObservedTable } from "../observed/observed-table";
import { formatNulls, type Trial, type TrialStep } from "../table/needs/trial";
import { describeFunction, formatFunction, type FunctionParts } from "./query-functions";

/** Returns the trial of functions on a temporary table; undefined if there are none. */
export function buildQueryTrial(
  spec: WindowSpec,
  functions: readonly QueryFunction[],
  observed: ObservedTable | undefined,
): Trial | undefined {
  const [first] = functions;
  if (!first) return undefined;
  const { columns } = describeFunction(first, spec, observed);
  const table = `pg_temp.${quote(spec.table)}`;
  const added = columns.map(({ name, type }): TrialStep => ({
    // The table's own resource judges its types.
    path: undefined,
    subject: `the column ${JSON.stringify(name)}`,
    sql: `ALTER TABLE ${table} ADD COLUMN ${quote(name)} ${type}`,
    adds: name,
  }));
  return { table: spec.table, steps: [...added, ...functions.flatMap((one) => buildSteps(one, spec, observed))] };
}

/** Each argument by itself, then the whole: a function whose argument failed says nothing more. */
function buildSteps(one: QueryFunction, spec: WindowSpec, observed: ObservedTable | undefined): TrialStep[] {
  const parts = describeFunction(one, spec, observed);
  const { where } = one;
  const subject = `the function ${JSON.stringify(one.name)}`;
  return [
    ...parts.arguments.map((argument): TrialStep => {
      const value = argument.default === undefined ? "" : ` DEFAULT ${argument.default}`;
      return {
        path: formatArgumentPath(one, argument.name),
        subject: `the argument ${JSON.stringify(argument.name)} ${argument.type}${value} of ${subject}`,
        sql: `CREATE FUNCTION pg_temp.pgpartition_argument(${quote(argument.name)} ${argument.type}${value}) RETURNS void LANGUAGE sql AS ''; DROP FUNCTION pg_temp.pgpartition_argument`,
        adds: one.name,
      };
    }),
    {
      path: formatPath(["queryFunctions", one.name, ...(where === undefined ? [] : ["where"])]),
      subject,
      queries: true,
      sql: formatFunction(`pg_temp.${quote(one.name)}`, `pg_temp.${quote(spec.table)}`, parts),
      ...(where === undefined ? {} : { query: buildParsedQuery(spec, parts, where) }),
    },
  ];
}

function formatArgumentPath({ name, from, to }: QueryFunction, argument: string): string {
  const end = argument === from.name ? from : argument === to?.name ? to : undefined;
  if (!end) return formatPath(["queryFunctions", name, "arguments", argument]);
  const property = argument === from.name ? "from" : "to";
  return formatPath(["queryFunctions", name, property, ...(end.default === undefined ? [] : ["default"])]);
}

/** The condition with its arguments as columns, for a server that takes no temporary table. */
function buildParsedQuery(spec: WindowSpec, { arguments: given, columns }: FunctionParts, where: string): string {
  return `SELECT FROM ${formatNulls(spec.table, columns)}, ${formatNulls("pgpartition_arguments", given)} WHERE (${where})`;
}
