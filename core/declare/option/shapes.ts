import { z } from "zod";
import { parseInstant } from "../../time/instant";
import { parseInterval } from "../../time/interval";
import { parseSpan, type Span, SPAN_HINT } from "../../time/span";

/** Shapes that several options share: as users write a value, and on the wire. */

export const nameShape = z.string().min(1);
export const namesShape = z.array(nameShape).min(1);

/** Names a shape in the package schema, which requires a name for every object and every list of words. */
export function nameType<Shape extends z.ZodType>(name: string, shape: Shape): Shape {
  return shape.meta({ title: name });
}

/** Only editors read it: at run time the checks of the spec apply, which name the units. */
const SPAN_PATTERN = "[1-9][0-9]* +(hour|day|week|month|quarter|year)s?";

/**
 * Creates the shape of a length of time as users write it, or `word`. The hint is the error's text, from which shape-problems.ts
 * knows what was expected.
 */
export function createSpanShape<Word extends string = never>(example: string, word?: Word) {
  const pattern = `^(${[...(word === undefined ? [] : [word]), SPAN_PATTERN].join("|")})$`;
  const shape = z.string({ error: SPAN_HINT }).meta({ pattern, examples: [example] });
  // Any text by its type: it is parsed later, so that the problem names the units.
  return shape as unknown as z.ZodType<Span | Word, Span | Word>;
}

export const spanWire = z.string().refine((text) => parseSpan(text) !== undefined, "not a span with a unit");
export const instantWire = z
  .string()
  .refine((text) => isReadable(() => parseInstant(text, "UTC")), "not an ISO 8601 time");
export const intervalWire = z
  .string()
  .refine((text) => isReadable(() => parseInterval(text)), "not an ISO 8601 interval");

/** True if it can be read without an error. */
export function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
