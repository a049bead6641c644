import { describe, expect, test } from "vitest";
import { castsExactly, mapColumns } from "../../../core/rows/column-mapping";

const live = (
  name: string,
  type: string,
  rest: { nullable?: boolean; default?: string; generated?: boolean } = {},
) => ({
  name,
  type,
  nullable: rest.nullable ?? true,
  default: rest.default,
  ...(rest.generated ? { generated: true } : {}),
});

describe("F02 columns of an archive and of the table as it is now", () => {
  test("are mapped by name, whatever their order; new ones are left to the server", () => {
    const archived = [
      { name: "a", type: "integer" },
      { name: "b", type: "text" },
      { name: "g", type: "integer", generated: true },
    ];
    const now = [
      live("b", "text"),
      live("a", "bigint"),
      live("g", "integer", { generated: true }),
      live("c", "text", { nullable: false, default: "'x'" }),
      live("d", "date"),
    ];
    expect(mapColumns(archived, now)).toEqual({ written: ["a", "b"], partly: true, problems: [] });
  });

  test("do not fit where a value would be lost, or is missing", () => {
    const archived = [
      { name: "a", type: "bigint" },
      { name: "b", type: "text" },
      { name: "c", type: "integer" },
    ];
    const now = [
      live("a", "integer"),
      live("c", "integer", { generated: true }),
      live("d", "text", { nullable: false }),
    ];
    expect(mapColumns(archived, now).problems).toEqual([
      'column "a" was bigint and is integer now',
      'column "b" (text) was dropped since',
      'column "c" has values in the archive, and is generated now',
      'column "d" came since, is NOT NULL and has no default',
    ]);
  });

  test.each([
    ["integer", "bigint", true],
    ["smallint", "numeric", true],
    ["jsonb", "text", true],
    ["character varying(20)", "character varying(40)", true],
    ["numeric(10,2)", "numeric", true],
    ["bigint", "integer", false],
    ["numeric", "bigint", false],
    ["text", "integer", false],
    ["real", "double precision", false],
    ["timestamp with time zone", "date", false],
    ["numeric(10,2)", "numeric(10,3)", false],
  ])("%s into %s: %s", (from, to, exact) => {
    expect(castsExactly(from, to)).toBe(exact);
  });
});
