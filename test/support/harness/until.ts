import { setTimeout as sleep } from "node:timers/promises";

/** Waits until it is so, looking every 10 ms; fails after the time. */
export async function until(holds: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
  for (const end = performance.now() + withinMs; !(await holds());) {
    if (performance.now() > end)
      throw new Error(`not so after ${String(withinMs)} ms: ${holds.toString().slice(0, 200)}`);
    await sleep(10);
  }
}
