import { MAX_CLOCK_SKEW_SECONDS } from "../defaults";
import type { Observation } from "../observed";
import { describeRetireHours, inRetireHours } from "../spec/retire-hours";
import type { WindowSpec } from "../spec/spec";
import { formatInstant } from "../time/instant";
import { type Clocks, decidingNow } from "./clocks";

/** Why nothing of a table may be retired now. */
export interface Stop {
  readonly reason: string;
  /** The same behind what would go otherwise. */
  readonly short: string;
  /** Worth a word even when nothing waits for it now. */
  readonly alarming: boolean;
}

/** Undefined: what nothing else keeps may go. */
export function stopReason(spec: WindowSpec, observation: Observation, clocks: Clocks): Stop | undefined {
  if (spec.paused || observation.registration?.paused) {
    const by = spec.paused ? "paused: true in the program" : "pgpartition pause";
    const short = `retirement is paused (${by})`;
    return { reason: `${short}; partitions are still created`, short, alarming: false };
  }
  if (clocks.trusted === undefined) {
    const ahead = clocks.database.until(clocks.asOf).total("seconds");
    if (ahead > MAX_CLOCK_SKEW_SECONDS) {
      const reason = `nothing is retired: the program's clock says ${formatInstant(clocks.asOf)}, the database's ${formatInstant(clocks.database)}; set the clock right, or set pgpartition:asOf`;
      return { reason, short: "waits until the clocks agree", alarming: true };
    }
  }
  const hours = spec.allowRetireBetween;
  if (hours && !inRetireHours(hours, decidingNow(clocks))) {
    const when = `only from ${describeRetireHours(hours)} (allowRetireBetween)`;
    const reason = `partitions leave ${when}; partitions are still created`;
    return { reason, short: `leaves ${when}`, alarming: false };
  }
  return undefined;
}
