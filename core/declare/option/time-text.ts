import type { Problem } from "../../problems/problem";
import { type Instant, parseInstant } from "../../time/instant";
import { type ParsedSpan, parseSpan, SPAN_HINT } from "../../time/span";

/** Reads a declared length of time, or adds a problem. */
export function parseDeclaredSpan(path: string, text: string, problems: Problem[]): ParsedSpan | undefined {
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

/** Reads a declared point in time, or adds a problem. Without an offset it is read in the table's zone. */
export function parseDeclaredTime(path: string, text: string, zone: string, problems: Problem[]): Instant | undefined {
  try {
    return parseInstant(text, zone);
  } catch {
    problems.push(refuseTime(path, text));
    return undefined;
  }
}

/** Returns the problem of a text that is not a time, with what to write instead. */
export function refuseTime(path: string, text: string): Problem {
  return (
    refuseUnquotedDate(path, text) ?? {
      path,
      code: "invalid-time",
      message: `${JSON.stringify(text)} is not a date or time.`,
      fix: 'Write ISO 8601, for example "2026-01-01" or "2026-01-01T00:00:00Z".',
    }
  );
}

/** Returns the problem of an unquoted date in a YAML file; undefined if the text is not one. */
export function refuseUnquotedDate(path: string, text: string): Problem | undefined {
  const meant = parseUnquotedDate(text);
  if (meant === undefined) return undefined;
  return {
    path,
    code: "invalid-time",
    message: `it is in the stack file without quotes, so YAML read it as ${JSON.stringify(text)}.`,
    fix: `Write it in quotes: "${meant}".`,
  };
}

/**
 * Returns the ISO 8601 form of an unquoted date in a YAML file: Pulumi's YAML language prints it as
 * `2026-01-01 00:00:00 +0000 UTC`.
 */
function parseUnquotedDate(text: string): string | undefined {
  const found = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ([+-]\d{2})(\d{2}) \S+$/.exec(text);
  if (!found) return undefined;
  const [, day = "", time = "", hours = "", minutes = ""] = found;
  const offset = `${hours}${minutes}` === "+0000" ? "Z" : `${hours}:${minutes}`;
  return offset === "Z" && time === "00:00:00" ? day : `${day}T${time}${offset}`;
}
