import { createHash } from "node:crypto";
import { quote, quoteLiteral } from "../names/identifier";
import { compareInstants, type Instant, pickLater } from "../time/instant";
import type { OpenInterval } from "../time/interval";
import { formatEnd, type KeyText } from "../time/key";

/** The partition key as conditions spell it. */
export interface Key extends KeyText {
  readonly column: string;
}

/** A CHECK whose name is derived from its condition: equal names mean equal conditions. */
export interface NamedCheck {
  readonly name: string;
  readonly condition: string;
}

/**
 * Returns the CHECK by which a default partition excludes ranges. PostgreSQL rejects rows of attached ones anyway; with CHECKs for
 * all of them and for the range to come, an ATTACH need not read the default partition ("implied by existing constraints").
 * Undefined: no range.
 */
export function buildExcludingCheck(key: Key, ranges: readonly OpenInterval[]): NamedCheck | undefined {
  if (ranges.length === 0) return undefined;
  const condition = ranges.map((range) => `NOT (${buildKeyRangeCondition(key, range)})`).join(" AND ");
  return { name: `excludes_attached_${digest(condition)}`, condition };
}

/** Returns the CHECK that proves that a default partition holds only one range, before it becomes the partition of that range. */
export function buildHoldingCheck(key: Key, range: OpenInterval): NamedCheck {
  const condition = `${quote(key.column)} IS NOT NULL AND ${buildKeyRangeCondition(key, range)}`;
  return { name: `holds_range_${digest(condition)}`, condition };
}

/** True if a CHECK was added by this product, for this or an earlier state of the table. */
export function isOurs(check: { readonly name: string }): boolean {
  return /^(excludes_attached|holds_range)_[0-9a-f]{8}$/.test(check.name);
}

/** Returns a condition: `"ts" >= '2025-01-01 00:00:00+00' AND "ts" < '2025-02-01 00:00:00+00'` */
export function buildKeyRangeCondition(key: Key, range: OpenInterval): string {
  const column = quote(key.column);
  const parts = [
    ...(range.from ? [`${column} >= ${quoteLiteral(formatEnd(key, "from", range.from))}`] : []),
    ...(range.to ? [`${column} < ${quoteLiteral(formatEnd(key, "to", range.to))}`] : []),
  ];
  return parts.length > 0 ? parts.join(" AND ") : `${column} IS NOT NULL`;
}

/** Merges neighbouring ranges, oldest first: a window without gaps is one range, however many partitions it has. */
export function mergeRanges(ranges: readonly OpenInterval[]): OpenInterval[] {
  const merged: OpenInterval[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => compareStarts(a.from, b.from))) {
    const last = merged.at(-1);
    if (last && meets(last, from)) merged[merged.length - 1] = { from: last.from, to: pickFarther(last.to, to) };
    else merged.push({ from, to });
  }
  return merged;
}

function meets(range: OpenInterval, from: Instant | undefined): boolean {
  return range.to === undefined || from === undefined || compareInstants(from, range.to) <= 0;
}

function pickFarther(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a && b ? pickLater(a, b) : undefined;
}

function compareStarts(a: Instant | undefined, b: Instant | undefined): number {
  if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0);
  return compareInstants(a, b);
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 8);
}
