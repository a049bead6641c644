import { formatStatementLines } from "../../../core/sql/statement-text";
import type { Statement } from "../../../core/sql/statement";
import type { CallContext } from "../../runtime/call-context";

/** Prints the statements of one resource's update under a heading; nothing if there are none. */
export function showStatements(ctx: CallContext, heading: string, statements: readonly Statement[]): void {
  if (statements.length === 0) return;
  ctx.log.info([heading, ...formatStatementLines(statements).map((line) => `  ${line}`)].join("\n"));
}
