import { explainPressure, namePressure } from "../core/conversion/pace/pressure";
import { type CopyRecord, readControl } from "../postgres/conversion/journal";
import { type CopyJob, describeCopy, type Stopped } from "./copy-job";
import { followAll } from "./follow";
import { waitUnlessStopped } from "./pace";
import { describeTimeOver, type PressureWatch, whileWatching } from "./watch-pressure";

/** Time between two looks at whether it goes on. */
const LOOK_MS = 1_000;

/** Time between two lines about why it does not. */
const TELL_MS = 10_000;

/** Why it goes no further now. `emptied`: the table was truncated, and the journal is back at the beginning of the copy. */
type Held = Stopped | "emptied" | undefined;

/** Does what {@link hold} does before a step that is not interrupted once it has begun. */
export function obeyPause(job: CopyJob, record: CopyRecord): Promise<Held> {
  return whileWatching(job, record, "writes", (watch) => hold(job, record, watch));
}

/**
 * Ends a job that an operator has paused, or waits until it is resumed, and then as long as the server asks for it; changes are
 * followed meanwhile, so that they do not pile up. Undefined: it goes on.
 */
export async function hold(job: CopyJob, record: CopyRecord, watch: PressureWatch): Promise<Held> {
  for (;;) {
    const held = (await waitForOperator(job, record)) ?? (await waitForServer(job, record, watch));
    if (held !== "paused") return held;
  }
}

async function waitForOperator(job: CopyJob, record: CopyRecord): Promise<Held> {
  const { work, whenPaused, stop } = job;
  for (let told = false; ; told = true) {
    const { paused = false } = await readControl(work.database, record);
    if (!paused) return undefined;
    if (whenPaused === "end") return "it is paused";
    if (job.isTimeOver()) return "its time is over";
    const { emptied } = await followAll(job, record);
    if (emptied) return "emptied";
    if (!told) work.log.status(`${describeCopy(job)}: paused; changes are followed until it is resumed`);
    await waitUnlessStopped(LOOK_MS, stop);
  }
}

/** Tells why it waits, from time to time. `paused`: an operator has come meanwhile. */
async function waitForServer(job: CopyJob, record: CopyRecord, watch: PressureWatch): Promise<Held | "paused"> {
  const { work, stop } = job;
  const subject = describeCopy(job);
  let toldAt = -Infinity;
  for (;;) {
    await watch.look();
    const { pressure } = watch;
    if (pressure.kind === "go") break;
    if (job.isTimeOver()) return describeTimeOver(watch);
    if ((await readControl(work.database, record)).paused) return "paused";
    if (performance.now() - toldAt >= TELL_MS) {
      // The first line stays, with the ways on; each later one replaces the one before it.
      if (toldAt === -Infinity)
        work.log.info(`${subject}: waits, and follows the changes: ${explainPressure(watch.table, pressure)}`);
      else work.log.status(`${subject}: ${namePressure(pressure) ?? "goes on"}`);
      toldAt = performance.now();
    }
    const { emptied } = await followAll(job, record);
    if (emptied) return "emptied";
    await waitUnlessStopped(LOOK_MS, stop);
  }
  if (toldAt !== -Infinity) work.log.info(`${subject}: goes on`);
  return undefined;
}
