/** Rows of one table that refer to a partition. */
export interface Referring {
  /** `app.orders` */
  readonly table: string;
  /** The same in parts. */
  readonly relation?: { readonly schema: string; readonly name: string };
  /** Name of the foreign key. */
  readonly key: string;
  /** Number counted; undefined: they could not be counted in time. */
  readonly rows: number | undefined;
}

/** Count at which counting stops: one row would be enough. */
export const COUNTED_REFERRING_ROWS = 10_000;

/** Rows that refer to the partitions that are to leave, by oid. Without an entry no row refers to it. */
export type ReferringRows = ReadonlyMap<string, readonly Referring[]>;

/** Explains why a partition stays; undefined: nothing refers to it. PostgreSQL itself would refuse to detach it, half-way. */
export function explainReferring(oid: string, referring: ReferringRows): string | undefined {
  const found = (referring.get(oid) ?? []).filter((one) => one.rows !== 0);
  if (found.length === 0) return undefined;
  return `is retained, because ${found.map(describe).join(" and ")}`;
}

function describe({ table, key, rows }: Referring): string {
  if (rows === undefined)
    return `rows of ${table} that refer to it (foreign key "${key}") could not be counted in time: give its columns an index`;
  return `${describeRows(rows)} of ${table} ${rows === 1 ? "refers" : "refer"} to it (foreign key "${key}")`;
}

/** `1 row`, `25 rows`, `more than 10000 rows`. */
export function describeRows(rows: number | undefined): string {
  if (rows === undefined) return "its rows could not be counted in time";
  const many = rows > COUNTED_REFERRING_ROWS ? `more than ${COUNTED_REFERRING_ROWS}` : String(rows);
  return `${many} ${rows === 1 ? "row" : "rows"}`;
}
