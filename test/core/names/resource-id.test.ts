import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMemberId, formatTableId, parseMemberId, parseTableId } from "../../../core/names/resource-id";

const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("a.b", "a#b", "a%2Eb", "%", "🐘", 'a"b'));

test("every legal name has one id, from which it is read back", () => {
  fc.assert(
    fc.property(name, name, name, (schema, table, member) => {
      expect(parseTableId(formatTableId({ schema, table }))).toEqual({ schema, table });
      expect(parseMemberId(formatMemberId({ schema, table }, member))).toEqual({ schema, table, member });
    }),
  );
});

test("a table without schema is in public", () => {
  expect(parseTableId("audit_logs")).toEqual({ schema: "public", table: "audit_logs" });
});

test.each(["", ".", "a.", ".a", "a.b.c", "a#b"])("%j is no id of a table", (text) =>
  expect(parseTableId(text)).toBeUndefined(),
);
test.each(["a", "a#", "#b", "a#b#c"])("%j is no id of a member", (text) => expect(parseMemberId(text)).toBeUndefined());
