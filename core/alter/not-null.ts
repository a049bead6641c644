import { fitIdentifier, quote, quoteQualified } from "../names/identifier";
import type { ObservedTable } from "../observed";
import type { TableShape } from "../spec/spec";
import type { ColumnChange } from "./changes";

/**
 * A column becomes NOT NULL without a scan under the lock: a CHECK says that it has values, is validated partition by
 * partition while writers go on, and then proves it to SET NOT NULL; after that it goes. Each step can be the last of a run.
 */
export interface NotNullStages {
  /** Columns for which the CHECK has to be made first. */
  readonly begin: readonly FilledCheck[];
  /** Columns whose CHECK is validated, or will be before SET NOT NULL. */
  readonly prove: readonly FilledCheck[];
  /** CHECKs that have done their work, or that nobody wants any more. */
  readonly leftover: readonly FilledCheck[];
}

export interface FilledCheck {
  readonly column: string;
  readonly check: string;
}

export function notNullStages(
  shape: Pick<TableShape, "table" | "columns">,
  table: Pick<ObservedTable, "constraints">,
  changes: readonly ColumnChange[],
): NotNullStages {
  const wanted = changes.flatMap((change) =>
    change.kind === "set not null" ? [filledCheck(shape, change.found.name)] : [],
  );
  const there = (one: FilledCheck) =>
    table.constraints.some((found) => found.name === one.check && isFilledCheck(found.definition, one.column));
  const settled = (shape.columns ?? [])
    .filter((column) => !wanted.some((one) => one.column === column.name))
    .map((column) => filledCheck(shape, column.name));
  return {
    begin: wanted.filter((one) => !there(one)),
    prove: wanted,
    leftover: settled.filter(there),
  };
}

/** The condition of the CHECK. */
export function isFilled(column: string): string {
  return `${quote(column)} IS NOT NULL`;
}

/** Not `…_not_null`: from PostgreSQL 18 on that is the name of the constraint that SET NOT NULL makes. */
function filledCheck(shape: Pick<TableShape, "table">, column: string): FilledCheck {
  return { column, check: fitIdentifier(`${shape.table}_${column}_filled`) };
}

function isFilledCheck(definition: string, column: string): boolean {
  return [column, quote(column)].some((name) => definition.startsWith(`CHECK ((${name} IS NOT NULL))`));
}

/**
 * The same for a column of a table that another tool owns, for a person to run: VALIDATE reads the partitions while writers go on,
 * and SET NOT NULL then reads nothing under its lock.
 */
export function notNullScript(table: { readonly schema: string; readonly name: string }, column: string): string[] {
  const target = quoteQualified(table.schema, table.name);
  const check = quote(filledCheck({ table: table.name }, column).check);
  return [
    `ALTER TABLE ${target} ADD CONSTRAINT ${check} CHECK (${isFilled(column)}) NOT VALID;`,
    `ALTER TABLE ${target} VALIDATE CONSTRAINT ${check};`,
    `ALTER TABLE ${target} ALTER COLUMN ${quote(column)} SET NOT NULL;`,
    `ALTER TABLE ${target} DROP CONSTRAINT ${check};`,
  ];
}
