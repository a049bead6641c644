import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { compareInstants, parseInstant } from "../../../core/time/instant";
import { canHoldBound, formatBound, findKeyKind, type KeyKind, parseBound } from "../../../core/time/key";
import { findPeriodEnd, findPeriodStart } from "../../../core/time/period";
import { calendar, instant, KEY_KINDS, ZONES } from "../support/arbitraries";

const at = (text: string) => parseInstant(text, "UTC");

describe.each(KEY_KINDS)("a key of kind %s", (kind) => {
  test("holds every bound of every calendar, written and read back as the same instant", () => {
    fc.assert(
      fc.property(calendar, instant, ({ zone, period }, moment) => {
        if (kind === "date" && period === "hour") return;
        for (const bound of [findPeriodStart(moment, period, zone), findPeriodEnd(moment, period, zone)]) {
          expect(canHoldBound(bound, kind, zone)).toBe(true);
          expect(compareInstants(parseBound(formatBound(bound, kind, zone), kind, zone), bound)).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("writes bounds in the order of time, within the zone's calendar", () => {
    fc.assert(
      fc.property(calendar, instant, ({ zone, period }, moment) => {
        if (kind === "date" && period === "hour") return;
        const from = formatBound(findPeriodStart(moment, period, zone), kind, zone);
        const to = formatBound(findPeriodEnd(moment, period, zone), kind, zone);
        if (kind.startsWith("epoch")) expect(BigInt(from) < BigInt(to)).toBe(true);
        else expect(from < to).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test("a bound that fits is read back as itself, to the microsecond, from 4000 BC to the year 200000", () => {
  const micros = fc
    .bigInt({ min: -188_000_000_000_000_000n, max: 6_000_000_000_000_000_000n })
    .map((us) => new Temporal.Instant(us * 1000n));
  fc.assert(
    fc.property(micros, fc.constantFrom(...KEY_KINDS), fc.constantFrom(...ZONES), (moment, kind, zone) => {
      const text = formatBound(moment, kind, zone);
      if (canHoldBound(moment, kind, zone)) expect(compareInstants(parseBound(text, kind, zone), moment)).toBe(0);
      if (kind === "timestamptz" || kind === "epoch-us") expect(canHoldBound(moment, kind, zone)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test.each<[kind: KeyKind, zone: string, instant: string, text: string]>([
  ["timestamptz", "UTC", "2025-01-01T00:00:00Z", "2025-01-01 00:00:00+00"],
  ["timestamptz", "Asia/Kolkata", "2024-12-31T18:30:00Z", "2024-12-31 18:30:00+00"],
  ["timestamptz", "UTC", "2025-01-01T00:00:00.000001Z", "2025-01-01 00:00:00.000001+00"],
  ["timestamptz", "UTC", "2025-01-01T00:00:00.5Z", "2025-01-01 00:00:00.5+00"],
  ["timestamptz", "UTC", "0000-01-01T00:00:00Z", "0001-01-01 00:00:00+00 BC"],
  ["timestamptz", "UTC", "-000043-03-15T00:00:00Z", "0044-03-15 00:00:00+00 BC"],
  ["timestamptz", "UTC", "+012345-01-01T00:00:00Z", "12345-01-01 00:00:00+00"],
  ["timestamp", "Europe/Helsinki", "2024-12-31T22:00:00Z", "2025-01-01 00:00:00"],
  ["timestamp", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04 00:00:00"],
  ["timestamp", "UTC", "-000043-03-15T00:00:00Z", "0044-03-15 00:00:00 BC"],
  ["date", "Europe/Helsinki", "2024-12-31T22:00:00Z", "2025-01-01"],
  ["date", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04"],
  ["date", "UTC", "0000-02-29T00:00:00Z", "0001-02-29 BC"],
  ["epoch-s", "UTC", "2038-01-19T03:14:08Z", "2147483648"],
  ["epoch-s-int4", "UTC", "2038-01-19T03:14:07Z", "2147483647"],
  ["epoch-s-int4", "UTC", "1901-12-13T20:45:52Z", "-2147483648"],
  ["epoch-ms", "UTC", "1969-12-31T23:59:59.999Z", "-1"],
  ["epoch-us", "UTC", "1970-01-01T00:00:00.000001Z", "1"],
  ["uuidv7", "UTC", "2025-01-01T00:00:00Z", "01941f29-7c00-0000-0000-000000000000"],
])("writes a %s bound in %s of %s as %s, and reads it back", (kind, zone, text, bound) => {
  expect(formatBound(at(text), kind, zone)).toBe(bound);
  expect(compareInstants(parseBound(bound, kind, zone), at(text))).toBe(0);
});

test("the zone of the program's own machine never moves a bound (D01)", () => {
  for (const zone of ZONES) expect(formatBound(at("2025-03-01"), "timestamptz", zone)).toBe("2025-03-01 00:00:00+00");
});

test.each<[kind: KeyKind, text: string]>([
  ["timestamptz", "infinity"],
  ["timestamptz", "-infinity"],
  ["timestamp", "infinity"],
  ["date", "infinity"],
  ["timestamptz", "294276-01-01 00:00:00+00"],
  ["timestamptz", "NULL"],
  ["epoch-s", "NaN"],
  ["epoch-s", "1.5"],
  ["epoch-s", ""],
  ["epoch-us", "9223372036854775807000"],
  ["uuidv7", "01941f29-7c00-7abc-8000-000000000000"],
  ["uuidv7", "x"],
])("refuses the %s bound %j as foreign (D08)", (kind, text) => {
  expect(() => parseBound(text, kind, "UTC")).toThrow(RangeError);
});

test.each<[why: string, kind: KeyKind, zone: string, instant: string]>([
  ["a date holds no noon", "date", "UTC", "2025-01-01T12:00:00Z"],
  ["a date in Helsinki does not begin at UTC midnight", "date", "Europe/Helsinki", "2025-01-01T00:00:00Z"],
  ["uuidv7 begins in 1970", "uuidv7", "UTC", "1969-12-31T23:59:59Z"],
  ["uuidv7 holds no microseconds", "uuidv7", "UTC", "2025-01-01T00:00:00.000001Z"],
  ["seconds hold no milliseconds", "epoch-s", "UTC", "2025-01-01T00:00:00.001Z"],
  ["the second 03:30 of an October night is read as the first", "timestamp", "Europe/Helsinki", "2025-10-26T01:30:00Z"],
  ["four bytes of seconds end on 19 January 2038", "epoch-s-int4", "UTC", "2038-02-01T00:00:00Z"],
  ["four bytes of seconds begin in 1901", "epoch-s-int4", "UTC", "1901-12-01T00:00:00Z"],
  ["PostgreSQL begins in 4713 BC", "timestamptz", "UTC", "-005000-01-01T00:00:00Z"],
])("knows that %s", (_why, kind, zone, text) => expect(canHoldBound(at(text), kind, zone)).toBe(false));

test.each([
  ["timestamptz", "time", "timestamptz"],
  ["timestamp(3) with time zone", "time", "timestamptz"],
  ["TIMESTAMP WITHOUT TIME ZONE", "time", "timestamp"],
  ["date", "time", "date"],
  ["bigint", "epoch-ms", "epoch-ms"],
  ["integer", "epoch-s", "epoch-s-int4"],
  ["int4", "epoch-s", "epoch-s-int4"],
  ["numeric(20,0)", "epoch-us", "epoch-us"],
  ["uuid", "uuidv7", "uuidv7"],
  ["bigint", "time", undefined],
  ["integer", "epoch-ms", undefined],
  ["text", "uuidv7", undefined],
] as const)("a column of type %s under %s is a key of kind %s", (type, encoding, kind) => {
  expect(findKeyKind(type, encoding)).toBe(kind);
});
