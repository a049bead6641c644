// Tables that the benches declare.
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { BenchDatabase } from "./server";
import type { DatabaseArgs } from "./project";

/** The tenth at noon of this month: days may pass in a bench without a month's end. Rows of now() have a partition. */
export const AS_OF = `${new Date().toISOString().slice(0, 8)}10T12:00:00Z`;

export function databaseArgs(
  database: BenchDatabase,
  tables: Readonly<Record<string, TableSpecArgs>>,
  asOf = AS_OF,
): DatabaseArgs {
  return { connection: { url: database.url }, tables, asOf, trustAsOf: true };
}

/** Declares a log table as in the seeds, partitioned by months, with `ahead` partitions, at least 1, after the present one. */
export function agentLogs(ahead: number): TableSpecArgs {
  return {
    table: "agent_logs",
    columns: {
      id: "bigint",
      task_id: { type: "uuid", nullable: true },
      company_id: { type: "uuid", nullable: true },
      ts: "timestamptz",
      level: { type: "text", nullable: true },
      msg: { type: "text", nullable: true },
      meta: { type: "jsonb", nullable: true },
    },
    primaryKey: ["id", "ts"],
    indexes: {
      company: { columns: ["company_id", { column: "ts", order: "desc" }] },
      task: { columns: ["task_id", { column: "ts", order: "desc" }] },
      level: { columns: ["level", "ts"] },
    },
    partitionBy: [{ range: "ts", every: "month" }],
    window: { lead: `${ahead} months`, retention: "forever", start: monthOf(AS_OF) },
    onExpire: "detach",
  };
}

/** Declares a narrow table partitioned by days; `count` partitions, at least 3, half of them after today. */
export function dailyEvents(count: number, changes: Partial<TableSpecArgs> = {}): TableSpecArgs {
  const ahead = Math.floor(count / 2);
  return {
    table: "events",
    columns: { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
    primaryKey: ["id", "at"],
    partitionBy: [{ range: "at", every: "day" }],
    window: { lead: `${ahead} days`, retention: `${count - ahead - 1} days` },
    onExpire: "detach",
    ...changes,
  };
}

function monthOf(instant: string): string {
  return `${instant.slice(0, 8)}01T00:00:00Z`;
}
