import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listFunctionNames, simplifyExpression, isSameExpression } from "../../../core/table/alter/expression-text";

/** As a program writes it, and as PostgreSQL 15 and 18 print it. */
const SAME: readonly [declared: string, printed: string][] = [
  ["now()", "now()"],
  ["NOW( )", "now()"],
  ["0", "0"],
  ["'new'", "'new'::text"],
  ["'new'", "'new'::character varying(20)"],
  ["'{}'", "'{}'::jsonb"],
  ["'{}'", "'{}'::text[]"],
  ["-1", "'-1'::integer"],
  ["'2024-01-01 00:00:00+00'", "'2024-01-01 00:00:00+00'::timestamp with time zone"],
  ["amount >= 0 and amount < 10", "((amount >= 0) AND (amount < 10))"],
  ["note <> ''", "(note <> ''::text)"],
  ["a is not null or b is not null", "((a IS NOT NULL) OR (b IS NOT NULL))"],
  ["not (a > 1)", "(NOT (a > 1))"],
  ['"Select" > 1', '("Select" > 1)'],
  ["lower(note) = note", "(lower(note) = note)"],
  ["upper('x')", "upper('x'::text)"],
];

/** Of which the text alone must not say that they are the same. */
const DIFFERENT: readonly [string, string][] = [
  ["amount > 0", "(amount > (0)::numeric)"],
  ["x > 1 / 2", "(x > ((1)::numeric / (2)::numeric))"],
  ["(a or b) and c", "a or (b and c)"],
  ["a or (b and c)", "(a or b) and c"],
  ["not (a and b)", "(not a) and b"],
  ["(a + b) * c > 0", "a + (b * c) > 0"],
  ["a - (b - c) > 0", "a - b - c > 0"],
  ["'A'", "'a'"],
  ["note = 'x y'", "note = 'xy'"],
  ["note = 'it''s'", "note = 'its'"],
  ['"Note" = 1', "note = 1"],
  ["note > 'a'", "note > 'a' and note < 'b'"],
  ["f(a, b)", "f(b, a)"],
  ["1", "'1a'"],
  ["a = 1", "b = 1"],
  ["- 1", "1"],
];

describe("an expression as text", () => {
  test.each(SAME)("%s is what is printed as %s", (declared, printed) =>
    expect(isSameExpression(declared, printed, undefined)).toBe(true),
  );

  test.each(DIFFERENT)("%s is not %s", (declared, printed) =>
    expect(isSameExpression(declared, printed, undefined)).toBe(false),
  );

  test("what was recorded decides, whatever the texts are", () => {
    const recorded = { declared: "note in ('x')", printed: "(note = 'x'::text)" };
    expect(isSameExpression("note in ('x')", "(note = 'x'::text)", recorded)).toBe(true);
    // Changed by hand, though a text like this would be taken for the same.
    expect(isSameExpression("note in ('x')", "note in ('x')", recorded)).toBe(false);
    // Of another declaration it says nothing.
    expect(isSameExpression("note = 'x'", "(note = 'x'::text)", recorded)).toBe(true);
  });

  const comparison = fc
    .tuple(
      fc.constantFrom("a", "b", '"C d"'),
      fc.constantFrom("=", "<>", "<", ">="),
      fc.constantFrom("1", "'x'", "'it''s (not'"),
    )
    .map((parts) => parts.join(" "));
  const condition = fc
    .tuple(fc.array(comparison, { minLength: 1, maxLength: 4 }), fc.constantFrom(" and ", " or "))
    .map(([parts, word]) => parts.join(word));

  test("white space, case of words and brackets around the whole never make a difference", () => {
    fc.assert(
      fc.property(condition, fc.nat(3), (text, depth) => {
        const wrapped = `${"( ".repeat(depth)}${text.replaceAll(" and ", "  AND\n").replaceAll(" or ", " OR ")}${")".repeat(depth)}`;
        expect(simplifyExpression(wrapped)).toBe(simplifyExpression(text));
        expect(simplifyExpression(simplifyExpression(text))).toBe(simplifyExpression(text));
      }),
    );
  });

  test("another literal always makes a difference", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        fc.pre(a !== b);
        const literal = (text: string) => `note = '${text.replaceAll("'", "''")}'`;
        expect(simplifyExpression(literal(a))).not.toBe(simplifyExpression(literal(b)));
      }),
    );
  });
});

test.each([
  ["gen_random_uuid()", ["gen_random_uuid"]],
  ["now() + interval '1 day'", ["now"]],
  ["app.Next_Code( lower('f(x)') )", ["lower", "next_code"]],
  [`"My F"('x')`, ["My F"]],
  ["current_timestamp", []],
  ["'random()'", []],
])("the functions of %s are %j", (expression, names) => expect(listFunctionNames(expression)).toEqual(names));
