import type { Problem } from "../../problems/problem";
import { type Instant, parseInstant } from "../../time/instant";
import { type ParsedSpan, parseSpan, SPAN_HINT } from "../../time/span";

/** Reads a declared length of time, or tells what is wrong with it. */
export function declaredSpan(path: string, text: string, problems: Problem[]): ParsedSpan | undefined {
  const parsed = parseSpan(text);
  if (!parsed) {
    problems.push({
      path,
      code: "invalid-span",
      message: `${JSON.stringify(text)} is not a length of time with its unit.`,
      fix: SPAN_HINT,
    });
  }
  return parsed;
}

/** Reads a declared point in time, or tells what is wrong with it. Without an offset it is read in the table's zone. */
export function declaredTime(path: string, text: string, zone: string, problems: Problem[]): Instant | undefined {
  try {
    return parseInstant(text, zone);
  } catch {
    problems.push(timeProblem(path, text));
    return undefined;
  }
}

/** What is wrong with a text that is no time, and what to write instead. */
export function timeProblem(path: string, text: string): Problem {
  return (
    withoutQuotes(path, text) ?? {
      path,
      code: "invalid-time",
      message: `${JSON.stringify(text)} is not a date or time.`,
      fix: 'Write ISO 8601, for example "2026-01-01" or "2026-01-01T00:00:00Z".',
    }
  );
}

/** The problem of a date that stands in a YAML file without quotes; undefined: the text is none. */
export function withoutQuotes(path: string, text: string): Problem | undefined {
  const meant = unquotedYaml(text);
  if (meant === undefined) return undefined;
  return {
    path,
    code: "invalid-time",
    message: `it stands in the stack file without quotes, so that YAML has made ${JSON.stringify(text)} of it.`,
    fix: `Write it in quotes: "${meant}".`,
  };
}

/**
 * The time in ISO 8601 where a text is what Pulumi makes of a date without quotes in a YAML file: its language prints it as
 * `2026-01-01 00:00:00 +0000 UTC`.
 */
function unquotedYaml(text: string): string | undefined {
  const found = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ([+-]\d{2})(\d{2}) \S+$/.exec(text);
  if (!found) return undefined;
  const [, day = "", time = "", hours = "", minutes = ""] = found;
  const offset = `${hours}${minutes}` === "+0000" ? "Z" : `${hours}:${minutes}`;
  return offset === "Z" && time === "00:00:00" ? day : `${day}T${time}${offset}`;
}
