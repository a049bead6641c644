import { toPair } from "../core/conversion/copy/copy-source";
import { quoteRelationOf } from "../core/conversion/between/pair";
import type { CopyRecord } from "../postgres/conversion/journal";
import { PairChanged } from "../postgres/conversion/pair-transaction";
import { beginCopy } from "./begin";
import { type CopyJob, describeCopy } from "./copy-job";
import { giveUp } from "./give-up";
import { refuseAltered } from "./read/refuse-altered";
import { readCopy } from "./read/read-copy";

/**
 * Begins again from nothing, because changes may have been missed. The table is read again: a column that came meanwhile would have its
 * default in every row of the copy.
 */
export async function beginAgain(
  job: CopyJob,
  record: CopyRecord,
  why: string,
): Promise<{ readonly job: CopyJob; readonly record: CopyRecord }> {
  const { work } = job;
  work.log.warn(`${why}. The copy is dropped, and begun again`);
  const { schema, name } = job.source.table;
  const options = { signal: work.signal, log: work.log, subject: describeCopy(job) };
  await giveUp(work.database, { schema, table: name }, record, options);
  const again = await readAgain(job);
  return { job: again, record: await beginCopy(again, why) };
}

async function readAgain(job: CopyJob): Promise<CopyJob> {
  const reading = await readCopy(job.work.database, job.declared, () => job.now);
  if (reading.kind === "copyable") return { ...job, source: reading.source };
  throw refuseAltered(describeCopy(job), reading);
}

/**
 * Throws if the columns are not those that the job was read with. Before the capture was installed nothing else sees that one was
 * added or altered; from then on the marks do.
 */
export async function requireSameColumns(job: CopyJob): Promise<void> {
  const { source, columns } = toPair(job.source);
  const rows = await job.work.database.read(
    "select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
    [quoteRelationOf(source)],
  );
  const now = rows.map((row) => [row["name"], row["type"]]);
  if (JSON.stringify(now) !== JSON.stringify(columns.map(({ name, type }) => [name, type])))
    throw new PairChanged(describeCopy(job), "broken");
}
