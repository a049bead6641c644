import { expect, test } from "vitest";
import { InvalidSpecError } from "../../../core/problems/problem";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { OUTPUT, problemsOf } from "../support/refused";
import { VALID } from "../support/specs";

test("finds nothing wrong with a valid declaration", () => expect(problemsOf(VALID)).toEqual([]));

const WHOLE = { from: "2020-01-01", to: "2024-01-01", every: "whole", name: "history" };

test.each<[what: string, grid: unknown[], path: string, message: RegExp]>([
  [
    "a gap",
    [WHOLE, { from: "2024-02-01", every: "month" }],
    "partitionBy[0].grid[1].from",
    /leave a gap between 2024-01-01T00:00:00Z and 2024-02-01/,
  ],
  ["an overlap", [WHOLE, { from: "2023-12-01", every: "month" }], "partitionBy[0].grid[1].from", /overlap between/],
  ["a missing beginning", [WHOLE, { every: "month" }], "partitionBy[0].grid[1].from", /only the first/],
  [
    "a wrong order",
    [
      { from: "2024-01-01", every: "month" },
      { from: "2023-01-01", every: "week" },
    ],
    "partitionBy[0].grid[1].from",
    /not in order/,
  ],
  [
    "a reversed segment",
    [{ from: "2024-01-01", to: "2023-01-01", every: "month" }],
    "partitionBy[0].grid[0]",
    /ends \(2023-.*\) before it begins \(2024-/,
  ],
  [
    "a whole segment without end",
    [{ from: "2024-01-01", every: "whole", name: "x" }],
    "partitionBy[0].grid[0]",
    /one partition/,
  ],
  ["a whole segment without name", [{ ...WHOLE, name: undefined }], "partitionBy[0].grid[0]", /one partition/],
])("refuses a grid with %s", (_what, grid, path, message) => {
  const found = problemsOf({ ...VALID, partitionBy: [{ range: "ts", grid }] }).find((problem) => problem.path === path);
  expect(found?.code).toBe("grid");
  expect(found?.message).toMatch(message);
});

test("refuses a segment that begins at noon where the key is a date", () => {
  const columns = { ...VALID.columns, ts: "date" };
  const grid = [{ from: "2024-01-01T12:00:00Z", every: "day" }];
  const [found] = problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", grid }] });
  expect(found).toMatchObject({ path: "partitionBy[0].grid[0].from", code: "grid" });
  expect(found?.message).toContain("a key of kind date cannot hold 2024-01-01T12:00:00Z exactly");
});

test("refuses a segment that begins after the last second that an integer holds", () => {
  const columns = { ...VALID.columns, ts: "integer" };
  const grid = [{ from: "2038-02-01", every: "month" }];
  const [found] = problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", key: "epoch-s", grid }] });
  expect(found).toMatchObject({ path: "partitionBy[0].grid[0].from", code: "grid" });
  expect(found?.message).toContain("four bytes (to 2038-01-19) cannot hold 2038-02-01T00:00:00Z exactly");
});

test("refuses hours on a date", () => {
  const columns = { ...VALID.columns, ts: "date" };
  expect(problemsOf({ ...VALID, columns, partitionBy: [{ range: "ts", every: "hour" }] })[0]?.message).toContain(
    "holds no hours",
  );
});

test.each(["primaryKey", "uniques", "checks", "foreignKeys"] as const)(
  "refuses %s where another tool owns the columns",
  (property) => {
    const {
      columns: _columns,
      primaryKey: _key,
      uniques: _uniques,
      checks: _checks,
      foreignKeys: _foreign,
      ...rest
    } = VALID;
    const [found, ...others] = problemsOf({ ...rest, [property]: VALID[property] });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ path: property, code: "invalid-value" });
  },
);

test("takes a key column that is named timestamp", () => {
  const spec = requireTableSpec(
    {
      ...VALID,
      columns: { ...VALID.columns, timestamp: "timestamp" },
      primaryKey: undefined,
      uniques: {},
      partitionBy: [{ range: "timestamp" }],
    },
    "test",
  );
  expect(spec.window.key).toEqual({ column: "timestamp", encoding: "time", kind: "timestamp", zone: "UTC" });
});

test("reports every problem at once, each with its own path", () => {
  const args = {
    ...VALID,
    table: "x".repeat(64),
    primaryKey: ["id"],
    window: { lead: "0 months", retention: "0 months" },
    partitionBy: [{ range: "ts", zone: "Nowhere" }],
  };
  expect(problemsOf(args).map((problem) => problem.path)).toEqual([
    "table",
    "partitionBy[0].zone",
    "primaryKey",
    "window.lead",
    "window.retention",
  ]);
});

test("reports every problem of shape at once, Outputs among them", () => {
  const args = { ...VALID, table: OUTPUT, onExpire: "burn", foo: 1, paused: 1 };
  const paths = problemsOf(args).map((problem) => problem.path);
  expect(paths.sort()).toEqual(["foo", "onExpire", "paused", "table"]);
});

test.each([undefined, null, 5, "x", []])("refuses %j as a whole declaration", (value) => {
  expect(problemsOf(value).length).toBeGreaterThan(0);
});

test("survives values that refer to themselves, functions and bigints", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  for (const value of [circle, () => 1, 10n, Symbol("x")])
    expect(problemsOf({ ...VALID, table: value })[0]?.path).toBe("table");
});

test("the error of a component lists each problem with path, message and fix", () => {
  const wrong = () =>
    requireTableSpec({ ...VALID, window: { lead: "3", retention: "0 months" } }, 'PartitionedTable "events"');
  expect(wrong).toThrow(InvalidSpecError);
  expect(wrong).toThrow(
    /^PartitionedTable "events" is not valid:\n {2}- window.lead: "3" is not .*\n {2}- window.retention: "0 months" is not/,
  );
});

test("fills in every default", () => {
  const args: TableSpecArgs = {
    table: "t",
    partitionBy: [{ range: "ts" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
  };
  expect(requireTableSpec(args, "t").window).toMatchObject({
    schema: "public",
    key: { column: "ts", encoding: "time", kind: undefined, zone: "UTC" },
    grid: [{ every: "month", name: "{table}_p{yyyy}_{mm}" }],
    grace: { count: 7, unit: "day" },
    maxDropsPerUpdate: 3,
    paused: false,
    resources: "partition",
  });
});
