import { formatTableId } from "../../../core/names/resource-id";
import type { TableName } from "../../../core/names/table-name";
import type { Observation } from "../../../core/observed/observed-table";
import { formatToken } from "../../../core/resources/resource-type";
import { Refusal } from "../../runtime/failures";
import type { Runtime } from "../../runtime/runtime";

/**
 * True if a table was made plain again: a resource of the partitioned one is only forgotten, and drops nothing. Throws while it
 * is partitioned and its program declares the way back, which has then failed: nothing of it may be deleted.
 */
export function isPlainAgain(runtime: Runtime, name: TableName, { table }: Pick<Observation, "table">): boolean {
  const { schema, table: short } = name;
  if (table?.kind === "partitioned" && goesBack(runtime, name))
    throw new Refusal(
      `table "${schema}.${short}" is partitioned still, because its way back failed: nothing of it is deleted; run the update again`,
    );
  return table?.kind === "plain";
}

/** True if this run's program declares the conversion of a table without the table: until the swap, or back from it. */
export function goesBack(runtime: Runtime, name: TableName): boolean {
  return runtime.isDeclared(formatToken("Conversion"), formatTableId(name)) && !runtime.declaresTable(name);
}
