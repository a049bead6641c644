// Two sides measured in turn, so that other load of the machine affects both.
import type { Row } from "../report";

export interface Comparison {
  /** Medians. */
  readonly ours: number;
  readonly peer: number;
  /** Median of the rounds' own ratios: a slow minute affects both sides of a round. */
  readonly ratio: number;
  /** Ratio of each round. */
  readonly ratios: readonly number[];
}

export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  peer: () => Promise<number>,
): Promise<Comparison> {
  const pairs: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round += 1)
    pairs.push(round % 2 === 0 ? await inTurn(ours, peer) : swap(await inTurn(peer, ours)));
  const ratios = pairs.map(([our, their]) => our / their);
  return {
    ours: median(pairs.map(([our]) => our)),
    peer: median(pairs.map(([, their]) => their)),
    ratio: median(ratios),
    ratios,
  };
}

/** Gives both sides of a round the same preparation. */
export function roundsOf<T>(make: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  return () => {
    const result = current ?? make();
    current = current === undefined ? result : undefined;
    return result;
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Returns milliseconds of the wall clock. */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return performance.now() - start;
}

/** Returns a comparison as a line of the table; without a limit it is informative only. */
export function ratioRow(what: string, comparison: Comparison, most?: number): Row {
  const { ours, peer, ratio, ratios } = comparison;
  return {
    what,
    ours: { value: ours, unit: "ms" },
    peer: { value: peer, unit: "ms" },
    ratio,
    ...(most === undefined ? {} : { limit: { of: "ratio", most } }),
    note: `ratios of the rounds ${ratios.map((each) => each.toFixed(2)).join(", ")}`,
  };
}

async function inTurn(first: () => Promise<number>, second: () => Promise<number>): Promise<readonly [number, number]> {
  return [await first(), await second()];
}

function swap([first, second]: readonly [number, number]): readonly [number, number] {
  return [second, first];
}
