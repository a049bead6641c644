import fc from "fast-check";
import { expect, test } from "vitest";
import { countBytes, fitIdentifier, quote, quoteLiteral } from "../../../core/names/identifier";
import { toSlug, findSlugCollisions } from "../../../core/names/slug";
import {
  DEFAULT_PARTITION_NAMES,
  formatIndexName,
  formatPartitionName,
  findTemplateProblem,
} from "../../../core/names/template";
import { listIntervalsBetween } from "../../../core/time/grid";
import { parseInstant } from "../../../core/time/instant";
import { PERIODS } from "../../../core/time/period";
import { calendar, instant } from "../support/arbitraries";

const tableName = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.constantFrom("a".repeat(63), "ä".repeat(31), "🐘".repeat(15), 'a"b', "Select", "a.b", "{yyyy}", "$&", "'"),
  )
  .filter((name) => countBytes(name) <= 63 && !name.includes("\0"));

test("default names of partitions and of their indexes are unique and at most 63 bytes, for all periods, zones and table names", () => {
  fc.assert(
    fc.property(calendar, instant, tableName, ({ zone, period }, start, table) => {
      const segments = [{ from: undefined, to: undefined, every: period, name: DEFAULT_PARTITION_NAMES[period] }];
      const end = start.add({ hours: period === "hour" ? 60 : period === "day" ? 24 * 60 : 24 * 800 });
      const intervals = [...listIntervalsBetween(segments, start, end, zone)];
      const names = intervals.map((interval) => formatPartitionName(interval.segment.name, table, interval, zone));
      const indexes = names.map((partition) => formatIndexName("{partition}_{table}_idx", { partition, table }));
      for (const list of [names, indexes]) {
        expect(new Set(list).size).toBe(intervals.length);
        expect(Math.max(...list.map(countBytes))).toBeLessThanOrEqual(63);
      }
    }),
    { numRuns: 100 },
  );
});

test("a name that fits is left alone, a longer one ends in a hash of the whole", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), (name) => {
      const fitted = fitIdentifier(name);
      expect(countBytes(fitted)).toBeLessThanOrEqual(63);
      if (countBytes(name) <= 63) expect(fitted).toBe(name);
      else expect(fitted).toMatch(/_[0-9a-f]{8}$/);
    }),
  );
  expect(fitIdentifier(`${"x".repeat(70)}1`)).not.toBe(fitIdentifier(`${"x".repeat(70)}2`));
});

test("a cut never falls inside a character", () => {
  expect(fitIdentifier("🐘".repeat(20))).toMatch(/^(🐘){13}_[0-9a-f]{8}$/u);
});

test("quoting can be undone, whatever the name", () => {
  fc.assert(
    fc.property(
      fc
        .string({ unit: fc.constantFrom('"', "'", "\\", "a", "🐘", "\n", "\0") })
        .filter((name) => !name.includes("\0")),
      (name) => {
        const quoted = quote(name);
        expect(quoted.slice(1, -1).replace(/""/g, '"')).toBe(name);
        expect(quoted.slice(1, -1).replace(/""/g, "")).not.toContain('"');
        expect(quoteLiteral(name).slice(1, -1).replace(/''/g, "")).not.toContain("'");
      },
    ),
  );
});

test("a NUL is refused where SQL is written", () => {
  expect(() => quote("a\0b")).toThrow(RangeError);
  expect(() => quoteLiteral("a\0b")).toThrow(RangeError);
});

test.each(PERIODS)("the default name of a %s has enough to be unique", (period) => {
  expect(findTemplateProblem(DEFAULT_PARTITION_NAMES[period], period)).toBeUndefined();
});

test.each([
  ["{table}_{yyyy}", "month", /two month partitions would share a name: the template needs \{yyyy\} \{mm\}/],
  ["{table}_{yyyy}_{ww}", "week", /needs \{gggg\} \{ww\} or \{yyyy\} \{mm\} \{dd\}/],
  ["{table}_{mm}", "year", /needs \{yyyy\}/],
  ["{table}_{year}", "year", /unknown placeholder \{year\}; known are \{table\}/],
] as const)("finds what is wrong with %j for a %s", (template, period, problem) => {
  expect(findTemplateProblem(template, period)).toMatch(problem);
});

test("what a table is called is never read as a template", () => {
  const month = { from: parseInstant("2025-01-01", "UTC"), to: parseInstant("2025-02-01", "UTC") };
  expect(formatPartitionName("{table}_{yyyy}", "a{mm}$&", month, "UTC")).toBe("a{mm}$&_2025");
});

test.each([
  ["2020-12-28", "t_p2020_w53"],
  ["2021-01-04", "t_p2021_w01"],
  ["2024-12-30", "t_p2025_w01"],
])("the ISO week that begins %s is called %s", (day, name) => {
  const from = parseInstant(day, "UTC");
  expect(formatPartitionName(DEFAULT_PARTITION_NAMES.week, "t", { from, to: from.add({ hours: 168 }) }, "UTC")).toBe(
    name,
  );
});

test("a year before Christ is counted as PostgreSQL counts it", () => {
  const from = parseInstant("-000043-01-01T00:00:00Z", "UTC");
  expect(formatPartitionName("{table}_{yyyy}", "t", { from, to: from.add({ hours: 24 }) }, "UTC")).toBe("t_0044bc");
});

test.each([
  ["abc-123", "abc123"],
  ["DEF 456", "def456"],
  ["Åbo", "abo"],
  ["a_b", "a_b"],
  ["../../etc", "etc"],
  ["☃", ""],
])("the slug of %j is %j", (value, expected) => expect(toSlug(value)).toBe(expected));

test("values that would share a name are found, and those that leave none", () => {
  expect(findSlugCollisions(["abc-123", "ABC123", "x", "x", "☃"])).toEqual([
    { slug: "abc123", values: ["abc-123", "ABC123"] },
    { slug: "", values: ["☃"] },
  ]);
});
