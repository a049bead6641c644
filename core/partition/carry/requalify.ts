import { quote } from "../../names/identifier";
import { type Token, tokenize } from "../../sql/expression";

/** A table whose name may qualify columns in an expression. */
export interface Qualifier {
  readonly schema: string;
  readonly name: string;
}

/**
 * Replaces the table name that qualifies columns in a subquery: `events.id` and `app.events.id` become `"events_p2026_01".id`.
 * Literals, functions and tables of a schema of that name are unchanged.
 */
export function requalify(expression: string, from: Qualifier, to: string): string {
  const tokens = tokenize(expression);
  const texts = tokens.map((token) => token.text);
  const solid = tokens.flatMap((token, index) => (token.kind === "space" || token.kind === "comment" ? [] : [index]));
  for (let position = 0; position < solid.length; position += 1) {
    const getTokenNear = (offset: number): Token | undefined => tokens[solid[position + offset] ?? -1];
    if (!isQualifier(from, getTokenNear)) continue;
    texts[solid[position] ?? -1] = quote(to);
    if (!isSign(getTokenNear(-1), ".")) continue;
    // `app.events.id`: the schema is removed as well.
    for (const offset of [-1, -2]) texts[solid[position + offset] ?? -1] = "";
  }
  return texts.join("");
}

/** True if two expressions differ only in the names of their tables. */
export function areSameExceptTables(a: string, tableA: Qualifier, b: string, tableB: Qualifier): boolean {
  return requalify(a, tableA, "") === requalify(b, tableB, "");
}

/** True if the word, with its neighbours, is the table's name before a column. */
function isQualifier(table: Qualifier, near: (offset: number) => Token | undefined): boolean {
  if (parseName(near(0)) !== table.name || !isSign(near(1), ".")) return false;
  const isColumn = (parseName(near(2)) !== undefined && !isSign(near(3), "(")) || isSign(near(2), "*");
  if (!isColumn || isSign(near(-1), ":") || /^(from|join|only)$/i.test(near(-1)?.text ?? "")) return false;
  return !isSign(near(-1), ".") || (parseName(near(-2)) === table.schema && !isSign(near(-3), "."));
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

/** Returns the name that a word means; undefined if it is not a name. Unquoted names are folded to lower case. */
function parseName(token: Token | undefined): string | undefined {
  if (token?.kind === "word") return token.text.toLowerCase();
  if (token?.kind === "quoted") return token.text.slice(1, -1).replaceAll('""', '"');
  return undefined;
}
