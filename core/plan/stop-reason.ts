import { MAX_CLOCK_SKEW_SECONDS } from "../defaults";
import type { Observation } from "../observed";
import { describeRetireHours, inRetireHours } from "../spec/retire-hours";
import type { WindowSpec } from "../spec/spec";
import { formatInstant } from "../time/instant";
import { type Clocks, decidingNow } from "./clocks";

/** Why nothing of a table may be retired now. `alarming`: worth a word even when nothing waits for it now. */
export function stopReason(
  spec: WindowSpec,
  observation: Observation,
  clocks: Clocks,
): { readonly reason: string; readonly alarming: boolean } | undefined {
  if (spec.paused || observation.registration?.paused) {
    const by = spec.paused ? "paused: true in the program" : "pgpartition pause";
    return { reason: `retirement is paused (${by}); partitions are still created`, alarming: false };
  }
  if (clocks.trusted === undefined) {
    const ahead = clocks.database.until(clocks.asOf).total("seconds");
    if (ahead > MAX_CLOCK_SKEW_SECONDS) {
      const reason = `nothing is retired: the program's clock says ${formatInstant(clocks.asOf)}, the database's ${formatInstant(clocks.database)}; set the clock right, or set pgpartition:asOf`;
      return { reason, alarming: true };
    }
  }
  const hours = spec.allowRetireBetween;
  if (hours && !inRetireHours(hours, decidingNow(clocks)))
    return {
      reason: `partitions leave only from ${describeRetireHours(hours)} (allowRetireBetween); partitions are still created`,
      alarming: false,
    };
  return undefined;
}
