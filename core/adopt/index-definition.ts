import type { IndexColumnSpec } from "../declare/table/spec";

/** An index parsed from its text, as declared. */
export interface ReadIndex {
  readonly method: string;
  readonly columns: readonly IndexColumnSpec[];
  readonly include: readonly string[];
  readonly where?: string;
}

/**
 * Parses the text after the table in CREATE INDEX, as printed by the server or written in a declaration. Undefined if it has a
 * clause that cannot be declared: NULLS NOT DISTINCT, storage parameters, a tablespace.
 *
 * @example readIndexDefinition("USING btree (run_id, ts DESC) WHERE (run_id IS NOT NULL)")
 */
export function readIndexDefinition(text: string): ReadIndex | undefined {
  const head = /^USING (\w+) /.exec(text);
  if (!head) return undefined;
  const keys = splitBrackets(text.slice(head[0].length));
  if (!keys) return undefined;
  const include = / ?INCLUDE /y.exec(keys.rest);
  const included = include ? splitBrackets(keys.rest.slice(include[0].length)) : undefined;
  const where = parseWhere(included ? included.rest : keys.rest);
  if (where === undefined) return undefined;
  return {
    method: head[1] ?? "",
    columns: splitOutside(keys.inner).map(readColumn),
    include: included ? splitOutside(included.inner).map(unquote) : [],
    ...(where === "" ? {} : { where }),
  };
}

/** Reads the WHERE clause. Empty: none. Undefined: another clause. */
function parseWhere(text: string): string | undefined {
  const rest = text.trim();
  if (rest === "") return "";
  if (!rest.startsWith("WHERE ")) return undefined;
  const condition = rest.slice("WHERE ".length);
  return removeBrackets(condition);
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[a-z_][\w$]*)`;
const SIMPLE = new RegExp(`^(${NAME})(?: (${NAME}(?:\\.${NAME})?))?$`);

function readColumn(text: string): IndexColumnSpec {
  const match = /^(.*?)( ASC| DESC)?( NULLS FIRST| NULLS LAST)?$/s.exec(text);
  const subject = match?.[1] ?? text;
  const order = match?.[2]?.trim().toLowerCase() as "asc" | "desc" | undefined;
  const nulls = match?.[3]?.replace(" NULLS ", "").toLowerCase() as "first" | "last" | undefined;
  return { ...readSubject(subject), ...(order ? { order } : {}), ...(nulls ? { nulls } : {}) };
}

/** Reads a column or expression. A collation has no property of its own: it is part of the expression. */
function readSubject(text: string): IndexColumnSpec {
  const simple = SIMPLE.exec(text);
  if (simple) {
    const [, column = "", opclass] = simple;
    return { column: unquote(column), ...parseOpclass(opclass) };
  }
  const end = findExpressionEnd(text);
  return { expression: removeBrackets(text.slice(0, end)), ...parseOpclass(text.slice(end).trim() || undefined) };
}

function parseOpclass(text: string | undefined): { opclass?: string } {
  return text === undefined ? {} : { opclass: text.split(".").map(unquote).join(".") };
}

/** Finds the end of an expression, which an operator class may follow. */
function findExpressionEnd(text: string): number {
  const last = text.lastIndexOf(")");
  return last >= 0 && new RegExp(`^ ${NAME}(?:\\.${NAME})?$`).test(text.slice(last + 1)) ? last + 1 : text.length;
}

/** Returns the part between the first parenthesis and its closing one. */
function splitBrackets(text: string): { readonly inner: string; readonly rest: string } | undefined {
  if (!text.startsWith("(")) return undefined;
  for (const { at, depth } of walkUnquoted(text)) {
    if (depth === 0 && text[at] === ")") return { inner: text.slice(1, at), rest: text.slice(at + 1) };
  }
  return undefined;
}

function removeBrackets(text: string): string {
  const found = splitBrackets(text);
  return found?.rest === "" ? found.inner : text;
}

/** Splits at commas outside parentheses and quotes. */
function splitOutside(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const { at, depth } of walkUnquoted(text)) {
    if (depth !== 0 || text[at] !== ",") continue;
    parts.push(text.slice(from, at).trim());
    from = at + 1;
  }
  return [...parts, text.slice(from).trim()];
}

/** Yields every character outside quotes, with the number of open parentheses after it. */
function* walkUnquoted(text: string): Generator<{ readonly at: number; readonly depth: number }> {
  let depth = 0;
  let quoted: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (quoted !== undefined) {
      if (character === quoted) quoted = undefined;
      continue;
    }
    if (character === "'" || character === '"') {
      quoted = character;
      continue;
    }
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    yield { at, depth };
  }
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
