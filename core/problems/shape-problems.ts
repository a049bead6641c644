import type { z } from "zod";
import type { Problem, ProblemCode } from "./problem";
import { findRemovedOption } from "./removed";

/** Formats a property path as people write it: `indexes["by run"].columns[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const key = String(part);
    if (/^[A-Za-z_$][\w$]*$/.test(key)) return text ? `${text}.${key}` : key;
    return `${text}[${JSON.stringify(key)}]`;
  }, "");
}

/** Turns the shape validator's issues into problems with path, code, message and fix. Parse with `reportInput: true`. */
export function toShapeProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => fromIssue(issue, []));
}

function fromIssue(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): Problem[] {
  const path = [...prefix, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => refuseUnknownKey([...path, key], key));
    case "invalid_union":
      return fromUnion(issue, path);
    case "invalid_type":
      return [fromType(issue, path)];
    case "invalid_value": {
      const allowed = `Use one of: ${issue.values.map((value) => JSON.stringify(value)).join(", ")}.`;
      return [
        issue.input === undefined
          ? refuseMissing(path, allowed)
          : refuseInvalid(path, issue.input, "is not allowed", allowed),
      ];
    }
    case "too_small":
      return [
        refuseInvalid(
          path,
          issue.input,
          issue.origin === "number" ? "is too small" : "is empty",
          `Give it at least ${issue.minimum}${formatUnit(issue.origin)}.`,
        ),
      ];
    case "too_big":
      return [
        refuseInvalid(
          path,
          issue.input,
          "is too large",
          `Give it at most ${issue.maximum}${formatUnit(issue.origin)}.`,
        ),
      ];
    case "invalid_key":
      return [
        createProblem(
          path,
          "invalid-name",
          `the key ${describe(issue.path.at(-1))} is no name.`,
          "Give it a name of at least 1 character.",
        ),
      ];
    default:
      return [refuseInvalid(path, issue.input, "is not valid", `${issue.message}.`)];
  }
}

function refuseUnknownKey(path: readonly PropertyKey[], key: string): Problem {
  const unknown = { message: `the property "${key}" does not exist here.`, fix: "Remove it, or correct its spelling." };
  const { message, fix } = findRemovedOption(path) ?? unknown;
  return createProblem(path, "unknown-property", message, fix);
}

/** Converts a wrong type. One that the schema explains with its own text is a length of time. */
function fromType(issue: z.core.$ZodIssueInvalidType, path: readonly PropertyKey[]): Problem {
  const own = issue.message.startsWith("Invalid input") ? undefined : issue.message;
  const wanted = EXPECTED[issue.expected] ?? issue.expected;
  if (issue.input === undefined) return refuseMissing(path, own ?? `Give it ${wanted}.`);
  if (own !== undefined)
    return createProblem(path, "invalid-span", `${describe(issue.input)} is not a length of time with its unit.`, own);
  return refuseInvalid(path, issue.input, `is not ${wanted}`, `Give it ${wanted}.`);
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** Converts an issue of a union: the branch of the value's own type shows the intent; without one, all branches are shown. */
function fromUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): Problem[] {
  const branches = issue.errors.map((errors) => errors.flatMap((inner) => fromIssue(inner, path)));
  const own = branches.filter(
    (branch) => branch.length > 0 && branch.every((found) => found.path !== formatPath(path)),
  );
  const closest = own.sort((a, b) => a.length - b.length)[0];
  if (closest) return closest;
  const found = branches.flat();
  const allowed = [...new Set(found.map((each) => each.fix))].join(" Or: ");
  if (issue.input === undefined) return [refuseMissing(path, allowed)];
  const span = found.find((each) => each.code === "invalid-span");
  if (span) return [{ ...span, fix: allowed }];
  return [refuseInvalid(path, issue.input, "does not fit", allowed)];
}

function refuseMissing(path: readonly PropertyKey[], fix: string): Problem {
  return createProblem(path, "missing-property", "this property is missing.", fix);
}

function refuseInvalid(path: readonly PropertyKey[], input: unknown, why: string, fix: string): Problem {
  return createProblem(path, "invalid-value", `${describe(input)} ${why}.`, fix);
}

function createProblem(path: readonly PropertyKey[], code: ProblemCode, message: string, fix: string): Problem {
  return { path: formatPath(path), code, message, fix };
}

function formatUnit(origin: string): string {
  return origin === "string" ? " character" : origin === "array" ? " item" : "";
}

/** A URL in the wrong place: the text before its last @ may be a password. */
const CREDENTIALS = /(\/\/).*@/gs;

/** Shortens the value as it was written. Values that JSON cannot show (functions, bigints, circles) are named by their type. */
function describe(input: unknown): string {
  if (input === undefined) return "the value";
  const text = (attempt(() => JSON.stringify(input)) ?? `a ${typeof input}`).replace(CREDENTIALS, "$1***@");
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function attempt(write: () => string | undefined): string | undefined {
  try {
    return write();
  } catch {
    return undefined;
  }
}
