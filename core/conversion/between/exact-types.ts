/**
 * Types whose equality is identity: two equal values print alike, so the type's own hash proves them. All others are compared by
 * their text: 1.0 = 1.00 in numeric, -0 = 0 in float8, '1 month' = '30 days' in interval, and jsonb, citext and user-defined
 * types have rules of their own. Text with a nondeterministic collation is not in it by its collation.
 */
const EXACT: ReadonlySet<string> = new Set([
  "boolean",
  "smallint",
  "integer",
  "bigint",
  "oid",
  "text",
  "character varying",
  "uuid",
  "date",
  "time without time zone",
  "timestamp without time zone",
  "timestamp with time zone",
  "bytea",
]);

/**
 * @param type as format_type prints it, with or without a length: `character varying(20)`
 * @param deterministic false for a collation by which different texts are equal
 */
export function isExactType(type: string, deterministic = true): boolean {
  const base = type.replace(/\(\d+(?:,\d+)?\)/, "");
  return EXACT.has(base) && deterministic;
}
