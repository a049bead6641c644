import { quote, quoteQualified } from "../../names/identifier";
import type { ValueSource } from "../../levels/levels";

/**
 * Returns a query for every value of a source with its parent, and whether any of its rows passes the filter: an ended value
 * still exists.
 */
export function buildSourceRowsQuery(source: ValueSource): string {
  const value = quote(source.column);
  const parent = source.parent === undefined ? "null::text" : `${quote(source.parent)}::text`;
  const active = source.where === undefined ? "true" : `coalesce(bool_or((${source.where})), false)`;
  return `select ${value}::text as value, ${parent} as parent, ${active} as active
    from ${quoteQualified(source.schema, source.table)}
    where ${value} is not null
    group by 1, 2`;
}
