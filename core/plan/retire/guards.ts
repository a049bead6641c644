import {
  type Candidate,
  judgeEach,
  type Guard,
  type GuardFacts,
  type Judged,
  type Keep,
  type Kept,
  type KeptBy,
} from "./guard";
import * as partition from "./partition-guards";
import { planDrop, type Retirement } from "./retiring";
import { STOPS } from "./stops";
import { bytes, cut, intervals, keepWhileStopped } from "./update-guards";

interface GuardEntry {
  readonly guard: Guard;
  /** Keeps this partition, postpones what is too much for one update, or stops everything. */
  readonly keeps: "partition" | "update" | "everything";
  /** The day of its drop meanwhile: fixed, unknown, or counted from a detach and so unknown before that. */
  readonly day: "fixed" | "unknown" | "from detach";
  /** Kept until an operator acts, so each update warns. */
  readonly warns?: true;
}

/**
 * Every guard of retirement, in order: the first that keeps a step gives its reason, which has to be resolved first. So a held
 * partition is reported as held, whether retirement is paused or not.
 */
export const GUARDS: Readonly<Record<KeptBy, GuardEntry>> = {
  // The partition itself:
  wayBack: { guard: judgeEach(partition.wayBack), keeps: "partition", day: "unknown" },
  split: { guard: judgeEach(partition.split), keeps: "partition", day: "unknown" },
  hold: { guard: judgeEach(partition.hold), keeps: "partition", day: "unknown" },
  restored: { guard: judgeEach(partition.restored), keeps: "partition", day: "unknown" },
  foreign: { guard: judgeEach(partition.foreign), keeps: "partition", day: "unknown", warns: true },
  adopted: { guard: judgeEach(partition.adopted), keeps: "partition", day: "unknown" },
  odd: { guard: judgeEach(partition.odd), keeps: "partition", day: "unknown" },
  unrecorded: { guard: judgeEach(partition.unrecorded), keeps: "partition", day: "unknown" },
  archive: { guard: judgeEach(partition.archive), keeps: "partition", day: "unknown" },
  grace: { guard: judgeEach(partition.grace), keeps: "partition", day: "fixed" },
  backup: { guard: judgeEach(partition.backup), keeps: "partition", day: "unknown" },
  referred: { guard: judgeEach(partition.referred), keeps: "partition", day: "unknown", warns: true },
  dependents: { guard: judgeEach(partition.dependents), keeps: "partition", day: "unknown", warns: true },
  // Limits of one update:
  cut: { guard: cut, keeps: "update", day: "unknown" },
  intervals: { guard: intervals, keeps: "update", day: "fixed" },
  bytes: { guard: bytes, keeps: "update", day: "fixed" },
  // Stops of all retirement:
  unread: { guard: keepWhileStopped(STOPS.unread), keeps: "everything", day: "from detach" },
  paused: { guard: keepWhileStopped(STOPS.paused), keeps: "everything", day: "from detach" },
  clock: { guard: keepWhileStopped(STOPS.clock), keeps: "everything", day: "from detach" },
  hours: { guard: keepWhileStopped(STOPS.hours), keeps: "everything", day: "from detach" },
};

/** Asks every guard in order. Steps that follow a kept step are not judged, because an update does not reach them. */
export function judge(candidates: readonly Candidate[], facts: GuardFacts): Judged[] {
  const keeps = new Map<Candidate, Keep>();
  const findHead = (one: Candidate) => (one.kind === "following" ? keeps.get(one.first) : undefined);
  const listJudged = () => candidates.map((candidate) => ({ candidate, keep: keeps.get(candidate) }));
  for (const by of Object.keys(GUARDS) as KeptBy[]) {
    const ask = GUARDS[by].guard(facts, listJudged());
    for (const candidate of candidates.filter((one) => !keeps.has(one) && !findHead(one))) {
      const reason = ask(candidate);
      if (reason) keeps.set(candidate, { by, ...reason });
    }
  }
  return listJudged().filter(({ candidate, keep }) => {
    const head = findHead(candidate);
    return !head || (keep && GUARDS[head.by].keeps !== "partition");
  });
}

/** Returns a step as it is shown while something keeps it. */
export function toKeptStep({ candidate, keep: { behind, reason } }: Kept): Retirement {
  const { step } = candidate;
  // Without its archive, only the missing drop of the table can be reported.
  if (candidate.kind === "detached" && !behind) return planDrop(candidate.table, reason);
  return { ...step, reason: behind ? `${step.reason}; ${reason}` : reason };
}

/** True if the day of the drop is shown for a step, kept or not. */
export function showsDay({ verb }: Retirement, keep: Keep | undefined): boolean {
  const day = keep ? GUARDS[keep.by].day : "fixed";
  return day === "fixed" || (day === "from detach" && verb !== "detach");
}
