import type { ObservedColumn, ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import { canonicalizeType } from "../compare/compare";
import type { ColumnSpec, TableShape } from "../../declare/table/spec";
import { isSameExpression } from "./expression-text";

/** One difference between a declared column and the existing one, as an action. */
export type ColumnChange =
  | { readonly kind: "add"; readonly column: ColumnSpec }
  | { readonly kind: "drop"; readonly found: ObservedColumn }
  /** Exists, is not declared, and its loss is not confirmed. */
  | { readonly kind: "undeclared"; readonly found: ObservedColumn }
  | { readonly kind: "type"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "identity"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "set default"; readonly column: ColumnSpec; readonly found: ObservedColumn; readonly to: string }
  /** A serial column whose sequence is missing. */
  | { readonly kind: "lost sequence"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "drop default"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "set not null"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "drop not null"; readonly column: ColumnSpec; readonly found: ObservedColumn }
  | { readonly kind: "comment"; readonly column: ColumnSpec; readonly from: string | undefined };

/** Returns the differences between the declared columns and those of the table. None if another tool owns them. */
export function findColumnChanges(
  shape: Pick<TableShape, "columns" | "dropColumns">,
  table: Pick<ObservedTable, "columns">,
  recorded: readonly RegisteredExpression[],
): ColumnChange[] {
  const { columns } = shape;
  if (!columns) return [];
  return [
    ...table.columns
      .filter((found) => !columns.some((column) => column.name === found.name))
      .map((found): ColumnChange => ({
        kind: shape.dropColumns.includes(found.name) ? "drop" : "undeclared",
        found,
      })),
    ...columns.flatMap((column): ColumnChange[] => {
      const found = table.columns.find((candidate) => candidate.name === column.name);
      return found
        ? compareColumn(column, found, recorded)
        : [{ kind: "add", column }, ...compareComment(column, undefined)];
    }),
  ];
}

function compareColumn(
  column: ColumnSpec,
  found: ObservedColumn,
  recorded: readonly RegisteredExpression[],
): ColumnChange[] {
  const both = { column, found };
  const changes: ColumnChange[] = [];
  if (canonicalizeType(column.type) !== canonicalizeType(found.type)) changes.push({ kind: "type", ...both });
  if (column.identity !== found.identity) changes.push({ kind: "identity", ...both });
  else changes.push(...compareDefault(column, found, recorded));
  if (column.nullable !== found.nullable)
    changes.push({ kind: column.nullable ? "drop not null" : "set not null", ...both });
  return [...changes, ...compareComment(column, found.comment)];
}

/** Compares defaults; one that is not declared is left alone, unless it was declared before. */
function compareDefault(
  column: ColumnSpec,
  found: ObservedColumn,
  recorded: readonly RegisteredExpression[],
): ColumnChange[] {
  const known = recorded.find((one) => one.kind === "default" && one.name === column.name);
  if (isSerial(column.type)) {
    if (found.default !== undefined && /^nextval\(/.test(found.default)) return [];
    if (found.sequence === undefined) return [{ kind: "lost sequence", column, found }];
    return [{ kind: "set default", column, found, to: formatNextval(found.sequence) }];
  }
  if (column.default === undefined) {
    return known && found.default !== undefined ? [{ kind: "drop default", column, found }] : [];
  }
  if (found.default !== undefined && isSameExpression(column.default, found.default, known)) return [];
  return [{ kind: "set default", column, found, to: column.default }];
}

function compareComment(column: ColumnSpec, from: string | undefined): ColumnChange[] {
  return column.comment === undefined || column.comment === from ? [] : [{ kind: "comment", column, from }];
}

/** True for types that are an integer with its own sequence. */
export function isSerial(type: string): boolean {
  return /^(big|small)?serial[248]?$/i.test(type.trim());
}

function formatNextval(sequence: string): string {
  const dot = sequence.indexOf(".");
  const quotePart = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const name = `${quotePart(sequence.slice(0, dot))}.${quotePart(sequence.slice(dot + 1))}`;
  return `nextval('${name.replaceAll("'", "''")}'::regclass)`;
}
