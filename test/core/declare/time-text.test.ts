import { expect, test } from "vitest";
import { parseDeclaredTime } from "../../../core/declare/option/time-text";
import type { Problem } from "../../../core/problems/problem";

const problemOf = (text: string): Problem | undefined => {
  const problems: Problem[] = [];
  parseDeclaredTime("start", text, "UTC", problems);
  return problems[0];
};

// As Pulumi 3 hands over what stands in a stack file without quotes.
test.each([
  ["2026-01-01 00:00:00 +0000 UTC", "2026-01-01"],
  ["2026-01-01 10:30:00 +0000 UTC", "2026-01-01T10:30:00Z"],
  ["2026-01-01 10:30:00.25 +0000 UTC", "2026-01-01T10:30:00.25Z"],
  ["2026-01-01 00:00:00 +0200 +0200", "2026-01-01T00:00:00+02:00"],
  ["2026-01-01 00:00:00 -0530 -0530", "2026-01-01T00:00:00-05:30"],
])("a date without quotes in a YAML file, %s, is named with what to write", (text, written) => {
  expect(problemOf(text)).toEqual({
    path: "start",
    code: "invalid-time",
    message: `it is in the stack file without quotes, so YAML read it as ${JSON.stringify(text)}.`,
    fix: `Write it in quotes: "${written}".`,
  });
  expect(problemOf(written)).toBeUndefined();
});

test.each(["soon", "", "5", "2026-13-01", "true"])("%j is no time, and the error reports that", (text) => {
  expect(problemOf(text)).toMatchObject({
    message: `${JSON.stringify(text)} is not a date or time.`,
    fix: expect.stringContaining("ISO 8601") as string,
  });
});
