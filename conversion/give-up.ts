import { removeCapture } from "../core/conversion/between/capture";
import { namePair, type PairRelation } from "../core/conversion/between/pair";
import { dropCopyStatement } from "../core/conversion/copy/give-up";
import { quoteQualified } from "../core/names/identifier";
import type { TableName } from "../core/names/table-name";
import type { Statement } from "../core/sql/statement";
import { findOid } from "../postgres/conversion/copy-status";
import { listLeaves } from "../postgres/conversion/leaves";
import { type CopyRecord, movePhase } from "../postgres/conversion/journal";
import type { Database } from "../postgres/database";
import type { ExecuteOptions } from "../postgres/execute/execute-options";

/**
 * Returns what ends a conversion before its swap: the capture goes, and then the copy.
 *
 * @param leaves partitions of a table whose way back is being opened
 */
export function giveUpStatements(
  { schema, table }: TableName,
  { detail: { target, pending } }: Pick<CopyRecord, "detail">,
  leaves: readonly PairRelation[] = [],
): Statement[] {
  const pair = namePair(schema, { source: table, target, pending });
  const removal = removeCapture(pair, leaves);
  const transaction = removal[0]?.transaction;
  return [...removal, { ...dropCopyStatement(pair), transaction }];
}

/**
 * Ends a conversion before its swap: the capture and the copy go, the table stays as it is. By names alone, so that it also ends one whose
 * table was altered so that it cannot go on. The caller holds the lock of the table.
 */
export async function giveUp(
  database: Database,
  { schema, table }: TableName,
  record: Pick<CopyRecord, "id" | "targetOid" | "detail">,
  options: ExecuteOptions,
): Promise<void> {
  const { target } = record.detail;
  const oid = await findOid(database, quoteQualified(schema, target));
  if (oid !== undefined && oid !== record.targetOid)
    throw new Error(
      `"${schema}.${target}" is not the copy of the conversion: another session has put it there. Rename it, and run this again`,
    );
  const removal = giveUpStatements(
    { schema, table },
    record,
    await listLeaves(database, { schema, table }, record.detail.pending),
  );
  const ended = movePhase(database.managementSchema, record, "ended");
  await database.execute([...removal, { ...ended, transaction: removal[0]?.transaction }], options);
}
