import type { OpenInterval } from "../core/time/interval";
import { type KeyEncoding, keyKind, type KeyKind, parseBound } from "../core/time/key";
import type { Instant } from "../core/time/instant";

/** How the values of a key are to be read. */
export interface KeyReading {
  readonly encoding: KeyEncoding;
  readonly zone: string;
}

/** What a key of this type means when nobody declared it. Numbers have no meaning of their own. */
export function kindOf(type: string, reading: KeyReading | undefined): KeyKind | undefined {
  const declared = reading && keyKind(type, reading.encoding);
  return declared ?? keyKind(type, "time") ?? keyKind(type, "uuidv7");
}

/**
 * Reads the bounds of a partition as `pg_get_expr` prints them. Undefined for a default partition, for other strategies,
 * for keys of several columns, and for values that are no time.
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

/** A quoted literal, a number, or a word; a comma would be the next column of the key. */
const VALUE = "('(?:[^']|'')*'|[^',()]+)";

/** `infinity` is a value of the type where MAXVALUE is beyond all of them; as the end of a range of time they mean the same. */
function parseEnd(text: string, kind: KeyKind, zone: string): Instant | undefined {
  if (text === "MINVALUE" || text === "MAXVALUE") return undefined;
  const value = text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text;
  if (value === "infinity" || value === "-infinity") return undefined;
  return parseBound(value, kind, zone);
}
