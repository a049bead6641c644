import { expect, it } from "vitest";
import { fillPlaceholders } from "../../../core/monitoring/placeholders";

it("a placeholder that is the whole text becomes the value, one in a longer text a part of it", () => {
  const model = { title: "<title>", steps: [{ value: null }, { value: "<limit>" }], expr: "a < <limit> and b == 0" };
  expect(fillPlaceholders(model, { title: 'a "b" <limit> \\ $1', limit: 3.5 })).toEqual({
    title: 'a "b" <limit> \\ $1',
    steps: [{ value: null }, { value: 3.5 }],
    expr: "a < 3.5 and b == 0",
  });
  expect(fillPlaceholders({ text: "in <name>." }, { name: '"quoted"' })).toEqual({ text: 'in "quoted".' });
});

it("one without a value is a mistake in this code", () => {
  expect(() => fillPlaceholders({ expr: "a > <limit>" }, {})).toThrow("<limit>");
});
