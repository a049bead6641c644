import { giveUpStatements } from "../../core/partition/default/beside";
import { becomes } from "../../core/partition/carry/default-shape";
import type { Creation } from "../../core/plan/create/creation";
import type { ParentShape } from "../../core/partition/carry/parent";
import type { Statement } from "../../core/sql/statement";
import { StatementError } from "../connect/errors";
import type { ExecuteOptions } from "../execute/execute-options";
import { ledgerStatement } from "../registry/registry";
import type { WorkContext } from "./context";

/**
 * Makes a partition beside a default one. A row of its range that came in since the count stops the ATTACH (23514): where few
 * rows lie there it is moved in a second try, elsewhere what was put in the way of such rows is taken back.
 */
export async function besideDefault(
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
      `${error.message}. A row of that range came into the default partition "${shape.name}" meanwhile, or rows of it are hidden from the role that counts them; nothing was changed. Run the update again`,
      { cause: error },
    );
  }
}

/** A default partition that became a partition has a new one in its place. */
export function convertedRecord(work: WorkContext, parent: ParentShape, creation: Creation): Statement[] {
  const shape = parent.fallback;
  if (!shape || creation.kind !== "create" || !becomes(shape, creation.partition)) return [];
  return [
    ledgerStatement(work.management, {
      schema: parent.root.schema,
      table: parent.root.table,
      partition: shape.name,
      partitionSchema: parent.leafSchema,
      bounds: { from: undefined, to: undefined },
      event: "created",
      run: work.run,
      detail: {},
    }),
  ];
}
