/** One token of SQL text, as split by PostgreSQL's lexer. */
export interface Token {
  readonly kind: "word" | "quoted" | "text" | "comment" | "space" | "sign";
  readonly text: string;
  /** False: the text ends inside of it. */
  readonly closed: boolean;
}

type Pattern = readonly [kind: Token["kind"], opening: RegExp, whole: RegExp];

/**
 * Literals and comments first: nothing inside of them is SQL. standard_conforming_strings is on in every session of this product.
 */
const PATTERNS: readonly Pattern[] = [
  ["space", /\s/y, /\s+/y],
  ["comment", /--/y, /--[^\r\n]*[\r\n]/y],
  ["text", /[eE]'/y, /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ["text", /'/y, /'(?:[^']|'')*'/y],
  ["quoted", /"/y, /"(?:[^"]|"")*"/y],
  [
    "text",
    /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy,
    /\$((?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\1\$/iy,
  ],
  ["word", /[a-z_\u0080-\uffff]/iy, /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy],
];

/** Splits SQL text into tokens that together are the text again. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const token = readToken(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function readToken(text: string, at: number): Token {
  if (text.startsWith("/*", at)) return readBlockComment(text, at);
  for (const [kind, opening, whole] of PATTERNS) {
    if (matchAt(opening, text, at) === undefined) continue;
    const found = matchAt(whole, text, at);
    return found === undefined ? { kind, text: text.slice(at), closed: false } : { kind, text: found, closed: true };
  }
  return { kind: "sign", text: text.charAt(at), closed: true };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Reads a block comment; they nest. */
function readBlockComment(text: string, at: number): Token {
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const sign = text.slice(end, end + 2);
    if (sign === "/*") depth += 1;
    if (sign === "*/") depth -= 1;
    if (sign === "/*" || sign === "*/") end += 1;
    if (depth === 0) return { kind: "comment", text: text.slice(at, end + 1), closed: true };
  }
  return { kind: "comment", text: text.slice(at), closed: false };
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]" };

/**
 * Returns the reason why a text could reach beyond the brackets that it is written into: it would end the statement or the
 * clause, or swallow the following text. Undefined: it cannot, and the server judges the rest.
 */
export function explainUnsafeExpression(text: string): string | undefined {
  const open: string[] = [];
  const tokens = tokenize(text);
  if (tokens.every((token) => token.kind === "space" || token.kind === "comment")) return "it is empty";
  if (text.includes("\0")) return "it holds a NUL";
  for (const token of tokens) {
    if (!token.closed) return `${token.text.slice(0, 20)} never ends`;
    if (token.kind !== "sign") continue;
    if (token.text === ";") return "it holds a semicolon outside of a literal";
    const closing = CLOSING[token.text];
    if (closing !== undefined) open.push(closing);
    if ((token.text === ")" || token.text === "]") && open.pop() !== token.text)
      return `a ${token.text} closes what it did not open`;
  }
  return open.length > 0 ? `a ${open.at(-1) ?? ")"} is missing` : undefined;
}
