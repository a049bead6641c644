import { quote, quoteQualified } from "../../names/identifier";
import { planAttachNextToDefault } from "../default/beside";
import {
  attachStatement,
  nameBoundsCheck,
  buildBoundsCondition,
  type NewPartition,
  addFilledLocks,
} from "../statements/attach-partition";
import { createPartitionIndexText, formatPartitionIndexName } from "../statements/new-table";
import type { ParentIndex, ParentShape } from "../carry/parent";
import type { Hazard, Lock, LockMode, Statement } from "../../sql/statement";

/**
 * Attaches a detached table again: missing indexes, a validated CHECK so that ATTACH reads nothing under its lock, then ATTACH.
 * No query plan contains the table, so building and validating block only its direct readers.
 */
export function reattachStatements(
  parent: ParentShape,
  partition: NewPartition,
  missing: readonly ParentIndex[],
  options: { readonly drain?: boolean } = {},
): Statement[] {
  const quoted = quoteQualified(parent.partitionSchema, partition.name);
  const prepare = `prepare ${parent.partitionSchema}.${partition.name}`;
  const check = quote(nameBoundsCheck(partition.name));
  const relation = `${parent.partitionSchema}.${partition.name}`;
  const listLocks = (mode: LockMode): Lock[] =>
    [relation, ...(partition.parts ?? [])].map((one) => ({ relation: one, role: "partition", mode }));
  const buildOwnStatement = (sql: string, transaction: string, mode: LockMode, hazard?: Hazard): Statement => ({
    sql,
    transaction,
    timeouts: hazard ? "waiting" : "strong",
    locks: listLocks(mode),
    hold: hazard ? "grows with rows" : "instant",
    hazards: hazard ? [hazard] : [],
    undo: "not needed",
  });
  const attach = `attach ${parent.partitionSchema}.${partition.name}`;
  const filled = addFilledLocks(attachStatement(parent, partition, attach), parent);
  const around = planAttachNextToDefault(parent, partition, attach, options.drain);
  return [
    ...around.ahead,
    ...missing.map((index) => {
      const mode = index.constraint === undefined ? "SHARE" : "ACCESS EXCLUSIVE";
      return buildOwnStatement(
        createMissingIndexText(parent, partition.name, index),
        `index ${relation} ${index.name}`,
        mode,
        "INDEX_BUILD",
      );
    }),
    buildOwnStatement(`ALTER TABLE ${quoted} DROP CONSTRAINT IF EXISTS ${check}`, prepare, "ACCESS EXCLUSIVE"),
    buildOwnStatement(
      `ALTER TABLE ${quoted} ADD CONSTRAINT ${check} CHECK (${buildBoundsCondition(parent, partition)}) NOT VALID`,
      prepare,
      "ACCESS EXCLUSIVE",
    ),
    buildOwnStatement(
      `ALTER TABLE ${quoted} VALIDATE CONSTRAINT ${check}`,
      `validate ${relation}`,
      "SHARE UPDATE EXCLUSIVE",
      "SCAN_PARTITION",
    ),
    ...around.before,
    { ...filled, locks: [...filled.locks, ...listLocks("ACCESS EXCLUSIVE")] },
    buildOwnStatement(`ALTER TABLE ${quoted} DROP CONSTRAINT ${check}`, attach, "ACCESS EXCLUSIVE"),
    ...around.after,
  ];
}

function createMissingIndexText(parent: ParentShape, partition: string, index: ParentIndex): string {
  if (index.constraint === undefined) return createPartitionIndexText(parent, partition, index);
  const name = quote(formatPartitionIndexName(parent, partition, index));
  return `ALTER TABLE ${quoteQualified(parent.partitionSchema, partition)} ADD CONSTRAINT ${name} ${index.constraint}`;
}
