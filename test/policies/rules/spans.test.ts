import { describe, expect, it } from "vitest";
import { computeEnd, isShorter } from "../../../policies/rules/support/spans";

const shorter = (a: string, b: string): boolean => isShorter(computeEnd(a), computeEnd(b));

describe("spans of different units", () => {
  it.each([
    ["11 months", "1 year", true],
    ["12 months", "365 days", false],
    ["365 days", "12 months", false],
    ["30 days", "1 month", true],
    ["3 months", "1 quarter", false],
    ["4 weeks", "1 month", true],
    ["24 hours", "1 day", false],
  ])("%s is shorter than %s: %s", (a, b, expected) => expect(shorter(a, b)).toBe(expected));

  it("are added up from one date, so that the order of a sum cannot matter to a verdict by today's date", () => {
    expect(computeEnd("1 month", "7 days")?.toString()).toBe("2001-02-08T00:00:00Z");
  });

  it("that are not spans are no verdict: Check refuses them", () => {
    expect(computeEnd("12")).toBeUndefined();
    expect(shorter("12", "1 month")).toBe(false);
  });
});
