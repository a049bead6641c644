import { removeCapture } from "../../core/conversion/between/capture";
import { namePair, type PairRelation } from "../../core/conversion/between/pair";
import type { TableName } from "../../core/names/table-name";
import { formatTableId } from "../../core/names/resource-id";
import type { Statement } from "../../core/sql/statement";
import type { CopyRecord } from "../../postgres/conversion/journal";
import { listLeaves } from "../../postgres/conversion/leaves";
import { recordWayBack } from "../../postgres/conversion/journal-swap";
import type { WorkContext } from "../../postgres/work/work-context";

/** Returns what closes a way back: the capture goes, by names alone, so that it ends one whose table was altered too. */
function closeStatements(
  { schema, table }: TableName,
  { detail }: Pick<CopyRecord, "detail">,
  leaves: readonly PairRelation[],
): Statement[] {
  if (!detail.back) return [];
  const names = { source: table, target: detail.former, pending: detail.back.pending };
  const pair = { ...namePair(schema, names), partitioned: true };
  return removeCapture(pair, leaves);
}

/** Returns the same for the table as it is now. */
export async function readCloseStatements(
  database: WorkContext["database"],
  table: TableName,
  record: Pick<CopyRecord, "detail">,
): Promise<Statement[]> {
  const pending = record.detail.back?.pending ?? record.detail.pending;
  return closeStatements(table, record, await listLeaves(database, table, pending));
}

/**
 * Closes a way back for good, and tells why. The former table stays as it is by now, and goes on refusing writes. The caller holds the
 * lock of the table.
 */
export async function closeWayBack(
  { database, management, signal, log }: WorkContext,
  table: TableName,
  record: CopyRecord,
  why: string,
): Promise<void> {
  const { back, former } = record.detail;
  if (!back) return;
  const removal = await readCloseStatements(database, table, record);
  const phase = record.phase === "swapped" ? "swapped" : "ended";
  const closed = recordWayBack(management, record, phase, { ...back, closed: why });
  const subject = `closing the way back of table "${formatTableId(table)}"`;
  await database.execute(
    [...removal, closed].map((statement) => ({ ...statement, transaction: removal[0]?.transaction })),
    { signal, log, subject },
  );
  log.warn(
    `the way back of table "${formatTableId(table)}" is closed: ${why}. The table stays partitioned; ${table.schema}.${former} is not kept current any more: drop it when you need it no longer`,
  );
}
