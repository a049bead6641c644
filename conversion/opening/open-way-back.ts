import { toPair } from "../../core/conversion/copy/copy-source";
import { nameOpening, openStatements, takeFormerKey } from "../../core/conversion/reopen/open-statements";
import { fitIdentifier } from "../../core/names/identifier";
import { encodeCopy, type DeclaredCopy } from "../../core/resources/conversion";
import { formatInstant } from "../../core/time/instant";
import { StatementError } from "../../postgres/connect/session-errors";
import { type CopyRecord, readCopyRecord } from "../../postgres/conversion/journal";
import { beginOpeningStatement, openedStatement } from "../../postgres/conversion/journal-opening";
import { PairChanged } from "../../postgres/conversion/pair-transaction";
import type { WorkContext } from "../../postgres/work/work-context";
import { finishCopy } from "../align";
import { backfill, reread } from "../backfill";
import { requireSameColumns } from "../begin-again";
import { type CopyJob, describeCopy, type Stopped } from "../copy-job";
import { describeFormer } from "../former/describe-former";
import { followAll } from "../follow";
import { giveUp } from "../give-up";
import type { RunLimits } from "../job-for";
import { moveOn } from "../move-on";
import { obeyPause } from "../obey-pause";
import type { Opening } from "../read/read-opening";

/** Times that one run begins again because the table was altered: more often is not by accident. */
const MAX_BEGINNINGS = 3;

/** One way back that is opened, as one run works on it. */
interface OpenWork {
  readonly work: WorkContext;
  readonly declared: DeclaredCopy;
  readonly limits: RunLimits;
  /** Reads it again. Undefined: it is not to be opened any more. */
  readonly readAgain: () => Promise<Opening | undefined>;
}

/**
 * Copies the rows of a partitioned table into a new plain one, from wherever the journal says that it is, until the plain table is kept
 * current as after the swap of a copy. Undefined: the way back is open. The caller holds the lock of the table.
 */
export async function openWayBack(open: OpenWork, first: Opening): Promise<Stopped | undefined> {
  const { work, declared, readAgain } = open;
  let opening = first;
  for (let beginnings = 1; ; beginnings += 1) {
    const record = opening.record ?? (await begin(open, opening));
    const job = makeJob(open, opening, record);
    try {
      await requireSameColumns(job);
      if (record.detail.opens?.key.join("\0") !== opening.source.primaryKey.join("\0"))
        throw new PairChanged(describeCopy(job), "broken");
      return await advance(open, job, record);
    } catch (error) {
      if (!(error instanceof PairChanged) || beginnings === MAX_BEGINNINGS) throw error;
      work.log.warn(`${error.message}. ${declared.schema}.${record.detail.target} is dropped, and begun again`);
      await giveUp(work.database, declared, record, optionsOf(job));
      const again = await readAgain();
      if (!again) throw error;
      opening = again;
    }
  }
}

function optionsOf(job: CopyJob) {
  return { signal: job.work.signal, log: job.work.log, subject: describeCopy(job) };
}

/** Creates the plain table and installs the capture, and writes both down, in one transaction. */
async function begin({ work, declared }: OpenWork, { source }: Opening): Promise<CopyRecord> {
  const { names, until, formerKey, primaryKey } = source;
  const detail = {
    target: names.target,
    pending: names.pending,
    former: names.former,
    declared: encodeCopy(declared),
    ...(work.owner === undefined ? {} : { owner: work.owner }),
    opens: { key: primaryKey, until: formatInstant(until), ...(formerKey ? { formerKey } : {}) },
  };
  const record = beginOpeningStatement(work.management, toPair(source), detail, work.run);
  await work.database.execute(
    [...openStatements(source, work.management), { ...record, transaction: nameOpening(source) }],
    { signal: work.signal, log: work.log, subject: describeCopy({ source }) },
  );
  const begun = await readCopyRecord(work.database, declared);
  if (!begun) throw new Error(`${describeCopy({ source })}: the journal has no entry of it`);
  return begun;
}

/** The plain table refuses the writes of all others from the beginning. */
function makeJob(open: OpenWork, { source, now }: Opening, { targetOid }: CopyRecord): CopyJob {
  const { work, declared, limits } = open;
  const read = async () => {
    const again = await open.readAgain();
    return again?.plain && { source: again.source, copy: again.plain };
  };
  return { work, source, declared, now, ...limits, back: { passes: targetOid, read } };
}

async function advance(open: OpenWork, job: CopyJob, begun: CopyRecord): Promise<Stopped | undefined> {
  const { work, declared } = open;
  if (begun.phase === "copying") {
    const stopped = await backfill(job, begun);
    if (stopped !== undefined) return stopped;
    await moveOn(job, begun, "finishing");
  }
  const record = await reread(job);
  const stopped = await obeyPause(job, record);
  if (stopped !== undefined && stopped !== "emptied") return stopped;
  await finishCopy(job);
  await restoreKey(open, job, record);
  await followAll(job, record);
  const { former, pending } = nameAfterReturn(job);
  await work.database.execute(
    [openedStatement(work.management, record, { target: former, pending }, describeFormer(declared, job))],
    optionsOf(job),
  );
  return undefined;
}

/** The former primary key, if all rows have another one: two with the same need the wider one, and are told. */
async function restoreKey(open: OpenWork, job: CopyJob, record: CopyRecord): Promise<void> {
  await followAll(job, record);
  const again = await open.readAgain();
  const due = again?.plain ? takeFormerKey(again.source, again.plain) : [];
  try {
    await job.work.database.execute(due, optionsOf(job));
  } catch (error) {
    if (!(error instanceof StatementError) || error.sqlState !== UNIQUE_VIOLATION) throw error;
    const { detail } = error.cause as { readonly detail?: string };
    job.work.log.info(
      `${describeCopy(job)}: ${record.detail.target} keeps the primary key (${job.source.primaryKey.join(", ")}), because two rows have one former key. ${detail ?? error.message}`,
    );
  }
}

const UNIQUE_VIOLATION = "23505";

/** Names that the partitioned table, and its pending keys, get by the way back. */
function nameAfterReturn({ source: { names }, declared: { table } }: CopyJob) {
  return { former: names.former, pending: fitIdentifier(`${table}_pending`) };
}
