import type { ObservedTable } from "../../observed/observed-table";
import type { TableShape } from "../../declare/table/spec";

/** A foreign key whose referencing columns no index starts with. */
interface UnindexedKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly references: string;
}

/** Lists keys of a declared table that its own indexes, primary key and unique constraints do not cover. */
export function findUnindexedKeys(shape: TableShape): UnindexedKey[] {
  const indexes = [
    ...(shape.primaryKey ? [shape.primaryKey] : []),
    ...shape.uniques.map((unique) => unique.columns),
    ...shape.indexes
      .filter((index) => index.where === undefined && isOrdered(index.method))
      .map((index) => index.columns.map((column) => column.column)),
  ];
  return shape.foreignKeys
    .filter((key) => !indexes.some((columns) => covers(columns, key.columns)))
    .map(({ name, columns, references }) => ({
      name,
      columns,
      references: `${references.schema}.${references.table}`,
    }));
}

/** Lists such keys of a table whose columns another tool owns, from the catalogue. */
export function findUnindexedKeysInCatalogue(table: ObservedTable): UnindexedKey[] {
  const indexes = table.indexes
    .filter(
      (index) =>
        index.valid && !index.definition.includes(") WHERE (") && /^USING (btree|hash) /.test(index.definition),
    )
    .map((index) => index.columns);
  return table.constraints.flatMap(({ kind, name, columns, references }) =>
    kind !== "foreign" || indexes.some((index) => covers(index, columns))
      ? []
      : [{ name, columns, references: `${references?.schema ?? ""}.${references?.table ?? ""}` }],
  );
}

/** Describes it for a preview. */
export function describeUnindexed({ name, columns, references }: UnindexedKey): string {
  return (
    `no index begins with (${columns.join(", ")}) of the foreign key "${name}": ` +
    `each delete or change of key in ${references} reads every partition; declare an index of these columns`
  );
}

function isOrdered(method: string): boolean {
  return method === "btree" || method === "hash";
}

/** True if the first columns of an index are those of the key, in any order. */
function covers(index: readonly (string | undefined)[], key: readonly string[]): boolean {
  const first = index.slice(0, key.length);
  return key.every((column) => first.includes(column));
}
