import { managementSchemaType } from "../../../core/resources/management-schema";
import type { TableName } from "../../../core/names/table-name";
import type { Problem } from "../../../core/problems/problem";
import { describeManagementSchema } from "../../../postgres/management/install";
import type { Runtime } from "../../runtime/runtime";

/**
 * Reports a table that would have no registry and no ledger: the schema of both is declared, never a side effect. Asks the
 * database only in a program that has not declared it before the table, and once.
 */
export async function findMissingSchema(runtime: Runtime, { schema, table }: TableName): Promise<Problem[]> {
  const { managementSchema } = runtime.config;
  if (runtime.isDeclared(managementSchemaType.token, managementSchema)) return [];
  const found = await runtime.runOnce("management schema", () => describeManagementSchema(runtime.database));
  if (found.kind === "ours") return [];
  return [
    {
      path: "table",
      code: "missing-property",
      message: `"${schema}.${table}" needs the management schema "${managementSchema}", which does not exist and is not declared before it.`,
      fix: `Add new ManagementSchema("management", { schema: "${managementSchema}" }) to the program and give the table dependsOn: that resource; a PartitionedDatabase declares it itself.`,
    },
  ];
}
