import type { PlanFacts } from "./read-plan";

/** A statement on one side, over all of its rounds. */
export interface SideRun {
  /** Median of planning and execution together, and of each, in milliseconds, without the first round. */
  readonly totalMs: number;
  readonly planningMs: number;
  readonly executionMs: number;
  /** Planning and execution in the first round, in which less is cached. */
  readonly firstMs: number;
  /** Share of the blocks that were in the server's cache, 0 to 1, without the first round. Undefined: none was read. */
  readonly hits: number | undefined;
  /** Of the last round. */
  readonly plan: PlanFacts;
}

/** Puts rounds together; the first one is told apart. */
export function toSideRun(rounds: readonly PlanFacts[]): SideRun {
  const [first, ...others] = rounds;
  const last = rounds.at(-1);
  if (!first || !last) throw new RangeError("a statement that was measured has a round");
  const warm = others.length > 0 ? others : [first];
  const total = (plan: PlanFacts) => plan.planningMs + (plan.executionMs ?? 0);
  const hit = sum(warm.map((plan) => plan.hitBlocks ?? 0));
  const all = hit + sum(warm.map((plan) => plan.readBlocks ?? 0));
  return {
    totalMs: median(warm.map(total)),
    planningMs: median(warm.map((plan) => plan.planningMs)),
    executionMs: median(warm.map((plan) => plan.executionMs ?? 0)),
    firstMs: total(first),
    hits: all === 0 ? undefined : hit / all,
    plan: last,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((whole, value) => whole + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
