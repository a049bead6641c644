import { addPartitionStatements } from "../core/conversion/copy/prepare-copy";
import { listListColumns } from "../core/conversion/copy/branch-rows";
import type { RowPlace } from "../core/conversion/between/row-places";
import { captureLeaf } from "../core/conversion/between/capture";
import { StatementError } from "../postgres/connect/session-errors";
import { type CopyPartition, describePresent, toPair } from "../core/conversion/copy/copy-source";
import { readPlaceBranches } from "../postgres/conversion/branch-rows";
import { BareLeaves } from "../postgres/conversion/pair-transaction";
import { alignCopy } from "./align";
import { type CopyJob, describeCopy } from "./copy-job";
import { planMissing } from "./read/plan-missing";

/**
 * Runs a step. If the copy refuses a row, because it belongs to no partition, or contradicts a check that the table has lost since, the
 * copy gets what its rows need by now, and the step runs again: writers may go on to add rows of other branches, so each time that a
 * partition was missing. Partitions of the source that came since are captured first.
 *
 * @param place the rows that the step writes
 */
export async function coverRows<T>(job: CopyJob, place: RowPlace, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof BareLeaves) {
      await captureLeaves(job, error.leaves);
      return coverRows(job, place, step);
    }
    if (!isRefusedRow(error)) throw error;
    if (isRowWithoutPartition(error)) {
      if ((await addMissing(job, place)) === 0) throw error;
      return coverRows(job, place, step);
    }
    if (!(await alignCopy(job))) throw error;
    return step();
  }
}

/** not_null_violation, unique_violation, check_violation, exclusion_violation */
const REFUSED = ["23502", "23505", "23514", "23P01"];

/**
 * Returns the server's own words about a row that a table cannot hold: they name the key, or the row, that the operator has to look for.
 * Undefined: the error is about something else.
 */
export function explainRefusedRow(error: unknown): string | undefined {
  if (!isRefusedRow(error)) return undefined;
  const { message, detail } = error.cause as { readonly message?: string; readonly detail?: string };
  return `${message ?? error.message}${detail === undefined ? "" : `. ${detail.replace(/\.$/, "")}`}`;
}

function isRefusedRow(error: unknown): error is StatementError {
  return error instanceof StatementError && REFUSED.includes(error.sqlState ?? "");
}

async function captureLeaves({ work, source }: CopyJob, leaves: BareLeaves["leaves"]): Promise<void> {
  const pair = toPair(source);
  await work.database.execute(
    leaves.flatMap((leaf) => captureLeaf(pair, leaf)),
    { signal: work.signal, log: work.log, subject: describeCopy({ source }) },
  );
}

/** PostgreSQL reports a row that no partition takes like one that a CHECK refuses. */
export function isRowWithoutPartition(error: unknown): error is StatementError {
  return (
    error instanceof StatementError && error.sqlState === "23514" && /no partition of relation/.test(error.message)
  );
}

export async function addMissing(job: CopyJob, place: RowPlace): Promise<number> {
  const { work, source, declared, now } = job;
  const { column, kind, zone } = source.key;
  const lists = listListColumns(declared.levels);
  const rows = await readPlaceBranches(work.database, toPair(source), place, { column, kind, zone, lists });
  const { target } = source.names;
  const added = await planMissing(work.database, declared, { now, rows, target, copy: await observeCopy(job) });
  await create(job, added.partitions);
  return added.partitions.length;
}

async function observeCopy({ work: { database }, source, declared }: CopyJob) {
  const { schema } = source.table;
  const { target } = source.names;
  database.invalidate(schema, target);
  return (await database.observe(schema, target, declared.key)).table;
}

/** Creates partitions of the window that came with time since the copy was created. */
export async function addDuePartitions(job: CopyJob): Promise<void> {
  const copy = await observeCopy(job);
  const present = new Set(copy ? describePresent(copy).map(({ name }) => name) : []);
  await create(
    job,
    job.source.partitions.filter(({ name }) => !present.has(name)),
  );
}

async function create({ work, source }: CopyJob, added: readonly CopyPartition[]): Promise<void> {
  if (added.length === 0) return;
  const subject = describeCopy({ source });
  await work.database.execute(addPartitionStatements(source, added), { signal: work.signal, log: work.log, subject });
  work.log.info(`${subject}: partition ${added.map(({ name }) => name).join(", ")} added`);
}
