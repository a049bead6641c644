import { StatementError } from "../postgres/connect/session-errors";
import { type CopyRecord, recordReconciled, restartStatement } from "../postgres/conversion/journal";
import { emptyTarget } from "../postgres/conversion/empty-target";
import { ALL_CHANGES, reconcile, type Reconciled } from "../postgres/conversion/reconcile";
import { type CopyJob, toPairWork } from "./copy-job";
import { coverRows } from "./cover-rows";
import { listHeaps } from "./blocks";

/** Changes that one transaction reconciles: a tenth of a second or two on two cores. */
export const MAX_CHANGES = 10_000;

/** What following the changes found. */
export interface Followed {
  readonly changes: number;
  /** True if no more changes were to be seen. */
  readonly complete: boolean;
  /** True if the table was truncated: the copy is empty too, and begins again. */
  readonly emptied: boolean;
}

/** Reconciles changes that are pending, up to a limit. */
export async function follow(job: CopyJob, record: CopyRecord): Promise<Followed> {
  const { changes, emptied } = await take(job, record);
  if (emptied) await startOver(job, record);
  // More than the limit are all that there were.
  return { changes, complete: !emptied && changes !== MAX_CHANGES, emptied };
}

async function take(job: CopyJob, record: CopyRecord): Promise<Reconciled> {
  const work = toPairWork(job, record);
  const once = (limit: number | typeof ALL_CHANGES) =>
    reconcile(work, limit, recordReconciled(job.work.management, record), job.back ? "delete" : "tell");
  try {
    return await coverRows(job, { kind: "pending" }, () => once(MAX_CHANGES));
  } catch (error) {
    // Two rows exchanged a unique value, and only one of both was among the changes: with all of them none is left over.
    if (!(error instanceof StatementError) || error.sqlState !== UNIQUE_VIOLATION) throw error;
    return once(ALL_CHANGES);
  }
}

const UNIQUE_VIOLATION = "23505";

async function startOver(job: CopyJob, record: CopyRecord): Promise<void> {
  const { work, source } = job;
  const pair = toPairWork(job, record);
  job.work.log.warn(
    `table "${source.table.schema}.${source.table.name}" was truncated: its copy is emptied, and begun again`,
  );
  const { sql, values = [] } = restartStatement(
    work.management,
    record,
    pair.pair,
    await listHeaps(work.database, pair.pair),
  );
  await emptyTarget(pair, { text: sql, values });
}

/** Reconciles until nothing more is to be seen. */
export async function followAll(job: CopyJob, record: CopyRecord): Promise<Followed> {
  for (;;) {
    const followed = await follow(job, record);
    if (followed.complete || followed.emptied) return followed;
  }
}
