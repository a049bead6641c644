import { inspect } from "node:util";
import { expect, it } from "vitest";
import { InvalidSpecError } from "../../core/problems/problem";

it("an error of the program shows its message alone, whatever Pulumi hangs on it", () => {
  const problem = {
    path: "window.lead",
    code: "invalid-value",
    message: "it is no span.",
    fix: "Write a span.",
  } as const;
  const error: Error & { promise?: unknown } = new InvalidSpecError('table "events"', [problem]);
  error.promise = Promise.resolve({ everything: "of a program" });
  expect(inspect(error, { colors: true })).toBe(
    'table "events" is not valid:\n  - window.lead: it is no span. Write a span.',
  );
});
