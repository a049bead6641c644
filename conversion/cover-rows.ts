import { addPartitionStatements } from "../core/conversion/copy/prepare-copy";
import type { Instant } from "../core/time/instant";
import { overlaps } from "../core/time/interval";
import { planCopyPartitions } from "../core/conversion/copy/copy-partitions";
import { captureLeaf } from "../core/conversion/between/capture";
import { quoteRelationOf } from "../core/conversion/between/pair";
import { StatementError } from "../postgres/connect/session-errors";
import { type CopySource, toPair } from "../core/conversion/copy/copy-source";
import { BareLeaves } from "../postgres/conversion/pair-transaction";
import { readKeyRows } from "../postgres/read/key-rows";
import { alignCopy } from "./align";
import { type CopyJob, describeCopy } from "./copy-job";

/**
 * Runs a step. If the copy refuses a row, because it belongs to no partition, or contradicts a check that the table has lost since, the copy
 * gets what its rows need by now, and the step runs once more. Partitions that came since are captured first.
 */
export async function coverRows<T>(job: CopyJob, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof BareLeaves) {
      await captureLeaves(job, error.leaves);
      return coverRows(job, step);
    }
    if (!(error instanceof StatementError) || !REFUSED.includes(error.sqlState ?? "")) throw error;
    const changed = isRowWithoutPartition(error) ? (await addMissing(job)) > 0 : await alignCopy(job);
    if (!changed) throw error;
    return step();
  }
}

/** not_null_violation, unique_violation, check_violation, exclusion_violation */
export const REFUSED = ["23502", "23505", "23514", "23P01"];

async function captureLeaves({ work, source }: CopyJob, leaves: BareLeaves["leaves"]): Promise<void> {
  const pair = toPair(source);
  await work.database.execute(
    leaves.flatMap((leaf) => captureLeaf(pair, leaf)),
    { signal: work.signal, log: work.log, subject: describeCopy({ source }) },
  );
}

/** PostgreSQL reports a row that no partition takes like one that a CHECK refuses. */
function isRowWithoutPartition(error: unknown): error is StatementError {
  return (
    error instanceof StatementError && error.sqlState === "23514" && /no partition of relation/.test(error.message)
  );
}

async function addMissing(job: CopyJob): Promise<number> {
  const range = await readRange(job);
  if (!range) return 0;
  const known = new Set(await listPartitions(job));
  const present = job.source.partitions.filter(({ name }) => known.has(name));
  const added = planCopyPartitions(job.declared, job.now, range).filter(
    (one) => !known.has(one.name) && !present.some((found) => overlaps(found, one)),
  );
  await create(job, added);
  return added.length;
}

/** Times of the first and the last row as they are now. Reads the whole table. */
async function readRange({
  source,
  work,
}: CopyJob): Promise<{ readonly from: Instant; readonly to: Instant } | undefined> {
  const { rows } = await readKeyRows(work.database, source.table, source.key, 0);
  return rows?.minTime && rows.maxTime ? { from: rows.minTime, to: rows.maxTime } : undefined;
}

async function listPartitions({ source, work }: CopyJob): Promise<string[]> {
  const { target } = toPair(source);
  const rows = await work.database.read(
    "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass",
    [quoteRelationOf(target)],
  );
  return rows.map((row) => String(row["name"]));
}

/** Creates partitions of the window that came with time since the copy was created. */
export async function addDuePartitions(job: CopyJob): Promise<void> {
  const present = new Set(await listPartitions(job));
  await create(
    job,
    job.source.partitions.filter(({ name }) => !present.has(name)),
  );
}

async function create({ work, source }: CopyJob, added: CopySource["partitions"]): Promise<void> {
  if (added.length === 0) return;
  const subject = describeCopy({ source });
  await work.database.execute(addPartitionStatements(source, added), { signal: work.signal, log: work.log, subject });
  work.log.info(`${subject}: partition ${added.map(({ name }) => name).join(", ")} added`);
}
