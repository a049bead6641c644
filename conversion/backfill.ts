import { toPair } from "../core/conversion/copy/copy-source";
import { faultpoint } from "../postgres/connect/faultpoint";
import { copyBlocks } from "../postgres/conversion/copy-blocks";
import {
  type CopyRecord,
  readControl,
  readCopyRecord,
  recordCopied,
  restartStatement,
} from "../postgres/conversion/journal";
import { PairChanged } from "../postgres/conversion/pair-transaction";
import { listHeaps, locateBlocks } from "./blocks";
import { type CopyJob, describeCopy, type Stopped, toPairWork } from "./copy-job";
import { coverRows } from "./cover-rows";
import { follow } from "./follow";
import { hold } from "./obey-pause";
import { BatchSize, rest } from "./pace";
import { PresentRows } from "./present-rows";
import { CopyProgress } from "./copy-progress";
import { describeTimeOver, type PressureWatch, whileWatching } from "./watch-pressure";

/** How often an operator's settings are read. */
const CONTROL_EVERY_MS = 1_000;

/**
 * Copies every row, and follows the changes meanwhile: after each statement of the copy what is pending is reconciled, first of all if it
 * is much, so that it stays little whatever the table is written. Undefined: done.
 */
export async function backfill(job: CopyJob, begun: CopyRecord): Promise<Stopped | undefined> {
  const record = begun.endBlock === undefined ? await restart(job, begun) : begun;
  return whileWatching(job, record, "writes", (watch) => copyAll(job, record, watch));
}

async function copyAll(job: CopyJob, begun: CopyRecord, watch: PressureWatch): Promise<Stopped | undefined> {
  const { work, source } = job;
  const pair = toPair(source);
  const size = new BatchSize();
  const present = new PresentRows();
  let record = begun;
  let next = record.nextBlock;
  const progress = new CopyProgress(job, record, watch);
  let control = await readControl(work.database, record);
  let readAt = performance.now();
  for (;;) {
    if (job.isTimeOver()) return describeTimeOver(watch);
    if (performance.now() - readAt > CONTROL_EVERY_MS) {
      control = await readControl(work.database, record);
      readAt = performance.now();
    }
    if (control.paused || watch.pressure.kind === "wait") {
      const stopped = await hold(job, record, watch);
      if (stopped === "emptied") {
        record = await reread(job);
        next = 0;
      } else if (stopped !== undefined) return stopped;
      control = await readControl(work.database, record);
    }
    const start = performance.now();
    const followed = await follow(job, record);
    progress.followed(followed);
    if (followed.emptied) {
      record = await reread(job);
      next = 0;
      continue;
    }
    if (!followed.complete) continue;
    const end = record.endBlock ?? 0;
    if (next >= end) return undefined;
    if (watch.takeWaiting()) size.yield();
    const { heap, first, end: last, next: until } = await locateBlocks(work.database, pair, record, next, size.blocks);
    if (!heap) {
      next = until;
      continue;
    }
    try {
      const from = performance.now();
      const rows = await coverRows(job, { kind: "blocks", first, end: last }, () =>
        present.copy((whenPresent) =>
          copyBlocks(
            toPairWork(job, record),
            { heap, first, end: last },
            recordCopied(work.management, record, until),
            whenPresent,
          ),
        ),
      );
      size.took(performance.now() - from);
      next = until;
      progress.copied(rows, next, end);
    } catch (error) {
      if (!(error instanceof PairChanged) || error.standing !== "moved") throw error;
      work.log.info(`${error.message}: copied again from its beginning`);
      record = await restart(job, record);
      next = 0;
      continue;
    }
    await faultpoint(`after copying blocks of ${source.table.schema}.${source.table.name}`);
    await rest(control, watch.pressure, performance.now() - start, job.stop);
  }
}

/** Sets the beginning and the end of the copy by the file that the table has now: all that comes later is captured. */
async function restart(job: CopyJob, record: CopyRecord): Promise<CopyRecord> {
  const { work, source } = job;
  const pair = toPair(source);
  const heaps = await listHeaps(work.database, pair);
  await work.database.execute([restartStatement(work.management, record, pair, heaps)], {
    signal: work.signal,
    log: work.log,
    subject: describeCopy(job),
  });
  return reread(job);
}

export async function reread({ work, source }: CopyJob): Promise<CopyRecord> {
  const record = await readCopyRecord(work.database, { schema: source.table.schema, table: source.table.name });
  if (!record) throw new Error(`${describeCopy({ source })}: the journal has no entry of it any more`);
  return record;
}
