import { areFew, formatStatementKinds } from "../../../core/sql/statement-kinds";
import { formatStatementLines } from "../../../core/sql/statement-text";
import type { Statement } from "../../../core/sql/statement";
import type { CallContext } from "../../runtime/call-context";

/** Prints the statements of one resource's update under a heading, with notes; nothing if there are neither. */
export function showStatements(
  ctx: CallContext,
  heading: string,
  statements: readonly Statement[],
  notes: readonly string[] = [],
): void {
  if (statements.length + notes.length === 0) return;
  ctx.log.record({ heading, statements });
  const lines = areFew(statements) ? formatStatementLines(statements) : formatStatementKinds(statements);
  const said = [...lines, ...notes.map((note) => `note: ${note}`)];
  ctx.log.info([heading, ...said.map((line) => `  ${line}`)].join("\n"));
}
