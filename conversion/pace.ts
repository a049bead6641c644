import { setTimeout as sleep } from "node:timers/promises";
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

  took(milliseconds: number): void {
    const factor = Math.min(2, Math.max(0.25, WANTED_MS / Math.max(1, milliseconds)));
    this.blocks = Math.min(MAX_BLOCKS, Math.max(1, Math.round(this.blocks * factor)));
  }
}

/** Rests after a piece of work, so that only the wanted share of the time is worked. */
export async function rest({ pace = 1 }: CopyControl, workedMs: number, stop: AbortSignal): Promise<void> {
  const share = Math.min(1, Math.max(MIN_PACE, pace));
  const wait = workedMs * (1 / share - 1);
  if (wait >= 1) await waitUnlessStopped(wait, stop);
}

/** Waits, at most until the signal. */
export async function waitUnlessStopped(milliseconds: number, stop: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
}
