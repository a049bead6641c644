import { expect, test } from "vitest";
import { listIntervalsBetween } from "../../../core/time/grid";
import { formatInstant, parseInstant, countWholeDays } from "../../../core/time/instant";
import { findPeriodEnd, hasRegularHours, isZone, type Period, findPeriodStart } from "../../../core/time/period";
import { addSpan, parseSpan } from "../../../core/time/span";
import { formatPartitionName } from "../../../core/names/template";

const at = (text: string, zone = "UTC") => parseInstant(text, zone);

test.each<[what: string, at: string, period: Period, zone: string, from: string, to: string]>([
  ["a leap day", "2024-02-29T12:00Z", "day", "UTC", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"],
  ["February of a leap year", "2024-02-29T12:00Z", "month", "UTC", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"],
  [
    "February of 2100, which is none",
    "2100-02-28T12:00Z",
    "month",
    "UTC",
    "2100-02-01T00:00:00Z",
    "2100-03-01T00:00:00Z",
  ],
  [
    "ISO week 53 of 2020 over new year",
    "2021-01-03T23:00Z",
    "week",
    "UTC",
    "2020-12-28T00:00:00Z",
    "2021-01-04T00:00:00Z",
  ],
  ["ISO week 1 of 2021", "2021-01-04T00:00Z", "week", "UTC", "2021-01-04T00:00:00Z", "2021-01-11T00:00:00Z"],
  ["the last quarter", "2025-12-31T23:59:59.999999Z", "quarter", "UTC", "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ["a year", "2025-12-31T23:59:59.999999Z", "year", "UTC", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  ["a day of 23 hours", "2025-03-30T12:00Z", "day", "Europe/Helsinki", "2025-03-29T22:00:00Z", "2025-03-30T21:00:00Z"],
  ["a day of 25 hours", "2025-10-26T12:00Z", "day", "Europe/Helsinki", "2025-10-25T21:00:00Z", "2025-10-26T22:00:00Z"],
  [
    "a day without midnight",
    "2018-11-04T12:00Z",
    "day",
    "America/Sao_Paulo",
    "2018-11-04T03:00:00Z",
    "2018-11-05T02:00:00Z",
  ],
  [
    "a day that begins at 01:00",
    "2024-03-31T12:00Z",
    "day",
    "Asia/Beirut",
    "2024-03-30T22:00:00Z",
    "2024-03-31T21:00:00Z",
  ],
  [
    "the day before a skipped one",
    "2011-12-29T20:00Z",
    "day",
    "Pacific/Apia",
    "2011-12-29T10:00:00Z",
    "2011-12-30T10:00:00Z",
  ],
  [
    "the hour that St John's repeats before midnight",
    "2006-10-29T02:45Z",
    "day",
    "America/St_Johns",
    "2006-10-29T02:30:00Z",
    "2006-10-30T03:30:00Z",
  ],
  ["an hour of Kolkata", "2025-01-01T00:10Z", "hour", "Asia/Kolkata", "2024-12-31T23:30:00Z", "2025-01-01T00:30:00Z"],
])("knows %s", (_what, text, period, zone, from, to) => {
  expect(formatInstant(findPeriodStart(at(text), period, zone))).toBe(from);
  expect(formatInstant(findPeriodEnd(at(text), period, zone))).toBe(to);
});

test("the skipped day of Samoa gets no partition", () => {
  const days = [{ from: undefined, to: undefined, every: "day" as const, name: "d{yyyy}_{mm}_{dd}" }];
  const zone = "Pacific/Apia";
  const intervals = [...listIntervalsBetween(days, at("2011-12-29", zone), at("2012-01-01", zone), zone)];
  expect(intervals.map((interval) => formatPartitionName("d{yyyy}_{mm}_{dd}", "t", interval, zone))).toEqual([
    "d2011_12_29",
    "d2011_12_31",
  ]);
});

test("a month from 31 January ends on the last day of February", () => {
  const month = parseSpan("1 month");
  expect(month && formatInstant(addSpan(at("2024-01-31"), month, "UTC"))).toBe("2024-02-29T00:00:00Z");
  expect(month && formatInstant(addSpan(at("2024-03-31"), month, "UTC", -1))).toBe("2024-02-29T00:00:00Z");
});

test.each([
  ["12 months", { count: 12, unit: "month" }],
  ["1 month", { count: 1, unit: "month" }],
  [" 90  days ", { count: 90, unit: "day" }],
  ["2 quarters", { count: 2, unit: "quarter" }],
])("reads %j as a span", (text, span) => expect(parseSpan(text)).toEqual(span));

test.each([
  "0 months",
  "-1 months",
  "1.5 months",
  "12",
  "months",
  "12 moons",
  "12001 years",
  "1e3 days",
  "",
  "१२ months",
])("refuses %j as a span", (text) => expect(parseSpan(text)).toBeUndefined());

test.each(["UTC", "Europe/Helsinki", "+02:00", "Etc/GMT+5"])("takes %s as a zone", (zone) =>
  expect(isZone(zone)).toBe(true),
);
test.each(["Mars/Olympus", "", "+2", "2026-01-01T00:00Z", "Europe/Helsinki; drop"])("refuses %j as a zone", (zone) =>
  expect(isZone(zone)).toBe(false),
);

test("hours are regular only where the clock never jumps", () => {
  expect(["UTC", "+05:30", "Asia/Kolkata"].map(hasRegularHours)).toEqual([true, true, true]);
  expect(["Europe/Helsinki", "Antarctica/Troll"].map(hasRegularHours)).toEqual([false, false]);
});

test("a date alone means its first instant in the zone", () => {
  expect(formatInstant(at("2026-01-01", "Europe/Helsinki"))).toBe("2025-12-31T22:00:00Z");
  expect(formatInstant(at("2026-01-01T00:00:00", "Europe/Helsinki"))).toBe("2025-12-31T22:00:00Z");
  expect(formatInstant(at("2026-01-01T00:00:00Z", "Europe/Helsinki"))).toBe("2026-01-01T00:00:00Z");
});

test.each(["2026-02-30", "2026-13-01", "yesterday", "2026-01", "infinity", "", "12"])(
  "refuses %j as a time",
  (text) => {
    expect(() => at(text)).toThrow(RangeError);
  },
);

test("whole days are rounded down, also before", () => {
  expect(countWholeDays(at("2026-01-01"), at("2026-01-02T23:59:59Z"))).toBe(1);
  expect(countWholeDays(at("2026-01-02"), at("2026-01-01T12:00:00Z"))).toBe(-1);
});
