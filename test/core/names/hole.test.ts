import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHole, hasHole, splitAtHoles } from "../../../core/names/hole";
import { fitIdentifier, quote, quoteLiteral } from "../../../core/names/identifier";
import { formatIndexName } from "../../../core/names/template";
import { fill } from "../support/fill";

/** Names as nobody should give them. */
const anyName = fc
  .array(
    fc.constantFrom(
      "a",
      "Z",
      "_",
      '"',
      '""',
      "'",
      "''",
      "{base}",
      "{",
      "}",
      "ä",
      "\u{1F600}",
      "$$",
      "\\",
      " ",
      "x".repeat(20),
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(""));

describe("a hole", () => {
  it("is what is left of a text when the name is taken out", () => {
    expect(splitAtHoles(`DROP TABLE ${quote(createHole("name"))}`)).toEqual([
      'DROP TABLE "',
      { hole: "name", quotes: [2, 1] },
      '"',
    ]);
    expect(splitAtHoles("SELECT 1")).toEqual(["SELECT 1"]);
    expect(hasHole(fitIdentifier(`a_${createHole("base")}`))).toBe(true);
  });

  it("is fitted to the length of a name only when it is filled", () => {
    const name = fitIdentifier(`${createHole("base")}_2025_01`);
    expect(splitAtHoles(name)).toEqual([{ fit: [{ hole: "base" }, "_2025_01"] }]);
    expect(fill(splitAtHoles(name), { base: "b".repeat(60) })).toBe(fitIdentifier(`${"b".repeat(60)}_2025_01`));
  });

  it.each<[string, (name: string) => string]>([
    ["as an identifier", quote],
    ["as a literal", quoteLiteral],
    ["as an identifier in a literal", (name) => quoteLiteral(`REVOKE ALL ON ${quote(name)}`)],
    ["in a literal in a literal", (name) => quoteLiteral(`EXECUTE ${quoteLiteral(`ON ${quote(name)} '' "`)}`)],
    ["as a part of a name", (name) => quote(fitIdentifier(`"p'_${name}_h0`))],
    [
      "as a part of a part of a name",
      (name) =>
        quoteLiteral(
          quote(formatIndexName(`i"'{partition}_{table}`, { partition: fitIdentifier(`${name}_1"`), table: "t" })),
        ),
    ],
    ["twice", (name) => `${quote(name)} ${quote(fitIdentifier(`${name}_`))} ${quoteLiteral(name)}`],
  ])("gives, when it is filled, the text that the name would have given: %s", (_, text) => {
    const template = splitAtHoles(text(createHole("name")));
    const travelled = JSON.parse(JSON.stringify(template)) as typeof template;
    fc.assert(
      fc.property(anyName, (name) => {
        expect(fill(travelled, { name })).toBe(text(name));
      }),
    );
  });
});
