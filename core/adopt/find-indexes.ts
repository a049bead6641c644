import type { ObservedPartitionIndex, ObservedTable } from "../observed/observed-table";
import type { IndexArgs } from "../declare/table/indexes";
import type { IndexColumnSpec } from "../declare/table/spec";
import { type ReadIndex, readIndexDefinition } from "./index-definition";
import { findPartitionIndexTemplate, nameIndex } from "./index-names";

/** The indexes of a table as declared. */
interface FoundIndexes {
  readonly indexes: Readonly<Record<string, IndexArgs>>;
  readonly notes: readonly string[];
}

/**
 * Returns indexes of the parent with their names on partitions, then indexes that every partition has and the parent lacks:
 * declared, they are attached and not rebuilt. Indexes of constraints come with their constraint.
 */
export function findIndexes(table: ObservedTable, parts: readonly ObservedPartitionIndex[]): FoundIndexes {
  const found: Record<string, IndexArgs> = {};
  const notes: string[] = [];
  for (const index of table.indexes) {
    if (index.constraint) continue;
    const read = readIndexDefinition(index.definition);
    if (!read) {
      notes.push(`index "${index.name}" has more than can be declared (${index.definition}): left out, and left alone`);
      continue;
    }
    const { key, name } = nameIndex(index.name, table.name);
    const partitionIndexName = findPartitionIndexTemplate(parts.filter((part) => part.attachedTo === index.name));
    found[chooseFreeKey(found, key)] = declareIndex(read, index.unique, name, partitionIndexName, key);
    if (!index.valid)
      notes.push(`index "${index.name}" is not valid yet: the first update builds what is missing of it`);
  }
  for (const own of findOwnIndexes(table, parts)) {
    found[chooseFreeKey(found, own.key)] = own.index;
    notes.push(own.note);
  }
  return { indexes: found, notes };
}

interface OwnIndex {
  readonly key: string;
  readonly index: IndexArgs;
  readonly note: string;
}

/** Finds indexes of partitions alone. One that only some have is reported and not declared: it is not wanted on the others. */
function findOwnIndexes(table: ObservedTable, parts: readonly ObservedPartitionIndex[]): OwnIndex[] {
  const groups = new Map<string, ObservedPartitionIndex[]>();
  for (const part of parts) {
    if (part.attachedTo !== undefined || part.constraint || !part.valid) continue;
    const key = `${part.unique ? "unique " : ""}${part.definition}`;
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  const branches = table.branches.flatMap((branch) => branch.partitions);
  const partitions = [...table.partitions, ...branches].filter(
    (partition) => !partition.isDefault && !partition.partitioned,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    const read = first && readIndexDefinition(first.definition);
    const template = findPartitionIndexTemplate(group);
    const everywhere = partitions.every((partition) =>
      group.some((part) => part.partition === partition.name && part.schema === partition.schema),
    );
    if (!first || !read || template === undefined || !everywhere) return [];
    const key =
      template
        .replace("{partition}", "")
        .replace(/^_+|_+$/g, "")
        .replace(/__+/g, "_") || "by_partition";
    return [
      {
        key,
        index: declareIndex(read, first.unique, undefined, template, key),
        note: `every partition has an index "${template}" and the table has none: the first update creates that of the table and attaches them, building nothing`,
      },
    ];
  });
}

const DEFAULT_PARTITION = "{partition}_{index}";

function declareIndex(
  read: ReadIndex,
  unique: boolean,
  name: string | undefined,
  partitionIndexName: string | undefined,
  key: string,
): IndexArgs {
  return {
    columns: read.columns.map(declareIndexColumn),
    ...(unique ? { unique } : {}),
    ...(read.where === undefined ? {} : { where: read.where }),
    ...(read.include.length > 0 ? { include: read.include } : {}),
    ...(read.method === "btree" ? {} : { method: read.method as NonNullable<IndexArgs["method"]> }),
    ...(name === undefined ? {} : { name }),
    ...(partitionIndexName === undefined || partitionIndexName === DEFAULT_PARTITION.replace("{index}", key)
      ? {}
      : { partitionIndexName }),
  };
}

function declareIndexColumn(column: IndexColumnSpec): IndexArgs["columns"][number] {
  const { column: name, expression, ...rest } = column;
  if (name === undefined) return { expression: expression ?? "", ...rest };
  return Object.keys(rest).length === 0 ? name : { column: name, ...rest };
}

function chooseFreeKey(taken: Readonly<Record<string, unknown>>, key: string): string {
  let free = key;
  for (let count = 2; free in taken; count += 1) free = `${key}_${count}`;
  return free;
}
