import { compareInstants, formatInstant, type Instant, parseInstant, pickEarlier, pickLater } from "./instant";

/** Half-open: includes `from`, excludes `to`. */
export interface Interval {
  readonly from: Instant;
  readonly to: Instant;
}

/** An interval whose ends may be open: PostgreSQL's MINVALUE and MAXVALUE are undefined here. */
export interface OpenInterval {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

export function isSameInterval(a: OpenInterval, b: OpenInterval): boolean {
  return isSameEnd(a.from, b.from) && isSameEnd(a.to, b.to);
}

export function overlaps(a: OpenInterval, b: OpenInterval): boolean {
  const aStartsBeforeB = !a.from || !b.to || compareInstants(a.from, b.to) < 0;
  const bStartsBeforeA = !b.from || !a.to || compareInstants(b.from, a.to) < 0;
  return aStartsBeforeB && bStartsBeforeA;
}

/** Returns a key for maps, equal for equal intervals: thousands of intervals are matched with thousands of others. */
export function toIntervalKey(interval: OpenInterval): string {
  return `${interval.from?.epochNanoseconds ?? ".."}/${interval.to?.epochNanoseconds ?? ".."}`;
}

/** True if `inner` is entirely within `outer`. */
export function covers(outer: OpenInterval, inner: OpenInterval): boolean {
  const begins = !outer.from || (inner.from !== undefined && compareInstants(outer.from, inner.from) <= 0);
  const ends = !outer.to || (inner.to !== undefined && compareInstants(inner.to, outer.to) <= 0);
  return begins && ends;
}

/** Formats an ISO 8601 interval, as preview prints and `confirmDrops` takes it: `2025-01-01T00:00:00Z/2025-02-01T00:00:00Z`. */
export function formatInterval(interval: OpenInterval): string {
  return `${interval.from ? formatInstant(interval.from) : ".."}/${interval.to ? formatInstant(interval.to) : ".."}`;
}

/**
 * Reads what {@link formatInterval} writes; ends without an offset are read in UTC. Throws RangeError if it is not an interval.
 */
export function parseInterval(text: string): OpenInterval {
  const [from, to, ...rest] = text.split("/");
  if (from === undefined || to === undefined || rest.length > 0) throw new RangeError(`"${text}" is not "from/to"`);
  return { from: parseEnd(from), to: parseEnd(to) };
}

function parseEnd(text: string): Instant | undefined {
  return text === ".." ? undefined : parseInstant(text, "UTC");
}

/** Returns the interval from the earliest beginning to the latest end. Undefined: there is none. */
export function spanOf(intervals: readonly OpenInterval[]): OpenInterval | undefined {
  const pick = (one: Instant | undefined, other: Instant | undefined, choose: (a: Instant, b: Instant) => Instant) =>
    one && other && choose(one, other);
  return intervals.reduce<OpenInterval | undefined>(
    (span, { from, to }) =>
      span ? { from: pick(span.from, from, pickEarlier), to: pick(span.to, to, pickLater) } : { from, to },
    undefined,
  );
}

function isSameEnd(a: Instant | undefined, b: Instant | undefined): boolean {
  if (!a || !b) return a === b;
  return compareInstants(a, b) === 0;
}
