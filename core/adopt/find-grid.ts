import { DEFAULT_PARTITION_NAMES, formatPartitionName } from "../names/template";
import type { SegmentArgs } from "../declare/levels/time-level";
import { listIntervalsBetween } from "../time/grid";
import { compareInstants, formatInstant, type Instant, parseInstant } from "../time/instant";
import { type Interval, toIntervalKey } from "../time/interval";
import { findPeriodEnd, findPeriod, type Period, findPeriodStart } from "../time/period";
import { findTemplate, type NamedInterval } from "./partition-names";
import { isOneLength, formatLength, findNearestShorter } from "./steps";

/** The grid of a table, as its time level would be declared. */
export interface FoundGrid {
  /** Length of the latest partitions of regular size, with which the window continues. */
  readonly period: Period;
  /** A single segment of regular size is declared by `every`. */
  readonly segments: readonly SegmentArgs[];
  readonly notes: readonly string[];
}

interface Stretch {
  readonly every: Period | "whole";
  readonly parts: readonly NamedInterval[];
}

/**
 * Reads the grid from partitions in order of time. Odd ones become segments of their own; missing ones remain in the grid.
 *
 * @param noHours the key is a date: its partitions are days at least
 */
export function findGrid(
  partitions: readonly NamedInterval[],
  table: string,
  zone: string,
  noHours = false,
): FoundGrid {
  const stretches = joinNeighbours(partitions.map((part) => ({ every: findPeriod(part, zone), parts: [part] })));
  const notes: string[] = [];
  const period = predictPeriod(stretches, { zone, noHours, notes });
  const names = { table, zone, notes, taken: new Map(partitions.map((part) => [part.name, toIntervalKey(part)])) };
  const segments = tileStretches(stretches, period).flatMap((one, _, tiles) => declareSegments(one, tiles, names));
  return { period, segments, notes };
}

/** Joins neighbours of one length into one stretch, even if a partition between them is missing. */
function joinNeighbours(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const one of stretches) {
    const last = result.at(-1);
    if (last && last.every === one.every && one.every !== "whole")
      result[result.length - 1] = { every: one.every, parts: [...last.parts, ...one.parts] };
    else result.push(one);
  }
  return result;
}

/**
 * Returns the interval with which the table continues: that of its latest partitions. If these share an odd length that no
 * interval has, it is the nearest one that is not longer. A single odd partition, a history or a remainder, does not predict
 * later ones.
 */
function predictPeriod(
  stretches: readonly Stretch[],
  { zone, noHours, notes }: { readonly zone: string; readonly noHours: boolean; readonly notes: string[] },
): Period {
  const isOdd = (stretch: Stretch) => stretch.every === "whole";
  const regular = stretches.map((one) => one.every).findLast((every): every is Period => every !== "whole");
  const odd = roundEnds(stretches.slice(stretches.findLastIndex((one) => !isOdd(one)) + 1).flatMap((one) => one.parts));
  const last = odd.at(-1);
  if (!last) return regular ?? "month";
  let run = odd.length;
  while (run > 1 && !isOneLength(odd.slice(-run), zone)) run -= 1;
  if (run < 2 && regular) return regular;
  const alike = odd.slice(-run);
  const [whole] = new Set(alike.map((part) => findPeriod(part, zone)));
  if (run > 1 && whole !== undefined && whole !== "whole" && alike.every((part) => findPeriod(part, zone) === whole)) {
    notes.push(
      `partitions end before the next begins, and the gaps belong to none: the grid continues by whole ${SPAN_WORDS[whole]}`,
    );
    return whole;
  }
  const nearest = findNearestShorter(alike, zone, noHours);
  const period = run < 2 && MONTH_OR_LONGER.has(nearest) ? "month" : nearest;
  const end = last.to;
  const isPeriodStart = compareInstants(findPeriodStart(end, period, zone), end) === 0;
  notes.push(
    `no interval here is ${formatLength(last, zone)} from ${formatInstant(last.from)}: existing partitions keep their bounds, and after ${formatInstant(end)} each new one is ${ARTICLES[period]}, the nearest that is not longer${
      isPeriodStart ? "" : `; the first of them ends at ${formatInstant(findPeriodEnd(end, period, zone))}`
    }`,
  );
  return period;
}

const MONTH_OR_LONGER: ReadonlySet<Period> = new Set(["month", "quarter", "year"]);

export const SPAN_WORDS: Readonly<Record<Period, string>> = {
  hour: "hours",
  day: "days",
  week: "weeks",
  month: "months",
  quarter: "quarters",
  year: "years",
};

const ARTICLES: Readonly<Record<Period, string>> = {
  hour: "an hour",
  day: "a day",
  week: "an ISO week",
  month: "a month",
  quarter: "a quarter",
  year: "a year",
};

/** Rounds ends in the last second of an interval, or less, up to the start of the next. */
function roundEnds(parts: readonly NamedInterval[]): readonly Interval[] {
  const [first, second] = parts;
  if (!first || !second) return parts;
  const gap = second.from.epochNanoseconds - first.to.epochNanoseconds;
  if (gap <= 0n || gap > 1_000_000_000n) return parts;
  return parts.map((part) => ({ from: part.from, to: part.to.add({ nanoseconds: Number(gap) }) }));
}

