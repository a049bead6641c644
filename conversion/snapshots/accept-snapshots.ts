import { acceptSnapshots } from "../../core/conversion/copy/old-snapshots";
import type { TableName } from "../../core/names/table-name";
import { LockBudgetExceeded, StatementError } from "../../postgres/connect/session-errors";
import { type CopyPhase, type CopyRecord, movePhase } from "../../postgres/conversion/journal";
import type { Database } from "../../postgres/database";
import type { ExecuteOptions } from "../../postgres/execute/execute-options";

/**
 * Ends what a swap, forth or back, has left: transactions with an older snapshot are waited for some seconds, and may write again.
 * False: one of them still runs, and the next update does it.
 */
export async function acceptAll(
  database: Database,
  table: TableName,
  record: Pick<CopyRecord, "id" | "detail">,
  then: CopyPhase,
  options: ExecuteOptions,
): Promise<boolean> {
  try {
    await database.execute(
      [...acceptSnapshots(table, record.detail.pending), movePhase(database.managementSchema, record, then)],
      options,
    );
    return true;
  } catch (error) {
    if (!(error instanceof LockBudgetExceeded) && !(error instanceof StatementError && error.sqlState === "57014"))
      throw error;
    options.log.info(
      `a transaction from before the swap is still running: the next update removes the trigger that refuses its writes (${error.message})`,
    );
    return false;
  }
}
