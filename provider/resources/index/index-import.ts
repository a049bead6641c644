import { readIndexDefinition } from "../../../core/adopt/index-definition";
import { findPartitionIndexTemplate, nameIndex } from "../../../core/adopt/index-names";
import { formatMemberId, type TableId } from "../../../core/names/resource-id";
import { listPartitionedTables } from "../../../postgres/read/list-tables";
import { Refusal } from "../../runtime/failures";
import type { ListItem } from "../../runtime/handler";
import type { Runtime } from "../../runtime/runtime";
import type { PropertyMap } from "../../runtime/values";
import { toProperties, importKey } from "../shared/inputs";

/**
 * Returns an index as a program would declare it: with the recorded declaration where the registry has it, else as the server
 * prints it. Undefined if the index does not exist.
 */
export async function importIndex(
  runtime: Runtime,
  id: TableId & { readonly member: string },
): Promise<PropertyMap | undefined> {
  const observation = await runtime.observe(id);
  const found = observation.table?.indexes.find((index) => index.name === id.member);
  if (!found) return undefined;
  const name = `index "${found.name}" of "${id.schema}.${id.table}"`;
  if (found.constraint)
    throw new Refusal(
      `${name} belongs to constraint "${found.constraint.name}" and is declared with it (primaryKey, uniques)`,
    );
  const known = observation.registration?.indexes.find((index) => index.name === found.name);
  const text = known?.printed === found.definition ? known.declared : found.definition;
  const read = readIndexDefinition(text);
  if (!read) throw new Refusal(`${name} has more than can be declared: ${found.definition}`);
  const parts = await runtime.database.observePartitionIndexes(id.schema, id.table);
  const { key } = nameIndex(found.name, id.table);
  const partitionIndexName =
    known?.partitionIndexName ?? findPartitionIndexTemplate(parts.filter((part) => part.attachedTo === found.name));
  const { include, ...definition } = read;
  return toProperties({
    schema: id.schema,
    table: id.table,
    key: importKey(observation),
    index: key,
    name: found.name,
    partitionIndexName: partitionIndexName ?? `{partition}_${key}`,
    unique: found.unique,
    ...definition,
    ...(include.length > 0 ? { include } : {}),
  });
}

/** Lists every index of the manageable tables that belongs to no constraint. */
export async function* listIndexes(runtime: Runtime): AsyncGenerator<ListItem> {
  for (const table of await listPartitionedTables(runtime.database)) {
    const { table: found } = await runtime.observe(table);
    for (const { name, constraint } of found?.indexes ?? [])
      if (!constraint) yield { id: formatMemberId(table, name), name };
  }
}
