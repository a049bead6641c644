import { quote, quoteQualified } from "../names/identifier";
import type { TableName } from "../names/table-name";
import { type Token, tokenize } from "../sql/expression";
import { isSignificant } from "./split-statements";

/** A statement that reads another relation in place of the table, or why there is none. */
type Pointed = { readonly kind: "pointed"; readonly sql: string } | { readonly kind: "refused"; readonly why: string };

/** A token with its place in the text. */
interface Placed extends Token {
  /** Index among all tokens, those that are left out here included. */
  readonly at: number;
}

/** One pair of brackets. */
interface Level {
  /** Within a FROM clause: what follows a comma is a relation. */
  from: boolean;
  /** The next name is a relation. */
  expects: boolean;
  /** Brackets of a function whose FROM is no clause, such as EXTRACT(epoch FROM at). */
  readonly call: boolean;
}

/**
 * Writes another relation where a query names the table, with the schema or without. Its columns are still found by the name of the
 * table: it becomes the alias where the query has none. Literals and comments stay as they are. What reads the table without
 * naming it, such as a view, is not found here: the caller has to ask the server which relations the result reads.
 *
 * @example pointAt("select * from app.events", events, copy) // select * from "app"."events_copy" as "events"
 */
export function pointAt(sql: string, table: TableName, relation: TableName): Pointed {
  const texts = tokenize(sql);
  const tokens = texts.map((token, at) => ({ ...token, at })).filter(isSignificant);
  if (hasWithQueryNamed(tokens, table.table))
    return {
      kind: "refused",
      why: `a WITH query in it has the name of the table, "${table.table}": give it another one`,
    };
  const result = texts.map(({ text }) => text);
  const replace = (from: Placed, to: Placed, text: string): void => {
    result.fill("", from.at, to.at + 1);
    result[from.at] = text;
  };
  let count = 0;
  const levels: Level[] = [{ from: false, expects: false, call: false }];
  for (let index = 0; index < tokens.length;) {
    const token = tokens[index];
    const level = levels.at(-1);
    if (!token || !level) break;
    const name = readName(tokens, index);
    const last = name.at(-1);
    // Signs and literals.
    if (!last) {
      follow(token, levels, tokens[index - 1]);
      index += 1;
    } else if (level.expects && isTable(name, table) && tokens[index + name.length]?.text !== "(") {
      const isCommand = tokens[index - 1]?.text.toLowerCase() === "table";
      const alias = isCommand || hasAlias(tokens[index + name.length]) ? "" : ` as ${quote(table.table)}`;
      replace(token, last, `${quoteQualified(relation.schema, relation.table)}${alias}`);
      level.expects = false;
      count += 1;
      index += name.length;
    } else if (name.length > 3 && isTable(name.slice(0, 3), table)) {
      // A column by schema and table: the alias is found without the schema.
      const dot = tokens[index + 1];
      if (dot) replace(token, dot, "");
      index += name.length;
    } else {
      if (name.length === 1) followWord(token, level, tokens.slice(Math.max(0, index - 2), index));
      else level.expects = false;
      index += name.length;
    }
  }
  if (count === 0) return { kind: "refused", why: `it does not name "${table.schema}"."${table.table}"` };
  return { kind: "pointed", sql: result.join("") };
}

/** Returns a name with its dots: `app . events` are three tokens, of which a name of two parts consists. */
function readName(tokens: readonly Placed[], start: number): Placed[] {
  const name: Placed[] = [];
  for (let at = start; isIdentifier(tokens[at]); at += 2) {
    name.push(...tokens.slice(at, at + 1));
    const dot = tokens[at + 1];
    const next = tokens[at + 2];
    if (dot?.text !== "." || !(isIdentifier(next) || next?.text === "*")) break;
    name.push(dot);
    if (next && !isIdentifier(next)) {
      name.push(next);
      break;
    }
  }
  return name;
}

function isIdentifier(token: Token | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** True for `events` and `app.events`, by PostgreSQL's rules for upper and lower case. */
function isTable(name: readonly Token[], { schema, table }: TableName): boolean {
  const parts = name.filter(({ kind }) => kind !== "sign").map(unquote);
  if (parts.length * 2 - 1 !== name.length) return false;
  return parts.length === 1 ? parts[0] === table : parts.length === 2 && parts[0] === schema && parts[1] === table;
}

function unquote({ kind, text }: Token): string {
  return kind === "quoted" ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
}

/** Words behind a relation that are no alias of it. */
const BEHIND: readonly string[] = (
  "where join inner left right full cross natural on using group having window order limit offset fetch for union intersect " +
  "except tablesample"
).split(" ");

function hasAlias(next: Token | undefined): boolean {
  return next?.kind === "quoted" || (next?.kind === "word" && !BEHIND.includes(next.text.toLowerCase()));
}

/** Functions with a FROM of their own between their brackets. */
const CALLS_WITH_FROM: readonly string[] = ["extract", "substring", "trim", "overlay", "position"];

/** Follows brackets and commas. */
function follow({ text }: Token, levels: Level[], previous: Token | undefined): void {
  const level = levels.at(-1);
  if (!level) return;
  if (text === "(") {
    // FROM (a JOIN b …): the brackets begin with a relation, or with a query.
    const call = previous?.kind === "word" && CALLS_WITH_FROM.includes(previous.text.toLowerCase());
    levels.push({ from: level.expects, expects: level.expects, call });
    level.expects = false;
  } else if (text === ")") {
    if (levels.length > 1) levels.pop();
  } else level.expects = text === "," && level.from;
}

/** Words that end a FROM clause, or that begin a query in which none has begun yet. */
const ENDS_FROM: readonly string[] =
  "select values where group having window order limit offset fetch for union intersect except".split(" ");

/** Follows the clauses. `before`: up to two tokens in front of the word. */
function followWord({ kind, text }: Token, level: Level, before: readonly Token[]): void {
  const word = kind === "quoted" ? "" : text.toLowerCase();
  const previous = before.at(-1)?.text.toLowerCase();
  if (word === "from") {
    const isComparison = previous === "distinct" && ["is", "not"].includes(before[0]?.text.toLowerCase() ?? "");
    if (level.call || isComparison) return;
    level.from = true;
    level.expects = true;
  } else if (word === "join" || word === "table") {
    level.expects = true;
  } else if (ENDS_FROM.includes(word)) {
    level.from = false;
    level.expects = false;
  } else if (word !== "only" && word !== "lateral") level.expects = false;
}

/** True if a query of WITH has the name of the table: `WITH events AS (…)`, `WITH events (a, b) AS (…)`. */
function hasWithQueryNamed(tokens: readonly Placed[], name: string): boolean {
  if (!tokens.some(({ kind, text }) => kind === "word" && text.toLowerCase() === "with")) return false;
  return tokens.some((token, at) => {
    if (!isIdentifier(token) || unquote(token) !== name) return false;
    if (!["with", "recursive", ","].includes(tokens[at - 1]?.text.toLowerCase() ?? "")) return false;
    let next = at + 1;
    if (tokens[next]?.text === "(") {
      while (next < tokens.length && tokens[next]?.text !== ")") next += 1;
      next += 1;
    }
    const following = tokens[next + 1]?.text.toLowerCase() ?? "";
    return tokens[next]?.text.toLowerCase() === "as" && ["(", "materialized", "not"].includes(following);
  });
}
