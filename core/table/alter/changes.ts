import type { ObservedColumn, ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import { canonicalType } from "../compare/compare";
import type { ColumnSpec, TableShape } from "../../declare/table/spec";
import { sameExpression } from "./expression-text";

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
export function columnChanges(
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
        ? changesOf(column, found, recorded)
        : [{ kind: "add", column }, ...commentChange(column, undefined)];
    }),
  ];
}

function changesOf(
  column: ColumnSpec,
  found: ObservedColumn,
  recorded: readonly RegisteredExpression[],
): ColumnChange[] {
  const both = { column, found };
  const changes: ColumnChange[] = [];
  if (canonicalType(column.type) !== canonicalType(found.type)) changes.push({ kind: "type", ...both });
  if (column.identity !== found.identity) changes.push({ kind: "identity", ...both });
  else changes.push(...defaultChange(column, found, recorded));
  if (column.nullable !== found.nullable)
    changes.push({ kind: column.nullable ? "drop not null" : "set not null", ...both });
  return [...changes, ...commentChange(column, found.comment)];
}

/** Compares defaults; one that is not declared is left alone, unless it was declared before. */
function defaultChange(
  column: ColumnSpec,
  found: ObservedColumn,
  recorded: readonly RegisteredExpression[],
): ColumnChange[] {
  const known = recorded.find((one) => one.kind === "default" && one.name === column.name);
  if (isSerial(column.type)) {
    if (found.default !== undefined && /^nextval\(/.test(found.default)) return [];
    if (found.sequence === undefined) return [{ kind: "lost sequence", column, found }];
    return [{ kind: "set default", column, found, to: nextvalOf(found.sequence) }];
  }
  if (column.default === undefined) {
    return known && found.default !== undefined ? [{ kind: "drop default", column, found }] : [];
  }
  if (found.default !== undefined && sameExpression(column.default, found.default, known)) return [];
  return [{ kind: "set default", column, found, to: column.default }];
}

function commentChange(column: ColumnSpec, from: string | undefined): ColumnChange[] {
  return column.comment === undefined || column.comment === from ? [] : [{ kind: "comment", column, from }];
}

/** True for types that are an integer with its own sequence. */
export function isSerial(type: string): boolean {
  return /^(big|small)?serial[248]?$/i.test(type.trim());
}

function nextvalOf(sequence: string): string {
  const dot = sequence.indexOf(".");
  const part = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const name = `${part(sequence.slice(0, dot))}.${part(sequence.slice(dot + 1))}`;
  return `nextval('${name.replaceAll("'", "''")}'::regclass)`;
}
