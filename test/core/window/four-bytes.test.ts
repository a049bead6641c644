import { expect, test } from "vitest";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { parseInstant } from "../../../core/time/instant";
import { planWindow } from "../../../core/window/window-partitions";
import { VALID } from "../support/specs";

const seconds = (type: string) =>
  requireTableSpec(
    {
      ...VALID,
      columns: { ...VALID.columns, ts: type },
      partitionBy: [{ range: "ts", every: "month", key: "epoch-s" }],
      window: { lead: "3 months", retention: "12 months" },
    },
    "a table",
  ).window;

const problems = (type: string, asOf: string) =>
  planWindow(seconds(type), parseInstant(asOf, "UTC")).problems.map(({ message, fix }) => `${message} ${fix}`);

test("a window over seconds in four bytes ends with them, on 19 January 2038, and reports what to do", () => {
  expect(problems("integer", "2037-09-10")).toEqual([]);
  expect(problems("integer", "2037-10-10")).toEqual([
    expect.stringMatching(
      /four bytes \(to 2038-01-19\) cannot hold 2038-02-01T00:00:00Z, an end of the window.*bigint/,
    ),
  ]);
});

test("seconds in eight bytes continue", () => expect(problems("bigint", "2037-10-10")).toEqual([]));
