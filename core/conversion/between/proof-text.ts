import { quote, quoteLiteral } from "../../names/identifier";
import { getColumn, matchKey, nameKeyColumn, type Pair, type PairRelation, quoteRelationOf } from "./pair";

/** Keys between which rows are compared: the values of the key's columns as text, after `after` and up to `to`. */
export interface KeyRange {
  readonly after?: readonly string[];
  readonly to?: readonly string[];
}

/**
 * Returns the 64-bit hash of one row: of the record, whose columns stand in it as they are where their equality is identity, and as
 * text where it is not (1.0 = 1.00, -0 = 0). Sums of it do not depend on the order, and unlike XOR they count equal rows.
 */
export function hashText({ columns }: Pick<Pair, "columns">, alias: string): string {
  const values = columns.map(({ name, exact }) =>
    exact ? `${alias}.${quote(name)}` : `${alias}.${quote(name)}::pg_catalog.text COLLATE pg_catalog."C"`,
  );
  return `pg_catalog.hash_record_extended(ROW(${values.join(", ")}), 0)`;
}

/**
 * Counts and hashes the rows of both sides in a range of keys, without those whose keys are pending. One statement has one snapshot, so
 * the answer is exact while both sides are written to, and needs no lock. The values of the range are $1 and so on: those of
 * `after`, then those of `to`.
 */
export function proofText(pair: Pair, range: KeyRange): string {
  return compareText(pair, (alias) => ` WHERE ${selectRange(pair, alias, range)} AND ${isSettled(pair, alias)}`);
}

/** Does the same with all rows, while nothing can be written to either side. */
export function proofOfAllText(pair: Pair): string {
  return compareText(pair, () => "");
}

function compareText(pair: Pair, where: (alias: string) => string): string {
  const side = (relation: PairRelation, alias: string) =>
    `SELECT pg_catalog.count(*) AS n, pg_catalog.sum(${hashText(pair, alias)}) AS h FROM ${quoteRelationOf(relation)} ${alias}${where(alias)}`;
  return `SELECT a.n AS source_rows, a.h AS source_hash, b.n AS target_rows, b.h AS target_hash FROM (${side(pair.source, "s")}) a, (${side(pair.target, "t")}) b`;
}

/** Lists rows that differ, or that one side lacks, in the same range and by the same rule: their keys, and the columns. $… as there. */
export function differencesText(pair: Pair, range: KeyRange, limit: number): string {
  const side = (relation: PairRelation, alias: string) =>
    `SELECT ${pair.columns.map(({ name }) => `${alias}.${quote(name)}`).join(", ")} FROM ${quoteRelationOf(relation)} ${alias} WHERE ${selectRange(pair, alias, range)} AND ${isSettled(pair, alias)}`;
  const join = pair.key.map((name) => `s.${quote(name)} = t.${quote(name)}`).join(" AND ");
  const first = quote(pair.key[0] ?? "");
  const isOther = (name: string) =>
    `s.${quote(name)}::pg_catalog.text COLLATE pg_catalog."C" IS DISTINCT FROM t.${quote(name)}::pg_catalog.text COLLATE pg_catalog."C"`;
  const keys = pair.key.map((name) => `coalesce(s.${quote(name)}, t.${quote(name)})::pg_catalog.text`);
  const differing = pair.columns.map(({ name }) => `CASE WHEN ${isOther(name)} THEN ${quoteLiteral(name)} END`);
  return [
    `SELECT pg_catalog.jsonb_build_array(${keys.join(", ")}) AS key, s.${first} IS NULL AS only_target, t.${first} IS NULL AS only_source,`,
    `pg_catalog.array_to_json(pg_catalog.array_remove(ARRAY[${differing.join(", ")}]::pg_catalog.text[], NULL)) AS columns`,
    `FROM (${side(pair.source, "s")}) s FULL JOIN (${side(pair.target, "t")}) t ON ${join}`,
    `WHERE s.${first} IS NULL OR t.${first} IS NULL OR ${pair.columns.map(({ name }) => isOther(name)).join(" OR ")}`,
    `LIMIT ${limit}`,
  ].join(" ");
}

/** Finds the key that ends a range of `rows` rows of the source after the values $1 and so on; no row: it is the last range. */
export function rangeEndText(pair: Pair, after: readonly string[] | undefined, rows: number): string {
  const keys = pair.key.map((name) => `s.${quote(name)}`);
  return `SELECT ${keys.map((name, index) => `${name}::pg_catalog.text AS ${quote(nameKeyColumn(index))}`).join(", ")} FROM ${quoteRelationOf(pair.source)} s WHERE ${selectRange(pair, "s", after ? { after } : {})} ORDER BY ${keys.join(", ")} OFFSET ${rows - 1} LIMIT 1`;
}

function selectRange(pair: Pair, alias: string, { after, to }: KeyRange): string {
  const row = (values: readonly string[]) => `(${values.join(", ")})`;
  const keys = row(pair.key.map((name) => `${alias}.${quote(name)}`));
  const values = (first: number) =>
    row(pair.key.map((name, index) => `$${first + index}::${getColumn(pair, name).type}`));
  const bounds = [
    ...(after ? [`${keys} > ${values(1)}`] : []),
    ...(to ? [`${keys} <= ${values(after ? pair.key.length + 1 : 1)}`] : []),
  ];
  return bounds.length === 0 ? "true" : bounds.join(" AND ");
}

/** True for a row whose key is not pending in the snapshot of the statement. */
function isSettled(pair: Pair, alias: string): string {
  return `NOT EXISTS (SELECT FROM ${quoteRelationOf(pair.pending)} p WHERE ${matchKey(pair, alias, "p")})`;
}
