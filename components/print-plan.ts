import * as pulumi from "@pulumi/pulumi";
import type { TableName } from "../core/names/table-name";
import { PRINT_PLAN } from "../core/resources/print-plan";

/** A table whose window is planned when `windowResource` is registered. */
interface PlannedTable {
  readonly tableName: TableName;
  readonly windowResource: Promise<pulumi.Resource>;
}

/** Has a preview print the plans of these tables together, when all their windows are planned. Does nothing in an update. */
export async function printPlan(tables: readonly PlannedTable[], opts: pulumi.InvokeOptions): Promise<void> {
  if (!pulumi.runtime.isDryRun()) return;
  for (const { windowResource } of tables) {
    const window = await windowResource;
    await new Promise((resolve) => window.urn.apply(resolve));
  }
  await pulumi.runtime.invoke(
    PRINT_PLAN,
    { tables: tables.map(({ tableName }) => tableName) },
    { ...opts, async: true },
  );
}
