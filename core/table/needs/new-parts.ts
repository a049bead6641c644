import type { CheckSpec, ForeignKeySpec } from "../../declare/table/constraints";
import { decodeProfile } from "../../declare/table/profile";
import type { StorageProfile } from "../../declare/table/storage";
import type { ColumnSpec, IndexSpec, TableShape } from "../../declare/table/spec";
import type { Observation } from "../../observed/observed-table";
import { findDifferences } from "../alter/alteration";

/** Parts of a declaration that the table does not have: the server has accepted everything else before. */
export interface NewParts {
  readonly columns: readonly ColumnSpec[];
  readonly defaults: readonly { readonly column: string; readonly expression: string }[];
  readonly checks: readonly CheckSpec[];
  readonly foreignKeys: readonly ForeignKeySpec[];
  readonly indexes: readonly IndexSpec[];
  readonly storage: readonly StorageProfile[];
}

export function listNewParts(shape: TableShape, { table, registration }: Observation): NewParts {
  if (!table) {
    const { columns = [], checks, foreignKeys, indexes, profile } = shape;
    return {
      columns,
      defaults: columns.flatMap(toDefault),
      checks,
      foreignKeys,
      indexes,
      storage: profile.storage ?? [],
    };
  }
  const { columns, constraints } = findDifferences(shape, table, registration?.expressions ?? []);
  const added = columns.flatMap((change) => (change.kind === "add" ? [change.column] : []));
  const recorded = decodeProfile(registration?.profile).storage ?? [];
  return {
    columns: added,
    defaults: [
      ...added.flatMap(toDefault),
      ...columns.flatMap((change) =>
        change.kind === "set default" && change.to === change.column.default ? toDefault(change.column) : [],
      ),
    ],
    checks: constraints.flatMap((change) =>
      change.kind === "add check" ? [change] : change.kind === "replace check" ? [change.check] : [],
    ),
    foreignKeys: constraints.flatMap((change) => (change.kind === "add foreign key" ? [change.key] : [])),
    indexes: shape.indexes.filter(({ name }) => !table.indexes.some((index) => index.name === name)),
    storage: (shape.profile.storage ?? []).filter(
      (one) => !recorded.some((known) => JSON.stringify(known) === JSON.stringify(one)),
    ),
  };
}

function toDefault(column: ColumnSpec): { column: string; expression: string }[] {
  return column.default === undefined ? [] : [{ column: column.name, expression: column.default }];
}
