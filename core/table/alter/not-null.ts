import { quote } from "../../names/identifier";
import type { ObservedTable } from "../../observed/table";
import type { RegisteredExpression } from "../../observed/registration";
import type { TableShape } from "../../declare/table/spec";
import type { ColumnChange } from "./changes";
import { filledCheckName } from "../compare/filled-check";

/**
 * A column becomes NOT NULL without a scan under the lock: a CHECK says that it has values, is validated partition by
 * partition while writers go on, and then proves it to SET NOT NULL; after that it goes. Each step can be the last of a run.
 */
interface NotNullStages {
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
  /** Whose it is where it is there: one that another hand made is used and stays. */
  readonly there: "no" | "added" | "before";
  readonly validated: boolean;
  /** Oids that an interrupted update has recorded. */
  readonly added: readonly string[];
}

export function notNullStages(
  shape: Pick<TableShape, "table" | "columns">,
  table: Pick<ObservedTable, "constraints">,
  changes: readonly ColumnChange[],
  recorded: readonly RegisteredExpression[],
): NotNullStages {
  const wanted = changes.flatMap((change) => (change.kind === "set not null" ? [change.found.name] : []));
  const stages = (shape.columns ?? []).map((column) => filledCheck(shape, table, recorded, column.name));
  const prove = stages.filter((one) => wanted.includes(one.column));
  return {
    begin: prove.filter((one) => one.there === "no"),
    prove,
    leftover: stages.filter((one) => !prove.includes(one) && one.there === "added"),
  };
}

function filledCheck(
  shape: Pick<TableShape, "table">,
  table: Pick<ObservedTable, "constraints">,
  recorded: readonly RegisteredExpression[],
  column: string,
): FilledCheck {
  const check = filledCheckName(shape.table, column);
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
