import { statementLines } from "../../../core/sql/statement-text";
import type { Statement } from "../../../core/sql/statement";
import type { CallContext } from "../../runtime/context";

/** What an update of one resource will run, under a heading; nothing where it runs nothing. */
export function showStatements(ctx: CallContext, heading: string, statements: readonly Statement[]): void {
  if (statements.length === 0) return;
  ctx.log.info([heading, ...statementLines(statements).map((line) => `  ${line}`)].join("\n"));
}
