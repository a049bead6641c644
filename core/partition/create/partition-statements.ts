import { planAttachNextToDefault } from "../default/beside";
import { convertDefaultStatements } from "../default/convert-default";
import { shouldConvertDefault } from "../carry/default-shape";
import type { HashLevel } from "../../levels/levels";
import { quoteQualified } from "../../names/identifier";
import { formatBranchName } from "../../names/template";
import { attachStatement, type NewPartition } from "../statements/attach-partition";
import { attachText, buildNewTableStatements, formatHashBound } from "../statements/new-table";
import type { ParentShape } from "../carry/parent";
import type { Statement } from "../../sql/statement";

/**
 * Creates a partition without blocking writers: a separate table with everything the parent requires, then ATTACH, which takes
 * SHARE UPDATE EXCLUSIVE on the parent where PARTITION OF would take ACCESS EXCLUSIVE. One transaction: it is attached and
 * complete, or leaves no trace. It is therefore certainly empty when attached, and needs no CHECK of its bounds: ATTACH would
 * scan a table without pages. ATTACH adds the foreign keys while the table is empty: a key of its own would lock the referenced
 * table against reads too.
 *
 * @param options.drain true to move rows of its range out of a default partition; left out: if some were counted
 */
export function createPartitionStatements(
  parent: ParentShape,
  partition: NewPartition,
  options: { readonly drain?: boolean } = {},
): Statement[] {
  const transaction = `create partition ${parent.partitionSchema}.${partition.name}`;
  const [below] = parent.below;
  const cut = below && { strategy: "hash" as const, column: below.column };
  if (parent.fallback && shouldConvertDefault(parent.fallback, partition))
    return convertDefaultStatements(parent, parent.fallback, partition, transaction);
  const passage = planAttachNextToDefault(parent, partition, transaction, options.drain);
  return [
    ...passage.ahead,
    ...buildNewTableStatements(parent, { name: partition.name, to: partition.to, cut }, transaction),
    ...buildPartsStatements(parent, partition, partition.name, parent.below, transaction),
    ...passage.before,
    attachStatement(parent, partition, transaction),
    ...passage.after,
  ];
}

/** Creates the parts of a partition that is partitioned further by HASH, attached while no other session sees it. */
function buildPartsStatements(
  parent: ParentShape,
  partition: NewPartition,
  base: string,
  levels: readonly HashLevel[],
  transaction: string,
): Statement[] {
  const [level, ...rest] = levels;
  if (!level) return [];
  const cut = rest[0] && { strategy: "hash" as const, column: rest[0].column };
  return listParts(level, parent.root.table, base).flatMap(({ name, bound }) => {
    const attach = attachText(
      quoteQualified(parent.partitionSchema, base),
      quoteQualified(parent.partitionSchema, name),
      bound,
    );
    return [
      ...buildNewTableStatements(parent, { name, to: partition.to, cut }, transaction),
      ...buildPartsStatements(parent, partition, name, rest, transaction),
      { ...buildLightStatement(attach, transaction), undo: "dropped with its table" },
    ];
  });
}

/** Returns the parts by which a HASH level below the time level divides one partition. */
export function listParts(
  level: HashLevel,
  table: string,
  base: string,
): { readonly name: string; readonly bound: string }[] {
  return Array.from({ length: level.modulus }, (_, number) => {
    const remainder = String(number);
    return {
      name: formatBranchName(level.name, { table, base, remainder }),
      bound: formatHashBound(level, remainder),
    };
  });
}

function buildLightStatement(sql: string, transaction: string): Omit<Statement, "undo"> {
  return { sql, transaction, timeouts: "light", locks: [], hold: "instant", hazards: [] };
}
