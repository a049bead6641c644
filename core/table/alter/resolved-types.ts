import { canonicalizeType } from "../compare/compare";
import type { ObservedTable } from "../../observed/observed-table";
import type { Problem } from "../../problems/problem";
import { formatPath } from "../../problems/shape-problems";
import type { ColumnSpec, TableShape } from "../../declare/table/spec";
import { isSerial } from "./changes";

/** The server's answer for a type name, looked up as this product's sessions do: in pg_catalog alone. */
export interface ResolvedType {
  /** As declared, without precision and brackets. */
  readonly declared: string;
  /** format_type of the type found. Undefined: none. */
  readonly type: string | undefined;
  /** The same name in other schemas, qualified and quoted as needed. */
  readonly elsewhere: readonly string[];
}

/** Common types of pg_catalog: the server is not asked for them. */
const COMMON = new Set(
  "bigint integer smallint boolean text uuid json jsonb bytea date interval inet cidr macaddr numeric real money xml name oid tsvector"
    .split(" ")
    .concat(["double precision", "character varying", "character", "bit", "bit varying", "timestamp with time zone"])
    .concat(["timestamp without time zone", "time with time zone", "time without time zone", "timestamp", "time"]),
);

/**
 * Lists declared type names that only the server can resolve: of columns to be added, and of those whose type is printed
 * differently.
 */
export function listTypesToResolve(shape: Pick<TableShape, "columns">, table: ObservedTable | undefined): string[] {
  const asked = (shape.columns ?? []).filter((column) => {
    if (isSerial(column.type) || COMMON.has(stripPrecision(canonicalizeType(column.type)))) return false;
    const found = table?.columns.find((one) => one.name === column.name);
    return found === undefined || canonicalizeType(found.type) !== canonicalizeType(column.type);
  });
  return [...new Set(asked.map((column) => stripPrecision(column.type)))];
}

/** Returns the columns with types of extensions and schemas as the server prints them, if it resolved them. */
export function applyResolvedTypes<T extends Pick<TableShape, "columns">>(
  shape: T,
  resolved: readonly ResolvedType[],
): T {
  if (!shape.columns || resolved.length === 0) return shape;
  const columns = shape.columns.map((column): ColumnSpec => {
    const type = resolved.find((one) => one.declared === stripPrecision(column.type))?.type;
    // Words inside a type of pg_catalog (interval day to second) are no part of its name, and would be lost.
    const isOurs = type?.includes(".") === true || /^pg_catalog\./i.test(column.type);
    return isOurs
      ? { ...column, type: `${type ?? ""}${column.type.slice(stripPrecision(column.type).length)}` }
      : column;
  });
  return { ...shape, columns };
}

/** Reports types that the statements would not find, in preview rather than in the middle of the update. */
export function findTypeProblems(
  shape: Pick<TableShape, "columns" | "schema" | "table">,
  resolved: readonly ResolvedType[],
): Problem[] {
  return (shape.columns ?? []).flatMap((column): Problem[] => {
    const found = resolved.find((one) => one.declared === stripPrecision(column.type));
    if (!found || found.type !== undefined) return [];
    const named = found.elsewhere.map((name) => JSON.stringify(name)).join(" or ");
    return [
      {
        path: formatPath(["columns", column.name, "type"]),
        code: "invalid-value",
        message: `the type ${JSON.stringify(column.type)} of column "${column.name}" of "${shape.schema}.${shape.table}" is not known: types are looked up in pg_catalog alone, whatever search_path a role has.`,
        fix:
          found.elsewhere.length > 0
            ? `Write it with its schema: ${named}.`
            : "Correct its spelling, or create the type first, and write it with its schema.",
      },
    ];
  });
}

/** Strips precision and brackets: `app.mood[]` gives `app.mood`. */
function stripPrecision(type: string): string {
  return type.replace(/\s*(?:\(.*)?(?:\[.*)?$/s, "");
}
