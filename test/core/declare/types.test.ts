import { expect, test } from "vitest";
import { canonicalizeType } from "../../../core/table/compare/compare";

test.each([
  ["bigserial", "bigint"],
  ["int", "integer"],
  ["INT8", "bigint"],
  ["bool", "boolean"],
  ["varchar(20)", "character varying(20)"],
  ["varchar( 20 )[]", "character varying(20)[]"],
  ["char", "character(1)"],
  ["char(3)", "character(3)"],
  ["numeric(12)", "numeric(12,0)"],
  ["decimal(12, 2)", "numeric(12,2)"],
  ["numeric", "numeric"],
  ["float", "double precision"],
  ["text[3]", "text[]"],
  ["int4[][]", "integer[][]"],
  ["timestamptz", "timestamp with time zone"],
  ["timestamptz(3)", "timestamp(3) with time zone"],
  ["timestamp(3)", "timestamp(3) without time zone"],
  ["time", "time without time zone"],
  ["jsonb", "jsonb"],
])("%s is what the server prints as %s, and that is stable", (declared, printed) => {
  expect(canonicalizeType(declared)).toBe(printed);
  expect(canonicalizeType(printed)).toBe(printed);
});
