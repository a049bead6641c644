import { type Judged, VERDICTS } from "./judge";
import type { Sides } from "./sides";

/** What `pgpartition bench` says about one table: plain data, which is also its JSON. */
export interface BenchReport {
  readonly sides: Sides;
  /** Rounds that were measured, without the first one. */
  readonly rounds: number;
  /** Worst first; within a verdict those with the largest difference. */
  readonly statements: readonly Judged[];
  /** Number of statements by verdict, without those that have none. */
  readonly counts: Readonly<Record<string, number>>;
  /** Statement with the largest gain, and with the largest loss. Undefined: none gains, or none loses. */
  readonly best: Extreme | undefined;
  readonly worst: Extreme | undefined;
  /** Time of all statements that were measured with equal results. Undefined: none was. */
  readonly total: Total | undefined;
}

interface Extreme {
  readonly name: string;
  /** Time after, divided by time before. */
  readonly ratio: number;
}

interface Total {
  /** `calls`: each statement as often as pg_stat_statements has counted it. `once`: each of them once. */
  readonly weight: "calls" | "once";
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Puts the judgements of all statements together. */
export function buildReport(sides: Sides, rounds: number, judged: readonly Judged[]): BenchReport {
  const order = (one: Judged): number => VERDICTS.indexOf(one.verdict);
  const statements = [...judged].sort((a, b) => order(a) - order(b) || rankWithin(b) - rankWithin(a));
  const compared = statements.flatMap(({ statement, verdict, ratio }) =>
    ratio === undefined || verdict === "results differ" ? [] : [{ name: statement.name, verdict, ratio }],
  );
  const byRatio = compared.sort((a, b) => a.ratio - b.ratio);
  const toExtreme = (one: (typeof compared)[number] | undefined, verdict: string): Extreme | undefined =>
    one?.verdict === verdict ? { name: one.name, ratio: one.ratio } : undefined;
  return {
    sides,
    rounds,
    statements,
    counts: Object.fromEntries(
      VERDICTS.map((verdict) => [verdict, judged.filter((one) => one.verdict === verdict).length] as const).filter(
        ([, number]) => number > 0,
      ),
    ),
    best: toExtreme(
      byRatio.find(({ verdict }) => verdict === "faster"),
      "faster",
    ),
    worst: toExtreme(
      byRatio.findLast(({ verdict }) => verdict === "slower"),
      "slower",
    ),
    total: addTimes(statements),
  };
}

/** How far from 1 a ratio is. */
function rankWithin({ ratio }: Judged): number {
  return ratio === undefined || ratio <= 0 ? 0 : Math.abs(Math.log(ratio));
}

function addTimes(statements: readonly Judged[]): Total | undefined {
  const runs = statements.flatMap(({ statement, outcome, verdict }) =>
    outcome.kind === "measured" && verdict !== "results differ" ? [{ statement, outcome }] : [],
  );
  if (runs.length === 0) return undefined;
  const weight = runs.every(({ statement }) => statement.calls !== undefined) ? "calls" : "once";
  const add = (pick: (run: (typeof runs)[number]) => number): number =>
    runs.reduce((whole, run) => whole + pick(run) * (weight === "calls" ? (run.statement.calls ?? 1) : 1), 0);
  return {
    weight,
    beforeMs: add(({ outcome }) => outcome.before.totalMs),
    afterMs: add(({ outcome }) => outcome.after.totalMs),
  };
}

/**
 * Lists the statements that fail on the other side alone, or take more than `limit` times as long there.
 *
 * @param limit time after, divided by time before; 1.5: half as long again
 */
export function findRegressions({ statements }: Pick<BenchReport, "statements">, limit: number): Judged[] {
  return statements.filter(
    ({ outcome, verdict, ratio }) =>
      (outcome.kind === "failed" && outcome.on === "after") ||
      (verdict === "slower" && ratio !== undefined && ratio > limit),
  );
}
