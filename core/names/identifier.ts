import { createHash } from "node:crypto";
import { fitLater, hasHole } from "./hole";

/** PostgreSQL cuts longer identifiers silently (NAMEDATALEN - 1), after which two partitions can share one name. */
export const MAX_IDENTIFIER_BYTES = 63;

const HASH_LENGTH = 8;

/** An identifier that is already quoted for SQL. Only the functions of this file create one, so raw text cannot slip in. */
export type Quoted = string & { readonly __quoted: unique symbol };

/** Quotes one identifier, always: `a"b` becomes `"a""b"`. Throws on NUL, which PostgreSQL cannot store. */
export function quote(name: string): Quoted {
  if (name.includes("\0")) throw new RangeError(`the name ${JSON.stringify(name)} contains a NUL character`);
  return `"${name.replace(/"/g, '""')}"` as Quoted;
}

/** Quotes a schema and a name as `"schema"."name"`. */
export function quoteQualified(schema: string, name: string): Quoted {
  return `${quote(schema)}.${quote(name)}` as Quoted;
}

/** Quotes a list of names for a column list: `"a", "b"`. */
export function quoteList(names: readonly string[]): Quoted {
  return names.map(quote).join(", ") as Quoted;
}

/** Quotes a text literal. Backslashes need the E form only if standard_conforming_strings is off; every connection sets it on. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new RangeError("a text literal cannot contain a NUL character");
  return `'${text.replace(/'/g, "''")}'`;
}

/** Returns the length that PostgreSQL counts: bytes of UTF-8, not characters. */
export function countBytes(name: string): number {
  return Buffer.byteLength(name, "utf8");
}

/**
 * Fits a name from a template into 63 bytes: longer ones keep their beginning and end in a hash of the whole, so that two long
 * names never become one. Names that a user wrote in full never come here: they are refused when too long.
 */
export function fitIdentifier(name: string): string {
  // The length is known only when the hole is filled.
  if (hasHole(name)) return fitLater(name);
  if (countBytes(name) <= MAX_IDENTIFIER_BYTES) return name;
  return `${trimToBytes(name, MAX_IDENTIFIER_BYTES - HASH_LENGTH - 1)}_${hashShort(name)}`;
}

/** Returns eight hexadecimal digits that distinguish two otherwise equal names. */
export function hashShort(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, HASH_LENGTH);
}

function trimToBytes(name: string, bytes: number): string {
  let kept = "";
  let used = 0;
  for (const character of name) {
    used += countBytes(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}

/** Returns PostgreSQL's own name for a primary key, written explicitly so that preview can show it. */
export function formatPrimaryKeyName(table: string): string {
  return fitIdentifier(`${table}_pkey`);
}
