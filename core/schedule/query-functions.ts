import { quote, quoteList, quoteLiteral, quoteQualified } from "../names/identifier";
import type { QueryFunction } from "../declare/schedule/query-functions";
import type { WindowSpec } from "../declare/table/spec";
import type { Observation, ObservedTable } from "../observed/observed-table";
import { tokenize } from "../sql/expression";
import { toStoredType } from "../table/needs/need-problems";
import { findKeyKind, type KeyKind } from "../time/key";
import type { Alias } from "./aliases";

/**
 * The SQL of functions that query the table. PostgreSQL inlines a function into the query that calls it, and then removes
 * partitions while it plans that, only if it is LANGUAGE sql, STABLE, neither STRICT nor SECURITY DEFINER, and has no SET clause
 * (inline_set_returning_function, https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/optimizer/util/clauses.c).
 * So names are pinned by their schema instead of by SET search_path. If a call cannot be inlined, because an argument is
 * volatile or a subquery, partitions are removed when it starts.
 *
 * The body is a text and names the table, and the result is a list of columns: nothing in the catalogue depends on the table, its
 * columns or the type of its rows, which a BEGIN ATOMIC body or SETOF the table would do. So columns are altered and dropped, a
 * conversion and its way back exchange the table, and a destroy drops it, as without the function.
 */
export function buildQueryFunctions(spec: WindowSpec, observed: ObservedTable | undefined): Alias[] {
  return (spec.queryFunctions?.functions ?? []).map((one) => {
    const parts = describeFunction(one, spec, observed);
    const types = parts.arguments.map(({ type }) => type).join(", ");
    return {
      kind: "query",
      schema: one.schema,
      name: one.name,
      arguments: types,
      definition: formatFunction(quoteQualified(one.schema, one.name), quoteQualified(spec.schema, spec.table), parts),
      queries: `${spec.schema}.${spec.table}`,
      signature: `(${parts.arguments.map(({ name, type }) => `${quote(name)} ${type}`).join(", ")}) ${formatResult(parts)}`,
      defaults: parts.arguments.filter((argument) => argument.default !== undefined).length,
    };
  });
}

/** Returns the functions that the database does not have as declared. */
export function listNewQueryFunctions(
  spec: WindowSpec,
  { table, registration }: Pick<Observation, "table" | "registration">,
): QueryFunction[] {
  const same = (registration?.aliases ?? []).filter(({ state }) => state === "same");
  const made = buildQueryFunctions(spec, table);
  return (spec.queryFunctions?.functions ?? []).filter(
    (_, index) => !same.some(({ definition }) => definition === made[index]?.definition),
  );
}

/** A function, complete except for the names of itself and of its table. */
export interface FunctionParts {
  readonly arguments: readonly FunctionArgument[];
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly conditions: readonly string[];
  readonly parallelSafe: boolean;
}

interface FunctionArgument {
  readonly name: string;
  readonly type: string;
  readonly default?: string | undefined;
}

export function describeFunction(
  { arguments: given, from, to, where }: QueryFunction,
  { key, queryFunctions }: WindowSpec,
  observed: ObservedTable | undefined,
): FunctionParts {
  const columns = queryFunctions?.columns ?? observed?.columns ?? [];
  const kind = key.kind ?? findKeyKind(findType(columns, key.column), key.encoding) ?? "timestamptz";
  const ends = [from, ...(to ? [to] : [])].map((end) => ({ ...end, type: getArgumentType(kind) }));
  const column = quote(key.column);
  // By position: a column with the name of an argument would take its place.
  const ranges = ends.map((_, index) => {
    const operator = index === 0 ? ">=" : "<";
    return `${column} OPERATOR(pg_catalog.${operator}) ${encodeTime(kind, `$${given.length + index + 1}`)}`;
  });
  return {
    arguments: [...given, ...ends],
    columns: columns.map(({ name, type }) => ({ name, type: toStoredType(type) })),
    conditions: [...ranges, ...(where === undefined ? [] : [`(${where})`])],
    parallelSafe: !callsQualified(where ?? ""),
  };
}

/** Returns the CREATE text. */
export function formatFunction(name: string, table: string, parts: FunctionParts): string {
  const list = parts.arguments.map(
    ({ name: argument, type, default: value }) =>
      `${quote(argument)} ${type}${value === undefined ? "" : ` DEFAULT ${value}`}`,
  );
  const body = `SELECT ${quoteList(parts.columns.map((column) => column.name))} FROM ${table} WHERE ${parts.conditions.join(" AND ")}`;
  const parallel = parts.parallelSafe ? " PARALLEL SAFE" : "";
  return `CREATE FUNCTION ${name}(${list.join(", ")}) ${formatResult(parts)} LANGUAGE sql STABLE${parallel} AS ${quoteLiteral(body)}`;
}

function formatResult({ columns }: FunctionParts): string {
  return `RETURNS TABLE (${columns.map(({ name, type }) => `${quote(name)} ${type}`).join(", ")})`;
}

function findType(columns: readonly { readonly name: string; readonly type: string }[], column: string): string {
  return columns.find(({ name }) => name === column)?.type ?? "";
}

/** Returns the type of the arguments of the range: that of the key, or a time for a key of numbers or UUIDs. */
function getArgumentType(kind: KeyKind): string {
  return kind === "date" || kind === "timestamp" ? kind : "timestamptz";
}

/** Returns the first key that is not before a time: the start of a range, and the end that is not included. */
function encodeTime(kind: KeyKind, time: string): string {
  const ceil = (factor: string): string =>
    `pg_catalog.ceil(EXTRACT(epoch FROM ${time})${factor === "" ? "" : ` OPERATOR(pg_catalog.*) ${factor}`})::pg_catalog.int8`;
  switch (kind) {
    case "timestamptz":
    case "timestamp":
    case "date":
      return time;
    case "epoch-s":
    case "epoch-s-int4":
      return ceil("");
    case "epoch-ms":
      return ceil("1000");
    case "epoch-us":
      return ceil("1000000");
    case "uuidv7":
      // 48 bits of milliseconds, then zeros: no UUID of that millisecond sorts before it.
      return `pg_catalog.rpad(pg_catalog.lpad(pg_catalog.to_hex(GREATEST(${ceil("1000")}, 0)), 12, '0'), 32, '0')::pg_catalog.uuid`;
  }
}

/**
 * True if an expression calls a function or an operator of a schema: it may be unsafe in a parallel worker, and the function
 * then says nothing about itself. Functions of pg_catalog that conditions use are safe.
 */
function callsQualified(expression: string): boolean {
  const tokens = tokenize(expression).filter(({ kind }) => kind !== "space" && kind !== "comment");
  return tokens.some(({ text }, at) => {
    if (text.toLowerCase() === "operator") return true;
    return text === "." && tokens[at + 1]?.kind !== "sign" && tokens[at + 2]?.text === "(";
  });
}
