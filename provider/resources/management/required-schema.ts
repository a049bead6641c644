import { managementSchemaType } from "../../../core/resources/management-schema";
import type { TableName } from "../../../core/names/table-name";
import { describeManagementSchema } from "../../../postgres/management/install";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";

/**
 * Throws if a table would have no registry and no ledger: the schema of both is declared, never a side effect. Asks the
 * database only in a program that has not declared it before the table, and once.
 */
export async function requireManagementSchema(runtime: Runtime, { schema, table }: TableName): Promise<void> {
  const { managementSchema } = runtime.config;
  if (runtime.isDeclared(managementSchemaType.token, managementSchema)) return;
  const found = await runtime.runOnce("management schema", () => describeManagementSchema(runtime.database));
  if (found.kind === "ours") return;
  throw new Refusal(
    `table "${schema}.${table}" needs the management schema "${managementSchema}", which does not exist and is not declared before it. ` +
      `Add new ManagementSchema("management", { schema: "${managementSchema}" }) to the program and give the table dependsOn: that resource; a PartitionedDatabase declares it itself`,
  );
}
