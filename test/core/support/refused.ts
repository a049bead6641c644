// A valid declaration with one thing wrong, and what is to be said of it.
import { expect, test } from "vitest";
import type { ProblemCode } from "../../../core/problems/problem";
import { parseTableSpec } from "../../../core/declare/table/parse";
import { VALID } from "./specs";

type Json = Record<string, unknown>;

/** Where a value is put into the valid declaration, and the problem that it causes there. */
type Refused = [
  what: string,
  at: string,
  value: unknown,
  path: string,
  code: ProblemCode,
  message: RegExp,
  fix: RegExp,
];

/** An output of another resource, as a program would pass it by mistake. */
export const OUTPUT = { __pulumiOutput: true };

/** The valid declaration with one value put in at a path; undefined takes the property out. */
function broken(path: string, value: unknown): Json {
  const copy = structuredClone(VALID) as unknown as Json;
  const parts = path.split("/");
  const last = parts.pop() ?? "";
  const at = parts.reduce<Json>((inner, part) => inner[part] as Json, copy);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

export function problemsOf(args: unknown) {
  const parsed = parseTableSpec(args);
  return parsed.ok ? [] : parsed.problems;
}

/** A test for each. */
export function testRefused(cases: readonly Refused[]): void {
  test.each(cases)("refuses %s", (_what, at, value, path, code, message, fix) => {
    const args =
      at === "onExpire" && value === "detach" ? { ...VALID, onExpire: value, grace: "7 days" } : broken(at, value);
    const found = problemsOf(args).find((problem) => problem.path === path && problem.code === code);
    expect(found, JSON.stringify(problemsOf(args), null, 1)).toBeDefined();
    expect(found?.message).toMatch(message);
    expect(found?.fix).toMatch(fix);
  });
}
