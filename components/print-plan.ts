import * as pulumi from "@pulumi/pulumi";
import type { TableName } from "../core/names/table-name";
import { listDeclaredTables } from "./neighbours";
import { PRINT_PLAN } from "../core/resources/print-plan";

/** A table whose window is planned when `windowResource` is registered. */
interface PlannedTable {
  readonly tableName: TableName;
  readonly windowResource: Promise<pulumi.Resource>;
}

/**
 * Has a preview print the plans of these tables together, when all their windows are planned. Does nothing in an update.
 *
 * @param whole true if these are all tables of their database, so that others of this stack are leaving the program
 */
export async function printPlan(
  tables: readonly PlannedTable[],
  opts: pulumi.InvokeOptions,
  whole = false,
): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  for (const { windowResource } of tables) {
    const window = await windowResource;
    await new Promise((resolve) => window.urn.apply(resolve));
  }
  const question = {
    tables: tables.map(({ tableName }) => tableName),
    ...(whole ? { owner: `${pulumi.getProject()}/${pulumi.getStack()}`, declared: [...listDeclaredTables()] } : {}),
  };
  await pulumi.runtime.invoke(PRINT_PLAN, question, { ...opts, async: true });
}
