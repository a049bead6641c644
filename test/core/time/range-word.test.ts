import { describe, expect, test } from "vitest";
import { formatInterval } from "../../../core/time/interval";
import { parseRange } from "../../../core/time/range-word";

describe("a range by one word", () => {
  test.each([
    ["2024", "UTC", "2024-01-01T00:00:00Z/2025-01-01T00:00:00Z"],
    ["2024-02", "UTC", "2024-02-01T00:00:00Z/2024-03-01T00:00:00Z"],
    ["2024-12-31", "UTC", "2024-12-31T00:00:00Z/2025-01-01T00:00:00Z"],
    // The clocks go forward on the last of March: the month has an hour less.
    ["2024-03", "Europe/Berlin", "2024-02-29T23:00:00Z/2024-03-31T22:00:00Z"],
    ["2024-03/2024-05", "UTC", "2024-03-01T00:00:00Z/2024-05-01T00:00:00Z"],
    ["2024-03-01T00:00:00Z/2024-04-01T00:00:00Z", "Europe/Berlin", "2024-03-01T00:00:00Z/2024-04-01T00:00:00Z"],
    ["2024-03-01T12:00:00Z", "UTC", "2024-03-01T12:00:00Z/2024-03-01T12:00:00.000001Z"],
  ])("%s in %s is %s", (word, zone, range) => {
    expect(formatInterval(parseRange(word, zone))).toBe(range);
  });

  test.each(["soon", "2024-13", "2024-02-30", "2024/2024", "2024-05/2024-03", "2024-01/2024-02/2024-03", "", "24-01"])(
    "%s is none",
    (word) => {
      expect(() => parseRange(word, "UTC")).toThrow(RangeError);
    },
  );
});
