import { requireSpan, type Span, spanText } from "../../time/span";
import { type Around, option } from "./option";
import { spanShape, spanWire } from "./shapes";
import { declaredSpan } from "./time-text";

/** Creates an option for a length of time that may be left out. */
export function optionalSpan(name: string, example: string) {
  return option({
    shape: spanShape(example).optional(),
    wire: spanWire.optional(),
    parse: (declared: Span | undefined, { problems }: Around<unknown>) =>
      declared === undefined ? undefined : declaredSpan(name, declared, problems),
    toWire: (span) => span && spanText(span),
    fromWire: (wire) => (wire === undefined ? undefined : requireSpan(wire)),
  });
}
