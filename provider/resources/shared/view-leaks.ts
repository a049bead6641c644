import type { TableName } from "../../../core/names/table-name";
import { readViewLeaks } from "../../../postgres/read/view-leaks";
import type { CallContext } from "../../runtime/context";
import type { Runtime } from "../../runtime/runtime";

/** Warns of views that bypass the policies of a table, with the fix. */
export async function warnOfViews(ctx: CallContext, runtime: Runtime, table: TableName): Promise<void> {
  for (const view of await readViewLeaks(runtime.database, table)) {
    const name = `"${view.schema}"."${view.name}"`;
    ctx.log.warn(
      view.materialized
        ? `materialized view ${name} has rows of "${table.schema}.${table.table}" outside of its row security: every reader of the view sees them all. Revoke its privileges from roles that row security is for.`
        : `view ${name} reads "${table.schema}.${table.table}" as its owner "${view.owner}", exempt from row security: every reader of the view sees every row. ALTER VIEW ${name} SET (security_invoker = true) limits it to the reader's rows.`,
    );
  }
}
