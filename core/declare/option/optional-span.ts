import { requireSpan, type Span, formatSpan } from "../../time/span";
import { type Around, defineOption } from "./option";
import { createSpanShape, spanWire } from "./shapes";
import { parseDeclaredSpan } from "./time-text";

/** Creates an option for a length of time that may be left out. */
export function defineOptionalSpan(name: string, example: string) {
  return defineOption({
    shape: createSpanShape(example).optional(),
    wire: spanWire.optional(),
    parse: (declared: Span | undefined, { problems }: Around<unknown>) =>
      declared === undefined ? undefined : parseDeclaredSpan(name, declared, problems),
    toWire: (span) => span && formatSpan(span),
    fromWire: (wire) => (wire === undefined ? undefined : requireSpan(wire)),
  });
}
