/** Public interface of the package. Everything else is internal and may change. */
export { PartitionedDatabase, type PartitionedDatabaseArgs } from "./partitioned-database";
export { PartitionedTable, type PartitionedTableArgs } from "./partitioned-table";
export { type ConnectionArgs, Provider, type ProviderArgs } from "./provider";
export { ArchiveBucket, type AccessLogArgs, type ArchiveBucketArgs } from "./archive-bucket";
export type { ExistingBucketArgs } from "./archive-bucket-existing";
export { ArchiveCatalog, type ArchiveCatalogArgs } from "./archive-catalog";
export { Monitoring, type MonitoringArgs } from "./monitoring";
export type { PrerequisiteArgs, PrerequisitePublicationArgs, PrerequisiteRoleArgs } from "./prerequisites";
export * from "./resources";
export { programClock, type ProgramClock } from "./clock";
export type { ColumnArgs } from "../core/declare/table/column";
export type { TableSpecArgs } from "../core/declare/table/args";
export type { IndexArgs, IndexColumnArgs } from "../core/declare/table/indexes";
export type { CheckArgs, ForeignKeyArgs } from "../core/declare/table/constraints";
export type { ConversionPhase } from "../core/declare/conversion/conversion-spec";
export type { ConvertFromArgs } from "../core/declare/conversion/convert-from";
export type { WindowArgs } from "../core/declare/window/window";
export type { RetireHoursArgs, Weekday } from "../core/declare/retention/retire-hours";
export type { HashLevelArgs, ListLevelArgs, ListValuesArgs } from "../core/declare/levels/branch-level";
export type { LevelArgs } from "../core/declare/levels/level-args";
export type { LevelOverrideArgs, RangeLevelArgs, SegmentArgs } from "../core/declare/levels/time-level";
export type { CreatePublicationArgs, PublicationArgs, PublishedChange } from "../core/declare/table/publications";
export type { FunctionNamesArgs, NoScheduleArgs, ScheduleArgs } from "../core/declare/schedule/schedule-args";
export type { QueryFunctionArgs, RangeArgumentArgs } from "../core/declare/schedule/query-function-args";
export type { PolicyArgs, Privilege, RowSecurityArgs } from "../core/declare/table/security";
export type { DefaultPartitionArgs } from "../core/declare/table/default-partition";
export type { AgedStorageProfileArgs, StorageArgs, StorageProfileArgs } from "../core/declare/table/storage";
export type {
  AlertThresholdArgs,
  MonitoringSettingsArgs,
  ShortTime,
  SizeThresholdArgs,
} from "../core/monitoring/monitoring-args";
export type { BackupArgs } from "../core/declare/retention/backup";
export type { RestoredArgs, RestoredRangeArgs } from "../core/declare/retention/restored";
export type { Size } from "../core/size";
export type { BucketSetting } from "../core/archive/bucket/bucket-facts";
export type { ArchiveCatalogSettingsArgs } from "../core/archive/catalog/catalog-args";
export type {
  ArchiveBucketSettingsArgs,
  ArchiveStorageClass,
  ObjectLockArgs,
  StorageStepArgs,
} from "../core/declare/archive/bucket-args";
export type { Problem } from "../core/problems/problem";
export type { Span } from "../core/time/span";
export type { PlanEntry, PlannedLock, WindowPlan, WorkItem } from "../core/plan/change/plan-types";
