import { listListColumns } from "../../core/conversion/copy/branch-rows";
import { findPartitionProblems } from "../../core/conversion/copy/copy-problems";
import type { CopySource } from "../../core/conversion/copy/copy-source";
import { listLeftToValidate } from "../../core/conversion/copy/exchange";
import { nameConversion } from "../../core/conversion/copy/swap-copy";
import {
  copyOfflineStatements,
  lockOfflineStatements,
  swapOfflineStatements,
} from "../../core/conversion/offline/offline-statements";
import { formatProblem } from "../../core/problems/problem";
import { type DeclaredCopy, encodeCopy } from "../../core/resources/conversion";
import { isRefusedAsAltered } from "../../postgres/connect/session-errors";
import { readLockedBranches } from "../../postgres/conversion/branch-rows";
import { recordOffline } from "../../postgres/conversion/journal-offline";
import type { WholeTransaction } from "../../postgres/execute/whole-transaction";
import type { WorkContext } from "../../postgres/work/work-context";
import { describeCopy } from "../copy-job";
import type { Copyable } from "../read/copy-reading";
import { describeFormer } from "../former/describe-former";
import { planFound } from "../read/plan-rows";

/** A table that is converted in one transaction, as one update works on it. */
export interface OfflineJob {
  readonly work: WorkContext;
  readonly declared: DeclaredCopy;
  /** Ends, and rolls back, what writers would wait for any longer. */
  readonly budget: AbortSignal;
  /** Reads the table as it is now, or throws why it cannot be converted. */
  readonly read: () => Promise<Copyable>;
}

/** Thrown if it was rolled back by its own decision. Nothing was changed. */
export class OfflineStopped extends Error {
  override readonly name = "OfflineStopped";
}

/** Times that another session may alter the table between its reading and its lock. */
const MAX_TRIES = 3;

/**
 * Converts a table in one transaction: its rows are copied and compared while writers wait, and the copy takes its place. It is read before,
 * so that writers wait for no reading; what decides about partitions is read again under the lock, from which on no row can come.
 */
export async function convertOffline(job: OfflineJob): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const reading = await job.read();
    try {
      return await convertOnce(job, reading);
    } catch (error) {
      if (job.budget.aborted && !job.work.signal.aborted) throw explainBudget(job, reading.source, error);
      if (!(error instanceof Altered)) throw error;
      if (tries === MAX_TRIES) throw error.cause;
      job.work.log.status(`${error.message}; try ${tries + 1} of ${MAX_TRIES}`);
    }
  }
}

/** Another session has altered the table, or what is bound to it, since it was read. */
class Altered extends Error {}

async function convertOnce({ work, declared, budget }: OfflineJob, reading: Copyable): Promise<void> {
  const { database, log, management } = work;
  const { source, facts } = reading;
  const subject = describeCopy({ source });
  const name = `${source.table.schema}.${source.table.name}`;
  const proof = { fingerprints: [facts.fingerprint], management };
  const signal = AbortSignal.any([work.signal, budget]);
  await database.runWhole({ signal, log, subject, label: nameConversion(source) }, async (transaction) => {
    await tellAltered(() => transaction.execute(`lock ${name}`, lockOfflineStatements(source, proof)));
    const { rows, locked } = await planLocked(work, declared, reading, transaction);
    log.status(`${subject}: writers wait while ${rows.toLocaleString("en")} rows are copied and compared`);
    await transaction.execute(`copy ${name}`, copyOfflineStatements(locked));
    log.status(`${subject}: ${rows.toLocaleString("en")} rows are copied and compared, all equal`);
    const record = recordOffline(management, declared, describeDetail(work, reading, declared, locked), rows, work.run);
    await tellAltered(() => transaction.execute(`swap ${name}`, swapOfflineStatements(locked, proof, [record])));
  });
}

/** Plans the partitions that all rows need: none can come any more. */
async function planLocked(
  { database }: WorkContext,
  declared: DeclaredCopy,
  { source, now }: Copyable,
  transaction: WholeTransaction,
): Promise<{ readonly rows: number; readonly locked: CopySource }> {
  const { column, kind, zone } = source.key;
  const lists = listListColumns(declared.levels);
  const found = await readLockedBranches(transaction, declared, { column, kind, zone, lists });
  const { partitions, problems } = await planFound(database, declared, {
    now,
    target: source.names.target,
    copy: undefined,
    table: source.table,
    rows: found,
  });
  const refused = [...problems, ...findPartitionProblems({ partitions })];
  if (refused.length > 0)
    throw new OfflineStopped(
      `${describeCopy({ source })}: nothing was changed\n${refused.map((one) => formatProblem(one)).join("\n")}`,
    );
  return { rows: found.reduce((sum, one) => sum + one.rows, 0), locked: { ...source, partitions } };
}

function describeDetail({ owner }: WorkContext, reading: Copyable, declared: DeclaredCopy, source: CopySource) {
  const { target, pending, former } = source.names;
  return {
    target,
    pending,
    former,
    declared: encodeCopy(declared),
    ...(owner === undefined ? {} : { owner }),
    validate: listLeftToValidate(source),
    formerTable: describeFormer(declared, reading),
  };
}

/** Runs a step that ends if the table is not as it was read. */
async function tellAltered(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!isRefusedAsAltered(error)) throw error;
    throw new Altered(error.message, { cause: error });
  }
}

function explainBudget({ declared }: OfflineJob, source: CopySource, cause: unknown): Error {
  const minutes = declared.timeBudgetMinutes ?? 0;
  return new OfflineStopped(
    `${describeCopy({ source })}: timeBudgetMinutes, ${minutes}, is over, and it was rolled back: the table is as it was, and its writers go on. ` +
      'Declare more minutes, or strategy: "copy", during which writers do not wait',
    { cause },
  );
}
