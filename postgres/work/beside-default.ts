import { giveUpStatements } from "../../core/partition/default/beside";
import { shouldConvertDefault } from "../../core/partition/carry/default-shape";
import type { Creation } from "../../core/plan/create/creation";
import type { ParentShape } from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { StatementError } from "../connect/session-errors";
import type { ExecuteOptions } from "../execute/execute-options";
import { recordLedgerStatement } from "../registry/ledger";
import type { WorkContext } from "./work-context";

/**
 * Creates a partition while a default partition exists. A row of its range inserted since the count makes ATTACH fail (23514): if
 * there are few rows, it is moved in a second attempt, else the check that keeps out such rows is removed.
 */
export async function createNextToDefault(
  work: WorkContext,
  parent: ParentShape,
  creation: Creation,
  options: ExecuteOptions,
  run: (options: { readonly drain?: boolean }) => Promise<void>,
): Promise<void> {
  try {
    await run({});
  } catch (error) {
    const shape = parent.fallback;
    if (!shape?.managed || !(error instanceof StatementError) || error.sqlState !== "23514") throw error;
    if (shape.few) return run({ drain: true });
    await work.database.execute(giveUpStatements(parent, creation.partition), options);
    throw new Error(
      `${error.message}. A row of that range entered the default partition "${shape.name}" meanwhile, or rows of it are hidden from the role that counts them; nothing was changed. Run the update again`,
      { cause: error },
    );
  }
}

/** Records the new default partition, if the former one became a partition. */
export function recordNewDefault(work: WorkContext, parent: ParentShape, creation: Creation): Statement[] {
  const shape = parent.fallback;
  if (!shape || creation.kind !== "create" || !shouldConvertDefault(shape, creation.partition)) return [];
  return [
    recordLedgerStatement(work.management, {
      schema: parent.root.schema,
      table: parent.root.table,
      partition: shape.name,
      partitionSchema: parent.partitionSchema,
      bounds: { from: undefined, to: undefined },
      event: "created",
      run: work.run,
      detail: {},
    }),
  ];
}
