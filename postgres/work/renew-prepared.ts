import type { PreparedPlan } from "../../core/plan/prepare/prepared";
import type { Statement } from "../../core/sql/statement";
import type { TableName } from "../../core/names/table-name";
import { recordPreparedLevelsStatements, recordPreparedStatement } from "../registry/schedule-records";

/** Records what the schedule in the database has to create, if that has changed. */
export function renewPrepared(
  management: string,
  table: TableName,
  prepared: PreparedPlan | undefined,
  transaction: string,
): Statement[] {
  if (!prepared?.due) return [];
  const { partitions, levels, digest } = prepared;
  const entry = { schema: table.schema, table: table.table, prepared: partitions, levels, digest };
  return [
    recordPreparedStatement(management, entry),
    ...(levels ? recordPreparedLevelsStatements(management, { ...entry, levels }) : []),
  ].map((statement) => ({ ...statement, transaction }));
}