interface Tile extends Stretch {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** Makes segments contiguous: in gaps next to odd ones, and after the last, the usual length applies. */
function tileStretches(stretches: readonly Stretch[], period: Period): Tile[] {
  const tiles: Tile[] = [];
  let end: Instant | undefined;
  for (const [index, { every, parts }] of stretches.entries()) {
    const [first] = parts;
    if (!first) continue;
    if (every === "whole") {
      if (end && compareInstants(end, first.from) < 0)
        tiles.push({ every: period, parts: [], from: end, to: first.from });
      tiles.push({ every, parts, from: first.from, to: first.to });
      end = first.to;
    } else {
      const to = stretches[index + 1]?.parts[0]?.from;
      tiles.push({ every, parts, from: end, to });
      end = to;
    }
  }
  if (end !== undefined || tiles.length === 0) tiles.push({ every: period, parts: [], from: end, to: undefined });
  return tiles;
}

interface NamesContext {
  readonly table: string;
  readonly zone: string;
  readonly notes: string[];
  /** Intervals by name: those of existing partitions, and those that earlier segments give. */
  readonly taken: Map<string, string>;
}

function declareSegments(one: Tile, tiles: readonly Tile[], context: NamesContext): SegmentArgs[] {
  if (one.every === "whole") return [declareWholeSegment(one, one.parts[0]?.name ?? "")];
  const { every } = one;
  const template = chooseTemplate(one, every, tiles, context);
  const fitting = [template, ...listMoreTemplates(every)].find((name) => isFree(name, one, every, context));
  if (fitting !== undefined) {
    claim(fitting, one, every, context);
    return [{ ...(one.from ? { from: formatInstant(one.from) } : {}), every, name: fitting }];
  }
  // Pieces that begin within one hour get names with seconds.
  return one.to
    ? listIntervals(one, every, context).map((piece) => declareWholeSegment(piece, namePiece(piece, context.zone)))
    : [{ ...(one.from ? { from: formatInstant(one.from) } : {}), every, name: template }];
}

function declareWholeSegment(
  one: { readonly from: Instant | undefined; readonly to: Instant | undefined },
  name: string,
): SegmentArgs {
  return {
    ...(one.from ? { from: formatInstant(one.from) } : {}),
    ...(one.to ? { to: formatInstant(one.to) } : {}),
    every: "whole",
    name,
  };
}

function chooseTemplate(one: Tile, every: Period, tiles: readonly Tile[], context: NamesContext): string {
  const { table, zone, notes } = context;
  const alike = one.parts.length > 0 ? one.parts : (tiles.find((other) => other.every === every)?.parts ?? []);
  const found = findTemplate(alike, table, every, zone);
  if (one.parts.length > 0 && !found)
    notes.push(
      `no template gives the names of the ${every} partitions (${alike[0]?.name ?? ""}, …): they keep them, new ones are named as below`,
    );
  if (one.parts.length > 0 && found && found.others.length > 0)
    notes.push(`named otherwise than the template; they keep these names: ${found.others.join(", ")}`);
  return found?.template ?? DEFAULT_PARTITION_NAMES[every];
}

/** Returns name templates for pieces of a period that begin at the end of an odd partition. */
function listMoreTemplates(every: Period): string[] {
  return [
    `{table}_${every}${DEFAULT_PARTITION_NAMES[every].slice("{table}".length)}`,
    `{table}_${every}_p{yyyy}_{mm}_{dd}`,
    `{table}_${every}_p{yyyy}_{mm}_{dd}_{hh}`,
  ];
}

function namePiece({ from }: Interval, zone: string): string {
  const clock = from.toZonedDateTimeISO(zone).toPlainDateTime().toString({ smallestUnit: "microsecond" });
  return `{table}_from_${clock.replace(/\.0+$/, "").replaceAll(/[^0-9]/g, "")}`;
}

/** True if every interval of a segment gets a unique name. */
function isFree(template: string, one: Tile, every: Period, context: NamesContext): boolean {
  if (every !== "hour" && template.includes("{hh}") && one.to === undefined) return false;
  const names = new Map<string, string>();
  return listIntervals(one, every, context).every((piece) => {
    const key = toIntervalKey(piece);
    const name = formatPartitionName(template, context.table, piece, context.zone);
    const other = names.get(name) ?? context.taken.get(name) ?? key;
    names.set(name, key);
    return other === key;
  });
}

function claim(template: string, one: Tile, every: Period, context: NamesContext): void {
  for (const piece of listIntervals(one, every, context)) {
    const name = formatPartitionName(template, context.table, piece, context.zone);
    if (!context.taken.has(name)) context.taken.set(name, toIntervalKey(piece));
  }
}

/** Lists the partitions of a segment, including those in its gaps; for an unbounded one also the next ones. */
function listIntervals(one: Tile, every: Period, { zone }: NamesContext): Interval[] {
  const from = one.from ?? one.parts[0]?.from;
  if (!from) return [];
  const end = one.to ?? one.parts.at(-1)?.to ?? from;
  const first = listPieces(one, every, { from, to: end }, MOST, zone);
  return one.to ? first : [...first, ...listPieces(one, every, { from: end, to: FAR }, NEXT, zone)];
}

function listPieces(one: Tile, every: Period, { from, to }: Interval, most: number, zone: string): Interval[] {
  const found: Interval[] = [];
  for (const piece of listIntervalsBetween([{ ...one, every, name: "" }], from, to, zone)) {
    if (found.length >= most) break;
    found.push({ from: piece.from, to: piece.to });
  }
  return found;
}

/** Numbers of compared names: of one segment, a year of hours, and of later partitions. */
const MOST = 9_000;
const NEXT = 48;
const FAR = parseInstant("9999-01-01", "UTC");
