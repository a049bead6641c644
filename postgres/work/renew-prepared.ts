import type { PreparedPlan } from "../../core/plan/prepared";
import type { Statement } from "../../core/statements/statement";
import { recordPreparedStatement, type TableName } from "../registry";

/** Gives the schedule in the database what it is to make, where it was given something else before. */
export function renewPrepared(
  management: string,
  table: TableName,
  prepared: PreparedPlan | undefined,
  transaction: string,
): Statement[] {
  if (!prepared || prepared.work.length === 0) return [];
  const { partitions, digest } = prepared;
  const entry = { schema: table.schema, table: table.table, prepared: partitions, digest };
  return [{ ...recordPreparedStatement(management, entry), transaction }];
}
