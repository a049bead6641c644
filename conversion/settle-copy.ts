import { validateLeft } from "../core/conversion/attach/repoint";
import { describePresent } from "../core/conversion/copy/copy-source";
import { settleOutgoing } from "../core/conversion/copy/swap-copy";
import type { ObservedTable } from "../core/observed/observed-table";
import type { DeclaredCopy } from "../core/resources/conversion";
import { listWholeTree } from "../core/partition/branch/desired-branches";
import type { Statement } from "../core/sql/statement";
import type { CopyRecord } from "../postgres/conversion/journal";
import { readConversionSource } from "../postgres/read/conversion-source";
import type { Database } from "../postgres/database";

/**
 * Returns what the swap of a copy, or the split of a history, has left to do: foreign keys that are not validated yet, from others to the
 * table and from its partitions to others. Sends no query if there are none.
 *
 * @param table the partitioned one, as it is after the swap
 */
export async function readSettling(
  database: Database,
  { historyOf }: Pick<DeclaredCopy, "historyOf">,
  { table, record }: { readonly table: ObservedTable; readonly record: CopyRecord | undefined },
): Promise<readonly Statement[]> {
  const swapped = record?.phase === "swapped" && (historyOf !== undefined || record.targetOid === table.oid);
  const left = swapped ? (record.detail.validate ?? []) : [];
  if (left.length === 0) return [];
  const bound = await readConversionSource(database, { schema: table.schema, table: table.name });
  if (!bound) return [];
  const present = new Set(table.constraints.map(({ name }) => name));
  const partitions = describePresent(table);
  const first = listWholeTree(table).find(({ partitioned }) => !partitioned);
  const own = first && (await readConversionSource(database, { schema: first.schema, table: first.name }));
  const outgoing = (own?.constraints ?? [])
    .filter(({ kind, name }) => kind === "foreign" && left.includes(name) && !present.has(name))
    .map((key) => ({ ...key, validated: true, definition: key.definition.replace(/ NOT VALID$/, "") }));
  const references = await listReferences(database, first);
  return [
    ...validateLeft(bound, left),
    ...settleOutgoing({
      table: { ...table, constraints: references },
      bound: { ...bound, constraints: outgoing },
      partitions,
    }),
  ];
}

/** Foreign keys of one partition: the table itself does not have them yet. */
async function listReferences(
  database: Database,
  partition: { readonly schema: string; readonly name: string } | undefined,
): Promise<ObservedTable["constraints"]> {
  if (!partition) return [];
  const { table } = await database.observe(partition.schema, partition.name);
  return table?.constraints ?? [];
}
