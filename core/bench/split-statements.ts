import { type Token, tokenize } from "../sql/expression";

/** A query to be measured. */
export interface BenchStatement {
  /** By a comment `-- name: recent` in front of it, else `statement 3`. */
  readonly name: string;
  /** Without the semicolon at its end. */
  readonly sql: string;
  /** How often it ran, and its mean time in milliseconds, by pg_stat_statements. Undefined: it is from a file. */
  readonly calls?: number;
  readonly meanMs?: number;
}

const NAME = /^--\s*name\s*:\s*(\S.*?)\s*$/;

/**
 * Splits a file into its statements, at semicolons that are neither in a literal nor in a comment.
 *
 * @throws if a literal or a comment never ends, a command of psql is found, or two statements have one name
 */
export function splitStatements(text: string): BenchStatement[] {
  const found: BenchStatement[] = [];
  const names = new Set<string>();
  // A comment in the last line ends with the file.
  for (const tokens of cut(tokenize(`${text}\n`))) {
    const first = tokens.findIndex(isSignificant);
    if (first === -1) continue;
    const name = readName(tokens) ?? `statement ${found.length + 1}`;
    if (names.has(name)) throw new Error(`two statements are named "${name}"; give each a name of its own`);
    names.add(name);
    const open = tokens.find((token) => !token.closed);
    if (open) throw new Error(`${name}: ${open.text.slice(0, 20).trim()} never ends`);
    const start = tokens.slice(first);
    if (start[0]?.text === "\\")
      throw new Error(`${name}: commands of psql such as ${shortenSql(join(start))} are no SQL; leave them out`);
    found.push({ name, sql: join(start).trim() });
  }
  return found;
}

/** Finds the last name in front of a statement or within it. */
function readName(tokens: readonly Token[]): string | undefined {
  const names = tokens.flatMap(({ kind, text }) => (kind === "comment" ? [NAME.exec(text)?.[1]] : []));
  return names.findLast((name) => name !== undefined);
}

/** Cuts tokens at semicolons. The last part has none. */
function cut(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "sign" && token.text === ";") parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** True for what the server reads: neither space nor comment. */
export function isSignificant({ kind }: Token): boolean {
  return kind !== "space" && kind !== "comment";
}

function join(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join("");
}

const QUERIES: readonly string[] = ["select", "with", "values", "table"];

/** Explains why a statement is not measured, by its text: bench runs queries only. Undefined: it is a query, by its text. */
export function explainNoQuery(sql: string): string | undefined {
  const tokens = tokenize(sql).filter(isSignificant);
  const first = tokens.find(({ text }) => text !== "(")?.text.toLowerCase() ?? "";
  if (!QUERIES.includes(first)) return `${first.toUpperCase()} is no query: only queries are run`;
  // In a query INTO creates a table, or belongs to an INSERT or MERGE in its WITH.
  if (tokens.some(({ kind, text }) => kind === "word" && text.toLowerCase() === "into"))
    return "it writes INTO a table: only queries are run";
  return undefined;
}

/** Puts statements with one text together, such as those that several roles have sent: their calls are added. */
export function mergeTexts(statements: readonly Omit<BenchStatement, "name">[]): Omit<BenchStatement, "name">[] {
  const merged = new Map<string, Omit<BenchStatement, "name">>();
  for (const one of statements) {
    const known = merged.get(one.sql);
    const calls = (known?.calls ?? 0) + (one.calls ?? 0);
    const total = (known?.calls ?? 0) * (known?.meanMs ?? 0) + (one.calls ?? 0) * (one.meanMs ?? 0);
    merged.set(one.sql, { sql: one.sql, calls, meanMs: calls > 0 ? total / calls : 0 });
  }
  return [...merged.values()];
}

const SHOWN = 100;

/** Returns the text of a statement in one short line. */
export function shortenSql(sql: string): string {
  const flat = sql.replace(/\s+/g, " ").trim();
  return flat.length > SHOWN ? `${flat.slice(0, SHOWN - 1)}…` : flat;
}
