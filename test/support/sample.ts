// Which of many alike cases a usual run tries: PGPARTITION_TEST_SCOPE=all (`npm run test:all`) tries every one on every server.
import { it } from "vitest";
import type { Version } from "../../tools/postgres/binaries";
import { anyVersion } from "./database";
import { requestedScope } from "./servers";

/** Every n-th, the first and the last. */
export function sample<T>(cases: readonly T[], every: number): readonly T[] {
  return cases.filter((_, index) => index % every === 0 || index === cases.length - 1);
}

/**
 * Cases of one table whose answer no version changes: the newest server has them all, an older one the first, every third and the
 * last, and those in which it has a way of its own.
 */
export function casesOn<T>(
  version: Version,
  cases: readonly T[],
  isOwn: (one: T) => boolean = () => false,
): readonly T[] {
  if (anyVersion().includes(version)) return cases;
  const chosen = new Set(sample(cases, 3));
  return cases.filter((one) => chosen.has(one) || isOwn(one));
}

/** Cases that differ in values alone, each a run of its own: the newest server has them all, an older one the first. */
export function firstOn<T>(version: Version, cases: readonly T[]): readonly T[] {
  return anyVersion().includes(version) ? cases : cases.slice(0, 1);
}

/** Of more than three alike things in a row, the first, one of the middle and the last. */
export function endsAndMiddle<T>(alike: readonly T[]): readonly T[] {
  if (alike.length <= 3 || requestedScope() === "all") return alike;
  const middle = alike.length >> 1;
  return alike.filter((_, index) => index === 0 || index === middle || index === alike.length - 1);
}

/** `it` of the tests in a block of several versions that every version answers alike: an older server of a usual run has none of them. */
export function itAlike(version: Version): typeof it {
  return anyVersion().includes(version) ? it : noTest;
}

const noTest = Object.assign(() => undefined, { each: () => () => undefined }) as unknown as typeof it;
