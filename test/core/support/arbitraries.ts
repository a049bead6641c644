import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { DEFAULT_PARTITION_NAMES } from "../../../core/names/template";
import { type GridSegment } from "../../../core/time/grid";
import { type Instant, parseInstant } from "../../../core/time/instant";
import { type KeyKind } from "../../../core/time/key";
import { type Period, PERIODS } from "../../../core/time/period";

/** Zones with something odd each: midnight changes, half hours, a skipped day, a two-hour change, a repeated midnight. */
export const ZONES = [
  "UTC",
  "+02:00",
  "-09:30",
  "Europe/Helsinki",
  "America/New_York",
  "America/Sao_Paulo",
  "America/St_Johns",
  "America/Havana",
  "Asia/Kolkata",
  "Asia/Beirut",
  "Africa/Cairo",
  "Pacific/Auckland",
  "Pacific/Apia",
  "Antarctica/Troll",
] as const;

const REGULAR_ZONES = ["UTC", "+02:00", "-09:30", "Asia/Kolkata"] as const;

export const KEY_KINDS: readonly KeyKind[] = [
  "timestamptz",
  "timestamp",
  "date",
  "epoch-s",
  "epoch-ms",
  "epoch-us",
  "uuidv7",
];

const zone = fc.constantFrom(...ZONES);

/** An instant of 1990-2050, to the microsecond; often at or beside an hour. */
export const instant: fc.Arbitrary<Instant> = fc
  .tuple(
    fc.integer({ min: Date.parse("1990-01-01T00:00:00Z") / 1000, max: Date.parse("2050-01-01T00:00:00Z") / 1000 }),
    fc.constantFrom(-1, 0, 1, 123_456),
    fc.boolean(),
  )
  .map(([seconds, micros, onTheHour]) => {
    const base = onTheHour ? seconds - (seconds % 3600) : seconds;
    return new Temporal.Instant((BigInt(base) * 1_000_000n + BigInt(micros)) * 1000n);
  });

/** A zone with a period that it allows: hours only where the clock never jumps. */
export const calendar: fc.Arbitrary<{ zone: string; period: Period }> = fc.oneof(
  fc.record({ zone, period: fc.constantFrom(...PERIODS.filter((period) => period !== "hour")) }),
  fc.record({ zone: fc.constantFrom(...REGULAR_ZONES), period: fc.constant<Period>("hour") }),
);

/** One to five segments that tile, of mixed periods and whole ones, the first maybe since ever, the last maybe for ever. */
export const grid: fc.Arbitrary<{ zone: string; grid: readonly GridSegment[] }> = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    cuts: fc.uniqueArray(fc.integer({ min: 0, max: 700 }), { minLength: 2, maxLength: 5 }),
    every: fc.array(fc.constantFrom<Period | "whole">("day", "week", "month", "quarter", "year", "whole"), {
      minLength: 5,
      maxLength: 5,
    }),
    openStart: fc.boolean(),
    openEnd: fc.boolean(),
  })
  .map(({ zone: where, cuts, every, openStart, openEnd }) => {
    const bounds = [...cuts].sort((a, b) => a - b).map((days) => dayAfter(days, where));
    const segments = bounds.slice(0, -1).map((from, index): GridSegment => {
      const to = bounds[index + 1];
      const period = every[index] ?? "month";
      return { from, to, every: period, name: nameOf(period, index) };
    });
    return { zone: where, grid: open(segments, openStart, openEnd) };
  });

/** Day `days` of 2024, as it begins in `where`. */
function dayAfter(days: number, where: string): Instant {
  return parseInstant(Temporal.PlainDate.from("2024-01-01").add({ days }).toString(), where);
}

function nameOf(period: Period | "whole", index: number): string {
  return period === "whole" ? `whole_${index}` : `${DEFAULT_PARTITION_NAMES[period]}_s${index}`;
}

function open(segments: readonly GridSegment[], start: boolean, end: boolean): GridSegment[] {
  return segments.map((segment, index) => ({
    ...segment,
    from: start && index === 0 && segment.every !== "whole" ? undefined : segment.from,
    to: end && index === segments.length - 1 && segment.every !== "whole" ? undefined : segment.to,
  }));
}
