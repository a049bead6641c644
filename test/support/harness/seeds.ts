// Rounds at random that can be run again.

/** A round is the same again with PGPARTITION_TEST_KILLS_FROM, the seed in its name, but for what clients do meanwhile. */
const FIRST = Number(process.env["PGPARTITION_TEST_KILLS_FROM"] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env["PGPARTITION_TEST_KILLS"] ?? 6);

/** The seeds of this run: 6, or as many as PGPARTITION_TEST_KILLS says; of rounds that cost more, one in `each`. */
export function seeds(each = 1): number[] {
  return Array.from({ length: Math.ceil(ROUNDS / each) }, (_, round) => FIRST + round);
}

/** Whole numbers from 1 to `most`, by a generator that a seed starts (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
export function roller(seed: number): (most: number) => number {
  let state = seed;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  for (let n = 0; n < 8; n += 1) next();
  return (most) => 1 + Math.floor((next() / 2 ** 32) * most);
}
