import { quote } from "../../names/identifier";
import type { ObservedTable } from "../../observed/observed-table";
import type { RegisteredExpression } from "../../observed/registration";
import type { TableShape } from "../../declare/table/spec";
import type { ColumnChange } from "./changes";
import { nameFilledCheck } from "../compare/filled-check";

/**
 * Makes a column NOT NULL without a scan under the lock: a CHECK is validated partition by partition without blocking writers,
 * then proves to SET NOT NULL that no value is missing, and is dropped. A run may end after any step.
 */
interface NotNullStages {
  /** Columns for which the CHECK has to be added first. */
  readonly begin: readonly FilledCheck[];
  /** Columns whose CHECK is validated, or will be before SET NOT NULL. */
  readonly prove: readonly FilledCheck[];
  /** CHECKs that have served their purpose, or are no longer wanted. */
  readonly leftover: readonly FilledCheck[];
}

export interface FilledCheck {
  readonly column: string;
  readonly check: string;
  /** Origin of an existing one: one that another session added is used and stays. */
  readonly there: "no" | "added" | "before";
  readonly validated: boolean;
  /** Oids recorded by an interrupted update. */
  readonly added: readonly string[];
}

export function planNotNullStages(
  shape: Pick<TableShape, "table" | "columns">,
  table: Pick<ObservedTable, "constraints">,
  changes: readonly ColumnChange[],
  recorded: readonly RegisteredExpression[],
): NotNullStages {
  const wanted = changes.flatMap((change) => (change.kind === "set not null" ? [change.found.name] : []));
  const stages = (shape.columns ?? []).map((column) => describeFilledCheck(shape, table, recorded, column.name));
  const prove = stages.filter((one) => wanted.includes(one.column));
  return {
    begin: prove.filter((one) => one.there === "no"),
    prove,
    leftover: stages.filter((one) => !prove.includes(one) && one.there === "added"),
  };
}

function describeFilledCheck(
  shape: Pick<TableShape, "table">,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
  column: string,
): FilledCheck {
  const check = nameFilledCheck(shape.table, column);
  const found = table.constraints.find((one) => one.name === check && isFilledCheck(one.definition, column));
  const added = recorded.find((one) => one.kind === "check" && one.name === check)?.added ?? [];
  const ours = found?.oid !== undefined && added.includes(found.oid);
  return {
    column,
    check,
    there: found === undefined ? "no" : ours ? "added" : "before",
    validated: found?.validated ?? false,
    added,
  };
}

function isFilledCheck(definition: string, column: string): boolean {
  return [column, quote(column)].some(
    (name) => definition.replace(/ NOT VALID$/, "") === `CHECK ((${name} IS NOT NULL))`,
  );
}
