/** What users may rely on. Everything else is internal and may change. */
export { PartitionedDatabase, type PartitionedDatabaseArgs } from "./partitioned-database";
export { PartitionedTable, type PartitionedTableArgs } from "./partitioned-table";
export { type ConnectionArgs, Provider, type ProviderArgs } from "./provider";
export type { PrerequisiteArgs } from "./prerequisites";
export { Index, ManagementSchema, Partition, PartitionWindow, Table } from "./resources";
export { programClock, type ProgramClock } from "./clock";
export type {
  ColumnArgs,
  ForeignKeyArgs,
  IndexArgs,
  IndexColumnArgs,
  LevelArgs,
  SegmentArgs,
  TableSpecArgs,
  WindowArgs,
} from "../core/spec/args";
export type { Problem } from "../core/problem";
export type { Span } from "../core/time/span";
export type { PlanEntry, PlannedLock, WindowPlan, WorkItem } from "../core/plan/types";
