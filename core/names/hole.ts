/**
 * A placeholder in a statement for a text that is known only inside the database: the name of a branch, or its value. It passes
 * through the same functions as any other name; afterwards the text is split at its holes, so that the filled text reads exactly
 * as if it had been known from the start.
 */
export type HoleName = "schema" | "parent" | "name" | "base" | "label" | "value";

/** A text with holes: the parts between them, and the holes to fill. */
export type Template = readonly (string | Hole)[];

export type Hole = {
  /**
   * Number of times that a double and a single quote in it are repeated, depending on the enclosing quotation marks. Left out:
   * once.
   */
  readonly quotes?: readonly [double: number, single: number];
} & (
  | { readonly hole: HoleName }
  /** A name of these parts, cut to the length of a name once it is known. */
  | { readonly fit: Template }
);

// Noncharacters of Unicode, which no valid text contains.
const OPEN = "\uFDD0";
const OPEN_FIT = "\uFDD1";
const CLOSE = "\uFDD2";
/** Quoting doubles the two quotes at its beginning like all others, and so shows how often it was quoted. */
const HEAD = `'"\uFDD3`;

export function createHole(name: HoleName): string {
  return `${OPEN}${HEAD}${name}${CLOSE}`;
}

export function hasHole(text: string): boolean {
  return text.includes(`${OPEN}'`);
}

/** Returns a name with a hole that is cut to the length of a name once it is known. */
export function fitLater(name: string): string {
  return `${OPEN_FIT}${HEAD}${name}${CLOSE}`;
}

/**
 * Splits a text at its holes.
 *
 * @example splitAtHoles(`DROP TABLE ${quote(createHole("name"))}`) // ['DROP TABLE "', { hole: "name", quotes: [2, 1] }, '"']
 */
export function splitAtHoles(text: string): Template {
  const pieces: (string | Hole)[] = [];
  let at = 0;
  for (;;) {
    const open = findNextOpen(text, at);
    if (open > at || open < 0) pieces.push(text.slice(at, open < 0 ? undefined : open));
    if (open < 0) return pieces.filter((piece) => piece !== "");
    const end = findClose(text, open);
    pieces.push(parseHole(text.slice(open, end)));
    at = end + 1;
  }
}

function findNextOpen(text: string, from: number): number {
  const found = [OPEN, OPEN_FIT].map((mark) => text.indexOf(mark, from)).filter((index) => index >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Returns the end of the hole that begins there; a hole to be fitted contains others. */
function findClose(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    const mark = text[index];
    if (mark === OPEN || mark === OPEN_FIT) depth += 1;
    if (mark === CLOSE) depth -= 1;
    if (depth === 0) return index;
  }
  throw new RangeError("a hole does not end");
}

/** Reads a hole without its last character. */
function parseHole(text: string): Hole {
  const [, single = "", double = "", body = ""] = /^.('+)("+)\uFDD3(.*)$/su.exec(text) ?? [];
  const quotes = double.length + single.length > 2 ? { quotes: [double.length, single.length] as const } : {};
  // Only createHole() writes these, with names of its type.
  if (text.startsWith(OPEN)) return { hole: body as HoleName, ...quotes };
  return { fit: splitAtHoles(body.replaceAll(double, '"').replaceAll(single, "'")), ...quotes };
}
