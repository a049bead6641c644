import type { RegisteredExpression } from "../../observed/registration";
import { tokenize } from "../../sql/expression";

/**
 * True if a declared expression is the one that the server prints. The record of its application decides; without one, the two
 * texts are compared without PostgreSQL's additions: redundant parentheses, casts of quoted literals, upper case. Texts that
 * still differ are not proved to mean different things, only not proved equal.
 */
export function isSameExpression(
  declared: string,
  printed: string,
  recorded: Pick<RegisteredExpression, "declared" | "printed"> | undefined,
): boolean {
  if (recorded?.declared === declared) return recorded.printed === printed;
  return simplifyExpression(declared) === simplifyExpression(printed);
}

/** Reduces an expression to its meaning: words separated by one space. */
export function simplifyExpression(text: string): string {
  const { masked, literals } = maskLiterals(text);
  const uncast = masked.replace(CAST, "$1");
  const tokens = uncast.match(TOKEN) ?? [];
  return removeIdleBrackets(tokens)
    .map((token) => (token.startsWith("\u0001") ? simplifyLiteral(literals, token) : token))
    .join(" ");
}

/** Lists the names of functions that an expression calls, without their schemas. */
export function listFunctionNames(expression: string): string[] {
  const { masked } = maskLiterals(expression);
  const calls = [...masked.matchAll(/("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)\s*\(/gu)];
  const names = calls.map(([, name = ""]) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
  return [...new Set(names)].sort();
}

/** Replaces quoted text by placeholders while the rest is parsed; lowers the case of words. */
function maskLiterals(text: string): { readonly masked: string; readonly literals: readonly string[] } {
  const literals: string[] = [];
  const masked = tokenize(text).map((token) => {
    switch (token.kind) {
      case "text":
        return `\u0001${literals.push(token.text) - 1}\u0001`;
      case "comment":
        return " ";
      case "word":
        return token.text.toLowerCase();
      case "quoted":
      case "space":
      case "sign":
        return token.text;
    }
  });
  return { masked: masked.join(""), literals };
}

/** Casts of numbers are retained: `1 / 2` and `(1)::numeric / 2` differ. */
const LITERAL = "\\u0001\\d+\\u0001";
const TYPE_NAME = '(?:(?:"[^"]+"|[a-z_][\\w$]*)\\.)?(?:"[^"]+"|[a-z_][\\w$]*)';
const CAST = new RegExp(
  `(${LITERAL})::${TYPE_NAME}(?: varying| precision)?(?:\\(\\d+(?:,\\s*-?\\d+)?\\))?(?: with(?:out)? time zone)?(?:\\[\\])*`,
  "g",
);

const TOKEN = /\u0001\d+\u0001|"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$.]*|\d+(?:\.\d+)?|::|[<>=!~+\-*/%^&|#@?]+|[^\s]/gu;

/** Reads `'-1'::integer`, as -1 is printed. */
function simplifyLiteral(literals: readonly string[], token: string): string {
  const literal = literals[Number(token.slice(1, -1))] ?? "";
  return /^'-?\d+(\.\d+)?'$/.test(literal) ? literal.slice(1, -1).replace(/^-/, "- ") : literal;
}

/** Removes redundant parentheses: around the whole, around one word, and around a comparison between AND, OR and NOT. */
function removeIdleBrackets(tokens: readonly string[]): readonly string[] {
  for (let at = 0; at < tokens.length; at += 1) {
    if (tokens[at] !== "(") continue;
    const end = findClosing(tokens, at);
    if (end === undefined || !isIdle(tokens, at, end)) continue;
    return removeIdleBrackets([...tokens.slice(0, at), ...tokens.slice(at + 1, end), ...tokens.slice(end + 1)]);
  }
  return tokens;
}

function isIdle(tokens: readonly string[], at: number, end: number): boolean {
  const before = tokens[at - 1];
  // Parentheses after a name contain arguments.
  if (before !== undefined && !BEFORE.has(before) && /^[\p{L}_"]/u.test(before)) return false;
  const inner = tokens.slice(at + 1, end);
  if (inner.length === 1) return before === undefined || !/^[\p{L}_"]/u.test(before) || CONNECTIVES.has(before);
  const after = tokens[end + 1];
  const alone = (before === undefined || BEFORE.has(before)) && (after === undefined || AFTER.has(after));
  if (!alone || inner.includes(",")) return false;
  return (before === undefined && after === undefined) || !hasConnective(listTopLevel(inner));
}

const CONNECTIVES: ReadonlySet<string> = new Set(["and", "or", "not"]);
const BEFORE: ReadonlySet<string> = new Set([...CONNECTIVES, "("]);
const AFTER: ReadonlySet<string> = new Set(["and", "or", ")"]);

/** True if the tokens have a connective; the NOT of `IS NOT NULL` is none. */
function hasConnective(tokens: readonly string[]): boolean {
  return tokens.some((token, index) => CONNECTIVES.has(token) && !(token === "not" && tokens[index - 1] === "is"));
}

/** Returns the words outside inner parentheses. */
function listTopLevel(tokens: readonly string[]): string[] {
  let depth = 0;
  return tokens.filter((token) => {
    if (token === ")") depth -= 1;
    const here = depth === 0;
    if (token === "(") depth += 1;
    return here;
  });
}

function findClosing(tokens: readonly string[], open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at] === "(") depth += 1;
    if (tokens[at] === ")" && (depth -= 1) === 0) return at;
  }
  return undefined;
}
