import fc from "fast-check";
import { expect, it } from "vitest";
import { requalify, areSameExceptTables } from "../../../core/partition/carry/requalify";
import { explainUnsafeExpression, tokenize } from "../../../core/sql/expression";

const EVENTS = { schema: "app", name: "events" };

it.each([
  ["events.tenant = 'a'", "\"p\".tenant = 'a'"],
  ["EVENTS.tenant = Events.other", '"p".tenant = "p".other'],
  ['"events"."Tenant" = 1', '"p"."Tenant" = 1'],
  ["app.events.tenant = 1", '"p".tenant = 1'],
  ["( SELECT 1 FROM app.members m WHERE m.id = events.id)", '( SELECT 1 FROM app.members m WHERE m.id = "p".id)'],
  ["app.visible(events.*)", 'app.visible("p".*)'],
])("%s is about another table as %s", (expression, expected) => {
  expect(requalify(expression, EVENTS, "p")).toBe(expected);
});

it.each([
  "current_setting('events.tenant') = tenant",
  "x = E'it\\'s events.tenant'",
  "x = $$events.tenant$$ or y = $t$ events.tenant $t$",
  "/* events.tenant /* nested */ events.id */ true",
  "true -- events.tenant\n",
  '"other.events.tenant" = 1',
  '"Events".tenant = 1',
  "other.events.tenant = 1",
  "events.is_member(tenant)",
  "tenant::events.kind = 'a'",
  "exists (select from events.members)",
  "my_events.tenant = events_old.tenant",
])("%s remains as it is", (expression) => {
  expect(requalify(expression, EVENTS, "p")).toBe(expression);
});

it("the way there and back is the same expression, whatever the tables are called", () => {
  const name = fc.stringMatching(/^[a-zA-Z_ ."$']{1,12}$/).filter((text) => text.trim() !== "");
  fc.assert(
    fc.property(name, name, (from, to) => {
      fc.pre(from !== to);
      const expression = `${requalify("events.a = 1 and events.b = events.c", EVENTS, from)} or d = 'events.a'`;
      const there = requalify(expression, { schema: "app", name: from }, to);
      expect(there).not.toBe(expression);
      expect(requalify(there, { schema: "app", name: to }, from)).toBe(expression);
      expect(areSameExceptTables(there, { schema: "app", name: to }, expression, { schema: "app", name: from })).toBe(
        true,
      );
    }),
  );
});

it("the pieces of any text are the text", () => {
  const sql = fc.array(
    fc.constantFrom("'", '"', "$", "$$", "$t$", "E'", "\\", "/*", "*/", "--", "\n", "a", " ", "(", ")", ";"),
  );
  fc.assert(
    fc.property(
      sql,
      (parts) =>
        tokenize(parts.join(""))
          .map(({ text }) => text)
          .join("") === parts.join(""),
    ),
  );
});

it.each([
  ["tenant = 'it''s; (' and x in ($$)$$, E'\\'(')"],
  ['"a;b" = 1 and a[1] = (select max(b) from app.t)'],
  ["true /* ; ( */ and true -- ) ;\n and true"],
])("%s is one expression", (text) => {
  expect(explainUnsafeExpression(text)).toBeUndefined();
});

it.each([
  ["", "it is empty"],
  ["  -- nothing\n", "it is empty"],
  ["true; select 1", "semicolon"],
  ["true) or (true", "closes what it did not open"],
  ["a[1) = 1", "closes what it did not open"],
  ["(true", "is missing"],
  ["'open", "never ends"],
  ["E'\\'", "never ends"],
  ['"open', "never ends"],
  ["$t$ open $$", "never ends"],
  ["true /* /* */ open", "never ends"],
  ["true -- swallows", "never ends"],
  ["a\0b", "NUL"],
])("%j reaches beyond one expression: %s", (text, reason) => {
  expect(explainUnsafeExpression(text)).toContain(reason);
});
