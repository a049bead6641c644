import { MAX_CLOCK_SKEW_SECONDS } from "../../defaults";
import { describeRetireHours, isInRetireHours, isRetireDay } from "../../declare/retention/retire-hours";
import { formatInstant } from "../../time/instant";
import { getDecidingNow } from "../../window/clocks";
import type { WindowSpec } from "../../declare/table/spec";
import type { Registration } from "../../observed/registration";
import type { Clocks } from "../../window/clocks";

/** Reason why nothing of a table may be retired now. */
export interface Stop {
  readonly reason: string;
  /** Short form, appended to what would leave otherwise. */
  readonly short: string;
  /** Reported even if nothing waits for it now. */
  readonly alarming: boolean;
}

interface StopFacts {
  readonly spec: Pick<WindowSpec, "paused" | "allowRetireBetween" | "allowRetireOn" | "key">;
  readonly observation: { readonly registration?: Pick<Registration, "paused"> | undefined };
  readonly clocks: Clocks;
  readonly unread?: string | undefined;
}

function unread({ unread: because }: StopFacts): Stop | undefined {
  if (because === undefined) return undefined;
  const short = `the facts that it needs cannot be read (${because})`;
  return { reason: `nothing is retired: ${short}`, short, alarming: true };
}

function paused({ spec, observation }: StopFacts): Stop | undefined {
  if (!spec.paused && !observation.registration?.paused) return undefined;
  const short = `retirement is paused (${spec.paused ? "paused: true in the program" : "pgpartition pause"})`;
  return { reason: `${short}; partitions are still created`, short, alarming: false };
}

function clock({ clocks }: StopFacts): Stop | undefined {
  if (clocks.trusted !== undefined) return undefined;
  const ahead = clocks.database.until(clocks.asOf).total("seconds");
  if (ahead <= MAX_CLOCK_SKEW_SECONDS) return undefined;
  const reason = `nothing is retired: the program's clock is at ${formatInstant(clocks.asOf)}, the database's ${formatInstant(clocks.database)}; correct the clock, or set pgpartition:asOf`;
  return { reason, short: "waits until the clocks agree", alarming: true };
}

/** Stops outside the allowed hours or days. */
function hours({ spec: { allowRetireBetween, allowRetireOn, key }, clocks }: StopFacts): Stop | undefined {
  const now = getDecidingNow(clocks);
  if (allowRetireBetween && !isInRetireHours(allowRetireBetween, now))
    return stopOutside(`from ${describeRetireHours(allowRetireBetween)} (allowRetireBetween)`);
  if (allowRetireOn && !isRetireDay(allowRetireOn, allowRetireBetween, now, key.zone))
    return stopOutside(`on ${allowRetireOn.join(", ")} (allowRetireOn)`);
  return undefined;
}

function stopOutside(when: string): Stop {
  const reason = `partitions are retired only ${when}; partitions are still created`;
  return { reason, short: `is retired only ${when}`, alarming: false };
}

/** In order: the first that applies is the reason. */
export const STOPS = { unread, paused, clock, hours };

/** Returns the first stop that applies. Undefined: partitions that nothing else keeps may leave. */
export function findStop(facts: StopFacts): Stop | undefined {
  for (const stop of Object.values(STOPS)) {
    const found = stop(facts);
    if (found) return found;
  }
  return undefined;
}
