/**
 * A place in a statement for a text that is known only inside the database: the name of a branch, or its value. It goes through
 * the same functions as any other name, and afterwards the text is taken apart at its holes, so that what is filled in there
 * reads exactly as if it had been known here.
 */
export type HoleName = "schema" | "parent" | "name" | "base" | "label" | "value";

/** A text with holes: what stands between them, and what is to be filled in. */
export type Template = readonly (string | Hole)[];

export type Hole = {
  /** How often a double and a single quote in it are repeated, by the quotation marks that it stands in. Left out: once. */
  readonly quotes?: readonly [double: number, single: number];
} & (
  | { readonly hole: HoleName }
  /** A name of these parts, cut to the length of a name when it is known. */
  | { readonly fit: Template }
);

// Noncharacters of Unicode: no text holds them.
const OPEN = "\uFDD0";
const OPEN_FIT = "\uFDD1";
const CLOSE = "\uFDD2";
/** Quoting doubles the two quotes at its beginning as it doubles all others, and so says how often that happened. */
const HEAD = `'"\uFDD3`;

export function hole(name: HoleName): string {
  return `${OPEN}${HEAD}${name}${CLOSE}`;
}

export function hasHole(text: string): boolean {
  return text.includes(`${OPEN}'`);
}

/** A name with a hole, to be cut to the length of a name when that is known. */
export function fittedLater(name: string): string {
  return `${OPEN_FIT}${HEAD}${name}${CLOSE}`;
}

/**
 * Takes a text apart at its holes.
 *
 * @example templateOf(`DROP TABLE ${quote(hole("name"))}`) // ['DROP TABLE "', { hole: "name", quotes: [2, 1] }, '"']
 */
export function templateOf(text: string): Template {
  const pieces: (string | Hole)[] = [];
  let at = 0;
  for (;;) {
    const open = nextOpen(text, at);
    if (open > at || open < 0) pieces.push(text.slice(at, open < 0 ? undefined : open));
    if (open < 0) return pieces.filter((piece) => piece !== "");
    const end = closeOf(text, open);
    pieces.push(pieceOf(text.slice(open, end)));
    at = end + 1;
  }
}

function nextOpen(text: string, from: number): number {
  const found = [OPEN, OPEN_FIT].map((mark) => text.indexOf(mark, from)).filter((index) => index >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Where the hole that begins there ends: one that is to be fitted has others in it. */
function closeOf(text: string, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index += 1) {
    const mark = text[index];
    if (mark === OPEN || mark === OPEN_FIT) depth += 1;
    if (mark === CLOSE) depth -= 1;
    if (depth === 0) return index;
  }
  throw new RangeError("a hole does not end");
}

/** A hole without its last character. */
function pieceOf(text: string): Hole {
  const [, single = "", double = "", body = ""] = /^.('+)("+)\uFDD3(.*)$/su.exec(text) ?? [];
  const quotes = double.length + single.length > 2 ? { quotes: [double.length, single.length] as const } : {};
  // Only hole() makes these, with names of its type.
  if (text.startsWith(OPEN)) return { hole: body as HoleName, ...quotes };
  return { fit: templateOf(body.replaceAll(double, '"').replaceAll(single, "'")), ...quotes };
}
