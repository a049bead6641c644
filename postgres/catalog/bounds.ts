import type { OpenInterval } from "../../core/time/interval";
import { type KeyEncoding, findKeyKind, type KeyKind, parseBound } from "../../core/time/key";
import type { Instant } from "../../core/time/instant";

/** Interpretation of a key's values. */
export interface KeyReading {
  readonly encoding: KeyEncoding;
  readonly zone: string;
  /** Column that holds the time. Left out: that of the table's own key. */
  readonly column?: string;
}

/** Returns the meaning of a key of this type, also if none is declared. Numbers have no meaning of their own. */
export function findKeyKindOfType(type: string, reading: KeyReading | undefined): KeyKind | undefined {
  const declared = reading && findKeyKind(type, reading.encoding);
  return declared ?? findKeyKind(type, "time") ?? findKeyKind(type, "uuidv7");
}

/**
 * Reads the bounds of a partition as `pg_get_expr` prints them. Undefined for a default partition, for other strategies, for keys
 * of several columns, and for values that are no time.
 *
 * @example FOR VALUES FROM ('2025-01-01 00:00:00+00') TO (MAXVALUE)
 */
export function parseBounds(text: string, kind: KeyKind, zone: string): OpenInterval | undefined {
  const match = new RegExp(`^FOR VALUES FROM \\(${VALUE}\\) TO \\(${VALUE}\\)$`).exec(text);
  if (!match) return undefined;
  try {
    return { from: parseEnd(match[1] ?? "", kind, zone), to: parseEnd(match[2] ?? "", kind, zone) };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Returns the value of a branch: the one of a LIST bound, the remainder of a HASH bound. Undefined for a range, for several
 * values, for NULL and for the default.
 *
 * @example FOR VALUES IN ('abc-123')
 */
export function parseBranchValue(text: string): string | undefined {
  const hash = /^FOR VALUES WITH \(modulus \d+, remainder (\d+)\)$/.exec(text);
  if (hash) return hash[1];
  const list = new RegExp(`^FOR VALUES IN \\(${VALUE}\\)$`).exec(text)?.[1];
  if (list === undefined || list === "NULL") return undefined;
  return list.startsWith("'") ? list.slice(1, -1).replaceAll("''", "'") : list;
}

/** A quoted literal, a number, or a word; a comma would be the next column of the key. */
const VALUE = "('(?:[^']|'')*'|[^',()]+)";

/**
 * Reads an end. `infinity` is a value of the type and MAXVALUE is beyond all of them; as the end of a range of time they mean the
 * same.
 */
function parseEnd(text: string, kind: KeyKind, zone: string): Instant | undefined {
  if (text === "MINVALUE" || text === "MAXVALUE") return undefined;
  const value = text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
  if (value === "infinity" || value === "-infinity") return undefined;
  return parseBound(value, kind, zone);
}
