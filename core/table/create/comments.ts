import { quote, quoteLiteral, quoteQualified } from "../../names/identifier";
import type { Statement } from "../../sql/statement";

/** Comment of a column, before and after. */
export interface ColumnComment {
  readonly column: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Returns statements for comments on columns of the table alone: partitions created later copy them.
 *
 * @param fresh true if no other session can see the table yet
 */
export function buildColumnCommentStatements(
  table: { readonly schema: string; readonly table: string },
  transaction: string,
  comments: readonly ColumnComment[],
  fresh: boolean,
): Statement[] {
  const relation = `${table.schema}.${table.table}`;
  return comments.map(({ column, from, to }) => {
    const formatComment = (comment: string | undefined) =>
      `COMMENT ON COLUMN ${quoteQualified(table.schema, table.table)}.${quote(column)} IS ${comment === undefined ? "NULL" : quoteLiteral(comment)}`;
    return {
      sql: formatComment(to),
      transaction,
      timeouts: "light",
      locks: fresh ? [] : [{ relation, role: "parent", mode: "SHARE UPDATE EXCLUSIVE" }],
      hold: "instant",
      hazards: [],
      undo: formatComment(from),
    };
  });
}
