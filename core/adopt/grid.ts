import { DEFAULT_PARTITION_NAMES } from "../names/template";
import type { SegmentArgs } from "../spec/level-args";
import { compareInstants, formatInstant, type Instant } from "../time/instant";
import { endOfPeriod, hoursAreRegular, type Period, PERIODS, startOfPeriod } from "../time/period";
import { findTemplate, type NamedInterval } from "./partition-names";

/** How a table is cut, as its time level would be declared. */
export interface FoundGrid {
  /** The length of the latest partitions of regular size, by which the window goes on. */
  readonly period: Period;
  /** One of regular size only: `every` says it. */
  readonly segments: readonly SegmentArgs[];
  readonly notes: readonly string[];
}

interface Stretch {
  readonly every: Period | "whole";
  readonly parts: readonly NamedInterval[];
}

/** The length of an interval by the calendar of a zone; `whole` fits none. */
export function lengthOf(interval: { readonly from: Instant; readonly to: Instant }, zone: string): Period | "whole" {
  const fits = (period: Period): boolean =>
    (period !== "hour" || hoursAreRegular(zone)) &&
    compareInstants(startOfPeriod(interval.from, period, zone), interval.from) === 0 &&
    compareInstants(endOfPeriod(interval.from, period, zone), interval.to) === 0;
  return PERIODS.find(fits) ?? "whole";
}

/** Reads the grid from partitions in order of time. Odd ones become segments of their own; what is missing stays in the grid. */
export function findGrid(partitions: readonly NamedInterval[], table: string, zone: string): FoundGrid {
  const stretches = joined(partitions.map((part) => ({ every: lengthOf(part, zone), parts: [part] })));
  const period = stretches.map((one) => one.every).findLast((every): every is Period => every !== "whole") ?? "month";
  const tiled = tile(stretches, period);
  const notes: string[] = [];
  const segments = tiled.map((one, index) => segmentOf(one, tiled, index, { table, zone, notes }));
  return { period, segments, notes };
}

/** Neighbours of one length are one stretch, whether a partition between them is missing or not. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const one of stretches) {
    const last = result.at(-1);
    if (last && last.every === one.every && one.every !== "whole")
      result[result.length - 1] = { every: one.every, parts: [...last.parts, ...one.parts] };
    else result.push(one);
  }
  return result;
}

interface Tile extends Stretch {
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** Segments have to meet: in gaps beside odd ones, and after the last, the usual length goes on. */
function tile(stretches: readonly Stretch[], period: Period): Tile[] {
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
}

function segmentOf(one: Tile, tiles: readonly Tile[], index: number, context: NamesContext): SegmentArgs {
  const { table, zone, notes } = context;
  const ends = {
    ...(one.from ? { from: formatInstant(one.from) } : {}),
    ...(one.every === "whole" && one.to ? { to: formatInstant(one.to) } : {}),
  };
  if (one.every === "whole") return { ...ends, every: "whole", name: one.parts[0]?.name ?? "" };
  const { every } = one;
  const alike = one.parts.length > 0 ? one.parts : (tiles.find((other) => other.every === every)?.parts ?? []);
  const found = findTemplate(alike, table, every, zone);
  if (!found && alike.length > 0)
    notes.push(
      `no template gives the names of the ${every} partitions (${alike[0]?.name ?? ""}, …): they keep them, new ones are named as below`,
    );
  if (found && found.others.length > 0)
    notes.push(`named otherwise than the template, and kept so: ${found.others.join(", ")}`);
  const clash = !found && tiles.some((other, position) => position < index && other.every === every);
  return {
    ...ends,
    every,
    name: clash
      ? `{table}_${every}${DEFAULT_PARTITION_NAMES[every].slice("{table}".length)}`
      : (found?.template ?? DEFAULT_PARTITION_NAMES[every]),
  };
}
