import { faultpoint } from "../postgres/connect/faultpoint";
import { type CopyRecord, readControl, recordVerified } from "../postgres/conversion/journal";
import { RowsDiffer } from "../postgres/conversion/reconcile";
import { type Difference, verifyRange } from "../postgres/conversion/verify";
import { type CopyJob, describeCopy, type Stopped, toPairWork } from "./copy-job";
import { coverRows } from "./cover-rows";
import { follow } from "./follow";
import { hold } from "./obey-pause";
import { rest } from "./pace";
import { describeTimeOver, type PressureWatch, whileWatching } from "./watch-pressure";

/** Rows that one statement compares: a second or two, so that no snapshot is held for long. */
const RANGE_ROWS = 1_000_000;

/** The same while sessions wait for its locks. */
const MIN_RANGE_ROWS = 15_625;

/**
 * Compares every row of both sides, range by range, each by one snapshot, and follows the changes between them. A difference ends it
 * with the rows; nothing is repaired by itself. What changes later is compared as it is reconciled. Undefined: all is equal.
 */
export function verifyCopy(job: CopyJob, begun: CopyRecord): Promise<Stopped | "emptied" | undefined> {
  return whileWatching(job, begun, "reads", (watch) => compareAll(job, begun, watch));
}

async function compareAll(
  job: CopyJob,
  begun: CopyRecord,
  watch: PressureWatch,
): Promise<Stopped | "emptied" | undefined> {
  const { work } = job;
  let rangeRows = RANGE_ROWS;
  let after = begun.verifiedTo;
  let rows = begun.rowsVerified;
  for (;;) {
    if (job.isTimeOver()) return describeTimeOver(watch);
    const control = await readControl(work.database, begun);
    if (control.paused || watch.pressure.kind === "wait") {
      const stopped = await hold(job, begun, watch);
      if (stopped !== undefined) return stopped;
      continue;
    }
    const followed = await follow(job, begun);
    if (followed.emptied) return "emptied";
    if (!followed.complete) continue;
    // Who waits for it lets others wait behind.
    rangeRows = watch.takeWaiting() ? Math.max(MIN_RANGE_ROWS, rangeRows / 4) : Math.min(RANGE_ROWS, rangeRows * 2);
    const start = performance.now();
    const from = after;
    const most = rangeRows;
    const verified = await coverRows(job, { kind: "pending" }, () =>
      verifyRange(toPairWork(job, begun), from, most, recordVerified(work.management, begun)),
    );
    if (verified.differs) throw new RowsDiffer(describeCopy(job), explain(job, verified.differs));
    rows += verified.rows;
    work.log.status(`${describeCopy(job)}: ${rows.toLocaleString("en")} rows compared, all equal`);
    await faultpoint("after comparing a range");
    if (verified.to === undefined) return undefined;
    after = verified.to;
    await rest(control, watch.pressure, performance.now() - start, job.stop);
  }
}

function explain(
  { back }: CopyJob,
  { facts, rows }: { readonly facts: string; readonly rows: readonly Difference[] },
): string {
  const listed = rows.map(({ key, kind, columns }) => {
    const where = columns.length > 0 ? ` in ${columns.join(", ")}` : "";
    return `(${key.join(", ")}) ${kind}${where}`;
  });
  const cause = back
    ? "A partition was detached, or another session has written to the former table: find out which, and attach it again, or remove convertFrom.rollbackUntil for one update, which closes the way back"
    : "Another session has written to the copy, or a value cannot be read the same twice: find out which, then remove convertFrom for one update, which drops the copy, and declare it again";
  return `${back ? "the former table" : "the copy"} is not equal to the table: ${facts}. ${listed.join("; ")}. Nothing was swapped or repaired. ${cause}`;
}
