import { quote } from "../../names/identifier";
import { formatColumn } from "../create/create-table";
import type { Statement } from "../../sql/statement";
import type { ColumnChange } from "./changes";
import { alterFamily, type Family, quoteFamily } from "./family";

/** Order of column changes: drops come before additions. */
const ORDER: readonly ColumnChange["kind"][] = ["drop", "add", "type", "set default", "drop default", "drop not null"];

/** Returns changes that are instant, without reading a row, in the transaction that has locked the family. */
export function buildInstantStatements(
  family: Family,
  transaction: string,
  changes: readonly ColumnChange[],
): Statement[] {
  return ORDER.flatMap((kind) => changes.filter((change) => change.kind === kind)).flatMap((change) => {
    const parts = formatChange(change);
    if (!parts) return [];
    const undo = parts.undo.startsWith("none") ? parts.undo : `ALTER TABLE ${quoteFamily(family)} ${parts.undo}`;
    return [
      alterFamily(family, transaction, {
        action: parts.action,
        undo,
        hazards: change.kind === "drop" ? ["DELETES_DATA"] : [],
      }),
    ];
  });
}

function formatChange(change: ColumnChange): { readonly action: string; readonly undo: string } | undefined {
  switch (change.kind) {
    case "add":
      return {
        action: `ADD COLUMN ${formatColumn(change.column)}`,
        undo: `DROP COLUMN ${quote(change.column.name)}`,
      };
    case "drop":
      return {
        action: `DROP COLUMN ${quote(change.found.name)}`,
        undo: "none: its values are gone; restore them from a backup",
      };
    case "type":
      return {
        action: `${formatAlterColumn(change.column.name)} TYPE ${change.column.type}`,
        undo: `${formatAlterColumn(change.column.name)} TYPE ${change.found.type}`,
      };
    case "set default":
      return {
        action: `${formatAlterColumn(change.column.name)} SET DEFAULT ${change.to}`,
        undo: formatDefault(change.column.name, change.found.default),
      };
    case "drop default":
      return {
        action: `${formatAlterColumn(change.column.name)} DROP DEFAULT`,
        undo: formatDefault(change.column.name, change.found.default),
      };
    case "drop not null":
      return {
        action: `${formatAlterColumn(change.column.name)} DROP NOT NULL`,
        undo: `${formatAlterColumn(change.column.name)} SET NOT NULL`,
      };
    default:
      return undefined;
  }
}

export function setNotNull(family: Family, transaction: string, name: string): Statement {
  return alterFamily(family, transaction, {
    action: `${formatAlterColumn(name)} SET NOT NULL`,
    undo: `ALTER TABLE ${quoteFamily(family)} ${formatAlterColumn(name)} DROP NOT NULL`,
  });
}

function formatAlterColumn(name: string): string {
  return `ALTER COLUMN ${quote(name)}`;
}

function formatDefault(name: string, before: string | undefined): string {
  return before === undefined
    ? `${formatAlterColumn(name)} DROP DEFAULT`
    : `${formatAlterColumn(name)} SET DEFAULT ${before}`;
}
