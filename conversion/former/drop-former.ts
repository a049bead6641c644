import { explainNotDroppable } from "../../core/plan/retire/dependents";
import { formatInstant } from "../../core/time/instant";
import type { DeclaredCopy } from "../../core/resources/conversion";
import { isRefusedAsAltered, StatementError } from "../../postgres/connect/session-errors";
import { recordDropAfter } from "../../postgres/conversion/journal-swap";
import { readDependents } from "../../postgres/read/dependents";
import type { WorkContext } from "../../postgres/work/work-context";
import type { FormerReading } from "./read-former";

/**
 * Drops a former table that nothing keeps, and writes down a drop that is declared for another time. The caller holds the lock of the
 * table, and has read it under that. What has come since is no failure: it is told, and the next update looks again.
 */
export async function performFormer(work: WorkContext, declared: DeclaredCopy, former: FormerReading): Promise<void> {
  const { database, management, log, signal } = work;
  const { dropFormerAfter: after } = declared;
  const name = `${declared.schema}.${former.kind === "none" ? (former.record?.detail.former ?? "") : former.table.name}`;
  const options = { signal, log, subject: `the former table ${name}` };
  if (former.kind === "due") {
    try {
      await database.execute(former.statements, { ...options, subject: `dropping the former table "${name}"` });
      log.info(`the former table ${name} is dropped, with its rows`);
      return;
    } catch (error) {
      if (!isKept(error)) throw error;
      const { schema, name: partition, oid } = former.table;
      const why = explainNotDroppable({ schema, partition }, (await readDependents(database, [oid])).get(oid));
      log.warn(`the former table ${name} is not dropped: ${why ?? error.message}; the next update looks again`);
    }
  }
  if (!former.record || former.isRecorded) return;
  await database.execute([recordDropAfter(management, former.record, after && formatInstant(after))], options);
}

/** dependent_objects_still_exist, or the proof under the lock. */
function isKept(error: unknown): error is StatementError {
  return isRefusedAsAltered(error) || (error instanceof StatementError && error.sqlState === "2BP01");
}
