import type { BenchStatement } from "./split-statements";
import { explain, explainFailure, explainPlans, type Reason } from "./explain";
import type { PlanFacts } from "./read-plan";
import type { SideRun } from "./side-run";
import type { SideName, Sides } from "./sides";

/** What became of a statement. */
export type Outcome =
  | { readonly kind: "measured"; readonly before: SideRun; readonly after: SideRun }
  /** Planned without a run; `why` says what kept it from one. */
  | { readonly kind: "planned"; readonly before: PlanFacts; readonly after: PlanFacts; readonly why: string }
  /** It fails on one side, and runs on the other. */
  | { readonly kind: "failed"; readonly on: SideName; readonly message: string }
  | { readonly kind: "left out"; readonly why: string };

/** A judgement, worst first. */
export const VERDICTS = ["fails", "results differ", "slower", "alike", "faster", "planned", "left out"] as const;

type Verdict = (typeof VERDICTS)[number];

/** A statement with what a reader is told about it. */
export interface Judged {
  readonly statement: BenchStatement;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** Time after, divided by time before: above 1 it is slower. Undefined: not measured on both sides. */
  readonly ratio: number | undefined;
  /** What the plans show about the difference, each with the way on where there is one. */
  readonly reasons: readonly Reason[];
}

/** Medians of equal work differ by some percent from run to run, and short ones by a part of a millisecond. */
const SAME_RATIO = 1.2;
const SAME_MS = 0.1;

export function judge(statement: BenchStatement, outcome: Outcome, sides: Pick<Sides, "before" | "after">): Judged {
  const judged = { statement, outcome };
  switch (outcome.kind) {
    case "measured": {
      const { before, after } = outcome;
      const verdict = compare(before, after);
      const ratio = after.totalMs / Math.max(before.totalMs, Number.MIN_VALUE);
      return { ...judged, verdict, ratio, reasons: explain(outcome, verdict, sides) };
    }
    case "planned":
      return {
        ...judged,
        verdict: "planned",
        ratio: undefined,
        reasons: [{ text: `planned only: ${outcome.why}` }, ...explainPlans(outcome, sides)],
      };
    case "failed":
      return { ...judged, verdict: "fails", ratio: undefined, reasons: [explainFailure(outcome)] };
    case "left out":
      return { ...judged, verdict: "left out", ratio: undefined, reasons: [{ text: outcome.why }] };
  }
}

function compare(before: SideRun, after: SideRun): Verdict {
  if (before.plan.rows !== after.plan.rows) return "results differ";
  const [less, more] = [before.totalMs, after.totalMs].sort((a, b) => a - b) as [number, number];
  if (more - less < SAME_MS || more < less * SAME_RATIO) return "alike";
  return after.totalMs > before.totalMs ? "slower" : "faster";
}
