import fc from "fast-check";
import { expect, test } from "vitest";
import { widens } from "../../../core/table/compare/widening";

/** Measured on PostgreSQL 15 and 18: no file of a partition is written anew. */
test.each([
  ["varchar(10)", "varchar(20)"],
  ["varchar(10)", "varchar"],
  ["varchar(10)", "text"],
  ["text", "varchar"],
  ["varchar", "text"],
  ["numeric(8,2)", "numeric(12,2)"],
  ["numeric(8,2)", "numeric"],
  ["timestamptz(3)", "timestamptz(6)"],
  ["timestamptz(3)", "timestamptz"],
  ["timestamp(0)", "timestamp"],
  ["time(3)", "time"],
  ["bit varying(5)", "bit varying(9)"],
])("%s becomes %s without a row being read", (from, to) => expect(widens(from, to)).toBe(true));

test.each([
  ["varchar(20)", "varchar(10)"],
  ["text", "varchar(10)"],
  ["varchar", "varchar(10)"],
  ["char(5)", "varchar(5)"],
  ["char(5)", "char(9)"],
  ["numeric(8,2)", "numeric(8,3)"],
  ["numeric(8,2)", "numeric(9,3)"],
  ["numeric(8,2)", "numeric(6,2)"],
  ["numeric", "numeric(8,2)"],
  ["integer", "bigint"],
  ["timestamptz", "timestamptz(3)"],
  ["timestamptz", "timestamp"],
  ["timestamp", "timestamptz"],
  ["date", "timestamptz"],
  ["varchar(10)[]", "varchar(20)[]"],
  ["jsonb", "json"],
  ["app.mood", "text"],
])("%s does not become %s that way", (from, to) => expect(widens(from, to)).toBe(false));

const type = fc.oneof(
  fc.nat(30).map((n) => `varchar(${n + 1})`),
  fc.constantFrom("text", "varchar", "numeric", "timestamptz", "timestamp", "integer", "bit varying"),
  fc.tuple(fc.nat(20), fc.nat(3)).map(([p, s]) => `numeric(${p + 5},${s})`),
  fc.nat(6).map((n) => `timestamptz(${n})`),
);

test("what becomes wider twice has become wider once, and only equal types hold each other", () => {
  fc.assert(
    fc.property(type, type, type, (a, b, c) => {
      if (widens(a, b) && widens(b, c)) expect([a, b, c, widens(a, c)]).toEqual([a, b, c, true]);
      const unlimited = ["text", "varchar"];
      if (a !== b && widens(a, b) && widens(b, a))
        expect(unlimited.includes(a) || /\(6\)$|^timestamp/.test(a)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
