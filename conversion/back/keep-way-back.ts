import type { CopyRecord } from "../../postgres/conversion/journal";
import { recordWayBack } from "../../postgres/conversion/journal-swap";
import { PairChanged } from "../../postgres/conversion/pair-transaction";
import { sayWayBack } from "../../core/conversion/copy/say-way-back";
import type { DeclaredCopy } from "../../core/resources/conversion";
import type { WorkContext } from "../../postgres/work/work-context";
import type { CopyJob } from "../copy-job";
import { explainRefusedRow } from "../cover-rows";
import { followAll } from "../follow";
import type { RunLimits } from "../job-for";
import { closeWayBack } from "./close-way-back";
import { type Returnable, readReturnable } from "../read/read-returnable";
import { ALTERED, type WayBack } from "../read/read-way-back";

/** Returns the record with the end that is declared by now: one that closes has closed for that, and is not opened again by it. */
export function describeDeclared({ record, detail, until }: WayBack): CopyRecord {
  return { ...record, detail: { ...record.detail, back: { ...detail, until } } };
}

/** Makes the job by which the former table follows the partitioned one. */
export function makeBackJob(
  work: WorkContext,
  declared: DeclaredCopy,
  { source, wayBack }: Returnable,
  limits: RunLimits,
): CopyJob {
  const read = () => readReturnable(work.database, declared, wayBack);
  return { work, source, declared, now: wayBack.now, ...limits, back: { passes: source.plain.oid, read } };
}

/**
 * Keeps a way back open: its end is as declared by now, and the former table gets what has changed. Closes it if it has to end, or if
 * the former table cannot be kept equal. False: it is closed.
 */
export async function keepWayBack(
  work: WorkContext,
  declared: DeclaredCopy,
  wayBack: WayBack,
  limits: RunLimits,
): Promise<boolean> {
  const record = describeDeclared(wayBack);
  const { ends } = wayBack;
  if (ends !== undefined) {
    await closeWayBack(work, declared, record, ends);
    return false;
  }
  if (wayBack.until !== wayBack.detail.until) await extend(work, declared, wayBack);
  const returnable = await readReturnable(work.database, declared, wayBack);
  return followOrClose(makeBackJob(work, declared, returnable, limits), record, async (job) => {
    await followAll(job, record);
  });
}

/**
 * Runs what keeps the former table equal. What it cannot hold, and what may have been missed, closes the way back with the reason;
 * anything else is thrown. False: it is closed.
 */
export async function followOrClose(
  job: CopyJob,
  record: CopyRecord,
  body: (job: CopyJob) => Promise<void>,
): Promise<boolean> {
  const { schema, table } = job.declared;
  try {
    await body(job);
    return true;
  } catch (error) {
    const why = explainUnable(error, record);
    if (why === undefined) throw error;
    await closeWayBack(job.work, { schema, table }, record, why);
    return false;
  }
}

function explainUnable(error: unknown, { detail }: CopyRecord): string | undefined {
  if (error instanceof PairChanged) return ALTERED;
  const refused = explainRefusedRow(error);
  return refused === undefined ? undefined : `${detail.former} cannot hold a row of the table: ${refused}`;
}

/** Writes down another end of the way back, which its trigger tells to everyone who asks the catalogue. */
async function extend(work: WorkContext, declared: DeclaredCopy, { record, detail, until }: WayBack): Promise<void> {
  const { schema, table, rollbackUntil } = declared;
  if (!rollbackUntil) return;
  const transaction = `keep the way back of ${schema}.${table}`;
  await work.database.execute(
    [
      sayWayBack({ schema, table }, rollbackUntil),
      recordWayBack(work.management, record, record.phase, { ...detail, until }),
    ].map((statement) => ({ ...statement, transaction })),
    { signal: work.signal, log: work.log, subject: `way back of table "${schema}.${table}"` },
  );
}
