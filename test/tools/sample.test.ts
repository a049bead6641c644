import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { casesOn, endsAndMiddle, itAlike, sample, firstOn } from "../support/sample";
import { requestedScope } from "../support/servers";

const cases = [0, 1, 2, 3, 4, 5, 6, 7];
const all = requestedScope() === "all";
const newest = Math.max(...testVersions());

describe("a sample of cases", () => {
  it("has the first, every n-th and the last", () => {
    expect(sample(cases, 3)).toEqual([0, 3, 6, 7]);
    expect(sample([], 3)).toEqual([]);
  });

  it("is what an older server tries, with those in which it has a way of its own; the newest tries all", () => {
    for (const version of testVersions()) {
      const whole = all || version === newest;
      expect(casesOn(version, cases)).toEqual(whole ? cases : [0, 3, 6, 7]);
      expect(casesOn(version, cases, (one) => one === 5)).toEqual(whole ? cases : [0, 3, 5, 6, 7]);
      expect(firstOn(version, cases)).toEqual(whole ? cases : [0]);
      expect(itAlike(version) === it).toBe(whole);
    }
  });

  it("of a row of alike ones has the ends and one of the middle", () => {
    expect(endsAndMiddle([1, 2, 3])).toEqual([1, 2, 3]);
    expect(endsAndMiddle(cases)).toEqual(all ? cases : [0, 4, 7]);
  });
});
