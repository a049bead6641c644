import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../../../core/declare/table/args";
import { parseTableSpec } from "../../../../core/declare/table/parse";
import { ARGS } from "./support";

const problemsOf = (changes: Partial<TableSpecArgs>) => {
  const parsed = parseTableSpec({ ...ARGS, ...changes });
  return parsed.ok ? [] : parsed.problems.map(({ path, code }) => `${path} ${code}`);
};

describe("declarations that are refused", () => {
  test.each([
    ["no time level", [{ list: "program_id", values: ["a"] }], "partitionBy levels"],
    ["two time levels", [{ range: "created_at" }, { range: "created_at" }], "partitionBy levels"],
    ["LIST below time", [{ range: "created_at" }, { list: "program_id", values: ["a"] }], "partitionBy[1] levels"],
    ["five levels", Array.from({ length: 5 }, () => ({ range: "created_at" })), "partitionBy invalid-value"],
    [
      "an unknown column",
      [{ list: "nope", values: ["a"] }, { range: "created_at" }],
      "partitionBy[0].list unknown-column",
    ],
    [
      "one column twice",
      [{ list: "site_id", values: ["a"] }, { hash: "site_id", modulus: 2 }, { range: "created_at" }],
      "partitionBy[1].hash levels",
    ],
    [
      "a value twice",
      [{ list: "site_id", values: ["a", "a"] }, { range: "created_at" }],
      "partitionBy[0].values levels",
    ],
    [
      "slugs that meet",
      [{ list: "site_id", values: ["a-b", "ab"] }, { range: "created_at" }],
      "partitionBy[0].values name-collision",
    ],
    [
      "a name without value",
      [{ list: "site_id", values: ["a"], name: "x" }, { range: "created_at" }],
      "partitionBy[0].name name-template",
    ],
    [
      "a parent without level above",
      [{ list: "site_id", values: { from: "s", column: "c", parent: "p" } }, { range: "created_at" }],
      "partitionBy[0].values.parent levels",
    ],
    [
      "an override by no level",
      [
        { list: "site_id", values: ["a"] },
        { range: "created_at", overrides: [{ when: { x: "y" }, every: "day" as const }] },
      ],
      "partitionBy[1].overrides[0].when.x levels",
    ],
  ])("%s", (_, partitionBy, expected) => {
    expect(problemsOf({ partitionBy: partitionBy as TableSpecArgs["partitionBy"] })).toContain(expected);
  });

  test("partitions as resources, a key column outside the primary key or nullable", () => {
    expect(problemsOf({ resources: "partition" })).toContain("resources levels");
    expect(problemsOf({ primaryKey: ["id", "created_at"] })).toContain("primaryKey key-not-in-primary-key");
    expect(problemsOf({ columns: { ...ARGS.columns, site_id: { type: "text", nullable: true } } })).toContain(
      "partitionBy[1].list key-nullable",
    );
  });
});
