import type { ObservedColumn, ObservedTable } from "../../observed/observed-table";
import type { Instant } from "../../time/instant";
import { findKeyKind, type KeyEncoding, type KeyKind, parseBound } from "../../time/key";
import { parseUuidBound, PLAIN_TAIL } from "../../time/uuid-bounds";
import type { ColumnStatistics, KeyFacts } from "./facts";

/** What the operator said about the key. */
export interface AskedKey {
  readonly column?: string | undefined;
  readonly encoding: KeyEncoding;
  readonly zone: string;
  /** Columns of LIST and HASH levels beside it. Left out: none. */
  readonly levels?: readonly string[];
}

/** What a key is chosen by. */
export interface KeyTable extends Pick<ObservedTable, "columns" | "indexes"> {
  /** Rows are inserted, and the statistics know of no update. */
  readonly neverUpdated?: boolean;
}

type ChosenKey = Omit<KeyFacts, "rows" | "unread" | "scanSeconds">;

/** Chooses the column to partition by: the one named, or the likeliest of those that can hold times. */
export function chooseKey(
  table: KeyTable,
  statistics: readonly ColumnStatistics[],
  { column, encoding, zone, levels }: AskedKey,
): ChosenKey | undefined {
  const fitting = table.columns.filter(
    (one) => findKeyKind(one.type, encoding) !== undefined && one.generated !== true,
  );
  const ranked = fitting
    .map((one) => ({ one, score: scoreColumn(one, table, statistics) }))
    .sort((a, b) => b.score - a.score)
    .map(({ one }) => one);
  const chosen = column === undefined ? ranked[0] : table.columns.find((one) => one.name === column);
  if (!chosen) return undefined;
  return {
    column: chosen.name,
    type: chosen.type,
    encoding,
    kind: findKeyKind(chosen.type, encoding),
    zone,
    ...(levels ? { levels } : {}),
    rivals: ranked.filter((one) => one !== chosen).map((one) => one.name),
  };
}

/** Names of times that change with each update of a row, which would move. In a table without updates they say when a row came. */
const CHANGED = /updat|modif|chang/i;

/** Names of times that are set during the life of a row, or lie ahead: a row would move, or stay longer than it should. */
const LATER = /delet|expir|finish|complet|ended|until|due|last|seen|next|birth|archiv/i;

/** Names of the time at which a row came into being. */
const FIRST = /creat|insert|occur|happen|record|receiv|observ|event|log|^(?:ts|at|time|timestamp|date|day)$/i;

function scoreColumn(
  { name, type, nullable, default: initial }: ObservedColumn,
  { indexes, neverUpdated = false }: Omit<KeyTable, "columns">,
  statistics: readonly ColumnStatistics[],
): number {
  const found = statistics.find((one) => one.column === name);
  const points: readonly (readonly [boolean, number])[] = [
    [indexes.some((one) => one.unique && one.columns.includes(name)), 6],
    [!nullable, 4],
    [(found?.correlation ?? 0) > 0.9, 3],
    [indexes.some((one) => one.columns[0] === name), 3],
    [/\b(?:now\(\)|CURRENT_|clock_timestamp|statement_timestamp|transaction_timestamp)/i.test(initial ?? ""), 3],
    [FIRST.test(name), 2],
    [type.startsWith("timestamp"), 1],
    [LATER.test(name) || (CHANGED.test(name) && !neverUpdated), -8],
    [(found?.nullShare ?? 0) > 0.01, -6],
  ];
  return points.reduce((sum, [holds, score]) => sum + (holds ? score : 0), 0);
}

/** True if a column looks like the time at which a row came into being, and not like one that is set later. */
export function isLikelyKey(column: string, table: KeyTable, statistics: readonly ColumnStatistics[]): boolean {
  const found = table.columns.find((one) => one.name === column);
  return found !== undefined && scoreColumn(found, table, statistics) > 0;
}

/** Reads a value of the key as a row holds it. Undefined: infinity, or no time. */
export function parseKeyValue(text: string, kind: KeyKind, zone: string): Instant | undefined {
  try {
    if (kind !== "uuidv7") return parseBound(text, kind, zone);
    // The first 48 bits are its time; other versions have none.
    return text[14] === "7" ? parseUuidBound(`${text.slice(0, 13)}-${PLAIN_TAIL}`) : undefined;
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
