import { setTimeout as sleep } from "node:timers/promises";
import type { Pressure } from "../core/conversion/pace/pressure";
import type { CopyControl } from "../postgres/conversion/journal";

/** Time that one statement of the copy should take: long enough to be worth its transaction, short for those who wait for it. */
const WANTED_MS = 300;

/** Blocks of 8 kB of the first statement, 2 MB, and limits: at least one, and no more than 512 MB. */
const FIRST_BLOCKS = 256;
const MAX_BLOCKS = 65_536;

/** Smallest share of the time in which a conversion works: with less it would rest for minutes and look dead. */
const MIN_PACE = 0.01;

/** Decides how many blocks the next statement copies, by the time that the last one took. */
export class BatchSize {
  blocks = FIRST_BLOCKS;

  /** After a session was seen to wait for a statement: the next ones are shorter. */
  yield(): void {
    this.blocks = Math.max(1, Math.floor(this.blocks / 4));
  }

  took(milliseconds: number): void {
    const factor = Math.min(2, Math.max(0.25, WANTED_MS / Math.max(1, milliseconds)));
    this.blocks = Math.min(MAX_BLOCKS, Math.max(1, Math.round(this.blocks * factor)));
  }
}

/** Counts the checkpoints that ended in the last minute, by where each began. */
export class CheckpointCount {
  private seen: { readonly redo: string; readonly at: number }[] = [];
  private first = true;

  count(redo: string | undefined, now: number): number {
    if (redo !== undefined && redo !== this.seen.at(-1)?.redo) {
      // When the one that is there at the first look ended is not known.
      this.seen.push({ redo, at: this.first ? -Infinity : now });
      this.first = false;
    }
    const recent = this.seen.filter(({ at }) => now - at <= MINUTE_MS);
    // The last one stays, to know the next.
    this.seen = recent.length > 0 ? recent : this.seen.slice(-1);
    return recent.length;
  }
}

const MINUTE_MS = 60_000;

/** Rests after a piece of work, so that only the share of the time is worked that both the operator and the server leave to it. */
export async function rest(
  { pace = 1 }: CopyControl,
  pressure: Pressure,
  workedMs: number,
  stop: AbortSignal,
): Promise<void> {
  // One that waits does so before the next piece.
  const left = pressure.kind === "go" ? pressure.share : 1;
  const share = Math.min(1, left, Math.max(MIN_PACE, pace));
  const wait = workedMs * (1 / share - 1);
  if (wait >= 1) await waitUnlessStopped(wait, stop);
}

/** Waits, at most until the signal. */
export async function waitUnlessStopped(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}
