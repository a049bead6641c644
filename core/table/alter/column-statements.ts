import { quote } from "../../names/identifier";
import { columnText } from "../create/create-table";
import type { Statement } from "../../sql/statement";
import type { ColumnChange } from "./changes";
import { alterFamily, type Family, familyName } from "./family";

/** Order of column changes: drops come before additions. */
const ORDER: readonly ColumnChange["kind"][] = ["drop", "add", "type", "set default", "drop default", "drop not null"];

/** Returns changes that are instant, without reading a row, in the transaction that has locked the family. */
export function instantStatements(family: Family, transaction: string, changes: readonly ColumnChange[]): Statement[] {
  return ORDER.flatMap((kind) => changes.filter((change) => change.kind === kind)).flatMap((change) => {
    const parts = textOf(change);
    if (!parts) return [];
    const undo = parts.undo.startsWith("none") ? parts.undo : `ALTER TABLE ${familyName(family)} ${parts.undo}`;
    return [
      alterFamily(family, transaction, {
        action: parts.action,
        undo,
        hazards: change.kind === "drop" ? ["DELETES_DATA"] : [],
      }),
    ];
  });
}

function textOf(change: ColumnChange): { readonly action: string; readonly undo: string } | undefined {
  switch (change.kind) {
    case "add":
      return {
        action: `ADD COLUMN ${columnText(change.column)}`,
        undo: `DROP COLUMN ${quote(change.column.name)}`,
      };
    case "drop":
      return {
        action: `DROP COLUMN ${quote(change.found.name)}`,
        undo: "none: its values are gone; restore them from a backup",
      };
    case "type":
      return {
        action: `${column(change.column.name)} TYPE ${change.column.type}`,
        undo: `${column(change.column.name)} TYPE ${change.found.type}`,
      };
    case "set default":
      return {
        action: `${column(change.column.name)} SET DEFAULT ${change.to}`,
        undo: defaultText(change.column.name, change.found.default),
      };
    case "drop default":
      return {
        action: `${column(change.column.name)} DROP DEFAULT`,
        undo: defaultText(change.column.name, change.found.default),
      };
    case "drop not null":
      return {
        action: `${column(change.column.name)} DROP NOT NULL`,
        undo: `${column(change.column.name)} SET NOT NULL`,
      };
    default:
      return undefined;
  }
}

export function setNotNull(family: Family, transaction: string, name: string): Statement {
  return alterFamily(family, transaction, {
    action: `${column(name)} SET NOT NULL`,
    undo: `ALTER TABLE ${familyName(family)} ${column(name)} DROP NOT NULL`,
  });
}

function column(name: string): string {
  return `ALTER COLUMN ${quote(name)}`;
}

function defaultText(name: string, before: string | undefined): string {
  return before === undefined ? `${column(name)} DROP DEFAULT` : `${column(name)} SET DEFAULT ${before}`;
}
