import { fitIdentifier, quote, quoteQualified } from "../../names/identifier";

/** Returns the condition of the CHECK that proves to SET NOT NULL that every row has a value. */
export function isFilled(column: string): string {
  return `${quote(column)} IS NOT NULL`;
}

/** Names the CHECK. Not `…_not_null`: from PostgreSQL 18 on SET NOT NULL gives its constraint that name. */
export function nameFilledCheck(table: string, column: string): string {
  return fitIdentifier(`${table}_${column}_filled`);
}

/**
 * Returns the same steps as a script for an operator, if another tool owns the table: VALIDATE reads the partitions without
 * blocking writers, and SET NOT NULL then reads nothing under its lock.
 */
export function writeNotNullScript(
  table: { readonly schema: string; readonly name: string },
  column: string,
): string[] {
  const target = quoteQualified(table.schema, table.name);
  const check = quote(nameFilledCheck(table.name, column));
  return [
    `ALTER TABLE ${target} ADD CONSTRAINT ${check} CHECK (${isFilled(column)}) NOT VALID;`,
    `ALTER TABLE ${target} VALIDATE CONSTRAINT ${check};`,
    `ALTER TABLE ${target} ALTER COLUMN ${quote(column)} SET NOT NULL;`,
    `ALTER TABLE ${target} DROP CONSTRAINT ${check};`,
  ];
}
