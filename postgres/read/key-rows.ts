import { parseKeyValue } from "../../core/conversion/analyze/choose-key";
import type { KeyFacts, KeyRows } from "../../core/conversion/analyze/facts";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { ObservedTable } from "../../core/observed/observed-table";
import { getSqlState } from "../connect/sqlstate";
import type { Row } from "../connect/session";
import type { Database } from "../database";

/** A table up to this size is read in full: some tenths of a second. */
const READ_BYTES = 64 * 1024 ** 2;

/** Pages of a sample: enough for a range and a duration, read in some tenths of a second. */
const SAMPLE_PAGES = 4_000;

const PAGE_BYTES = 8_192;

/** Rows without a key are counted up to this number: it stops the conversion in any case. */
const COUNTED_NULLS = 100_000;

type Read = Pick<KeyFacts, "rows" | "unread" | "scanSeconds">;
type Key = Pick<KeyFacts, "column" | "kind" | "zone">;

/**
 * Reads what the rows hold in the key, within about a second for a table of any size: all rows of a small table, else range and
 * NULLs from an index on the key, else a sample. The time of reading the whole table is measured on what was read.
 */
export async function readKeyRows(
  database: Database,
  table: Pick<ObservedTable, "schema" | "name" | "indexes">,
  key: Key,
  heapBytes: number,
): Promise<Read> {
  const share = chooseShare(heapBytes);
  try {
    const begun = performance.now();
    const [read] = await readRow(database, buildReadText(table, key, share));
    const scanSeconds = (performance.now() - begun) / 1000 / share;
    if (share === 1 || !hasIndex(table, key)) {
      return { rows: toRows(read, key, share === 1 ? "table" : "sample", Math.round(1 / share)), scanSeconds };
    }
    const [exact] = await readRow(database, buildIndexText(table, key));
    return { rows: toRows(exact, key, "index", 1), scanSeconds };
  } catch (error) {
    const reason = REASONS[getSqlState(error) ?? ""];
    if (reason === undefined) throw error;
    return { rows: undefined, unread: reason, scanSeconds: undefined };
  }
}

/** Share of the rows that is read: all of a small table, and a sample of a larger one. */
export function chooseShare(heapBytes: number): number {
  return heapBytes <= READ_BYTES ? 1 : (SAMPLE_PAGES * PAGE_BYTES) / heapBytes;
}

/** Why rows could not be read; another error is thrown. */
export const REASONS: Readonly<Record<string, string>> = {
  "42501": "the role may not read all rows",
  "57014": "the reading was cancelled",
  "55P03": "another session holds a lock on the table",
};

/** A row that a policy would hide is an error, and not left out. */
function readRow(database: Database, text: string): Promise<Row[]> {
  return database.readLong(text, [], { row_security: "off" });
}

/** A B-tree in which the key comes first, of every row. */
function hasIndex({ indexes }: Pick<ObservedTable, "indexes">, { column }: Key): boolean {
  return indexes.some(
    ({ valid, columns, definition }) =>
      valid && columns[0] === column && definition.startsWith("USING btree ") && !definition.includes(" WHERE "),
  );
}

function buildReadText(table: Pick<ObservedTable, "schema" | "name">, key: Key, share: number): string {
  return `select ${formatEnds(key)} from ${formatShare(table, share)}`;
}

/** The columns `read`, `nulls`, `min` and `max` of what is read. */
export function formatEnds({ column, kind }: Pick<Key, "column" | "kind">): string {
  // Before PostgreSQL 18 min(uuid) does not exist; as text, UUIDs of one version sort alike.
  const value = kind === "uuidv7" ? `${quote(column)}::text` : quote(column);
  return `count(*)::text as read, (count(*) - count(${value}))::text as nulls, min(${value})::text as min, max(${value})::text as max`;
}

export function formatShare(table: Pick<ObservedTable, "schema" | "name">, share: number): string {
  const sample = share === 1 ? "" : ` tablesample system (${(share * 100).toFixed(6)})`;
  return `${quoteQualified(table.schema, table.name)}${sample}`;
}

function buildIndexText(table: Pick<ObservedTable, "schema" | "name">, { column }: Key): string {
  const name = quoteQualified(table.schema, table.name);
  const value = quote(column);
  // Named by its table: alone, the name would mean the text that is selected, in whose order no index is.
  const end = (order: string) =>
    `(select t.${value}::text from ${name} t where t.${value} is not null order by t.${value} ${order} limit 1)`;
  return `select (select count(*) from (select from ${name} where ${value} is null limit ${COUNTED_NULLS}) n)::text as nulls,
${end("asc")} as min, ${end("desc")} as max`;
}

function toRows(row: Row | undefined, key: Key, from: KeyRows["from"], factor: number): KeyRows {
  const { read, nulls, min, max } = row ?? {};
  const parse = (text: unknown) =>
    typeof text === "string" && key.kind ? parseKeyValue(text, key.kind, key.zone) : undefined;
  return {
    from,
    read: read === undefined ? undefined : Number(read),
    nulls: Number(nulls ?? 0) * factor,
    nullsCapped: from === "index" && Number(nulls) === COUNTED_NULLS,
    min: typeof min === "string" ? min : undefined,
    max: typeof max === "string" ? max : undefined,
    minTime: parse(min),
    maxTime: parse(max),
  };
}
