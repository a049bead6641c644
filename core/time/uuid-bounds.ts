import { Temporal } from "temporal-polyfill";
import { compareInstants, formatInstant, type Instant } from "./instant";
import type { OpenInterval } from "./interval";

/**
 * Form in which the bounds of a set of partitions encode a time as a UUID. All of them sort by the first 48 bits (RFC 9562: the
 * Unix time in milliseconds); tools differ in the 80 bits after them: zeros, or zeros with the bits of version and variant.
 */
export interface UuidForms {
  /** Text after the time in a new bound: `0000-0000-000000000000`, `7000-8000-000000000000`. */
  readonly usual: string;
  /** Bounds of another form, by their instants: a neighbour begins or ends with the same text, so that no gap is between them. */
  readonly begins: Readonly<Record<string, string>>;
  readonly ends: Readonly<Record<string, string>>;
}

/** The lowest UUID of a millisecond, with or without the bits of version 7 and of the variant. */
const LOWEST = /^([0-9a-f]{8})-([0-9a-f]{4})-([07]000-[08]000-0{12})$/;

/** The highest UUID of a millisecond, at which some tools end a partition. */
const HIGHEST = /^([0-9a-f]{8})-([0-9a-f]{4})-(?:7fff|ffff)-(?:bfff|ffff)-f{12}$/;

/** The smallest of all: no UUID of the millisecond sorts before it. */
export const PLAIN_TAIL = "0000-0000-000000000000";

/** Forms of a table without partitions. */
export const PLAIN_FORMS: UuidForms = { usual: PLAIN_TAIL, begins: {}, ends: {} };

export function formatUuid(instant: Instant, tail: string): string {
  const hex = instant.epochMilliseconds.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${tail}`;
}

/**
 * Returns the instant at which a range with this bound begins or ends. Throws RangeError if a UUID is not the bound of a
 * millisecond.
 */
export function parseUuidBound(text: string): Instant {
  const plain = text.trim().toLowerCase();
  const lowest = LOWEST.exec(plain);
  const match = lowest ?? HIGHEST.exec(plain);
  if (!match) throw new RangeError(`"${text}" is not the first or the last UUID of a millisecond`);
  const milliseconds = Number.parseInt(`${match[1] ?? ""}${match[2] ?? ""}`, 16);
  return Temporal.Instant.fromEpochMilliseconds(lowest ? milliseconds : milliseconds + 1);
}

/**
 * Returns one end of a range as text. `from`: in the form of a partition that begins there, else of one that ends there; `to`:
 * the reverse.
 */
export function formatUuidBound(forms: UuidForms, end: "from" | "to", at: Instant): string {
  const key = formatInstant(at);
  const known = end === "from" ? (forms.begins[key] ?? forms.ends[key]) : (forms.ends[key] ?? forms.begins[key]);
  return known ?? formatUuid(at, forms.usual);
}

interface BoundedPart {
  readonly boundsText: string;
  readonly bounds: OpenInterval | undefined;
}

/** Returns the forms of existing partitions; the latest bound gives the usual one. */
export function collectUuidForms(parts: readonly BoundedPart[]): UuidForms {
  const begins: [Instant, string][] = [];
  const ends: [Instant, string][] = [];
  for (const { boundsText, bounds } of parts) {
    const [from, to] = parseTexts(boundsText);
    if (bounds?.from && from !== undefined) begins.push([bounds.from, from]);
    if (bounds?.to && to !== undefined) ends.push([bounds.to, to]);
  }
  const [latest] = [...begins, ...ends]
    .filter(([, text]) => LOWEST.test(text))
    .sort((a, b) => compareInstants(b[0], a[0]));
  const usual = (latest && LOWEST.exec(latest[1])?.[3]) ?? PLAIN_TAIL;
  const listOthers = (list: readonly [Instant, string][]) =>
    Object.fromEntries(
      list.filter(([at, text]) => text !== formatUuid(at, usual)).map(([at, text]) => [formatInstant(at), text]),
    );
  return { usual, begins: listOthers(begins), ends: listOthers(ends) };
}

/** True if every bound has the same form. */
export function isUniform(forms: UuidForms): boolean {
  return Object.keys(forms.begins).length === 0 && Object.keys(forms.ends).length === 0;
}

/** Returns the two UUIDs of `FOR VALUES FROM ('…') TO ('…')`; undefined for an open end. */
function parseTexts(boundsText: string): readonly [string | undefined, string | undefined] {
  const [, from = "", to = ""] = /^FOR VALUES FROM \(([^)]*)\) TO \(([^)]*)\)$/.exec(boundsText) ?? [];
  const parseText = (bound: string) => /^'([0-9a-f-]{36})'$/.exec(bound)?.[1];
  return [parseText(from), parseText(to)];
}
