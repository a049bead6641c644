/** What users may rely on. Everything else is internal and may change. */
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
export type { ColumnArgs, IndexArgs, IndexColumnArgs, TableSpecArgs } from "../core/spec/args";
export type { CheckArgs, ForeignKeyArgs } from "../core/spec/options/constraints";
export type { WindowArgs } from "../core/spec/options/window";
export type { RetireHoursArgs, Weekday } from "../core/spec/retire-hours";
export type {
  HashLevelArgs,
  LevelArgs,
  LevelOverrideArgs,
  ListLevelArgs,
  ListValuesArgs,
  RangeLevelArgs,
  SegmentArgs,
} from "../core/spec/level-args";
export type { CreatePublicationArgs, PublicationArgs, PublishedChange } from "../core/spec/publication-args";
export type { FunctionNamesArgs, NoScheduleArgs, ScheduleArgs } from "../core/spec/schedule-args";
export type { PolicyArgs, Privilege, RowSecurityArgs } from "../core/spec/security-args";
export type { DefaultPartitionArgs } from "../core/spec/default-partition";
export type { AgedStorageProfileArgs, StorageArgs, StorageProfileArgs } from "../core/spec/storage-args";
export type { AlertThresholdArgs, MonitoringSettingsArgs, ShortTime, SizeThresholdArgs } from "../core/monitoring/args";
export type { BackupArgs } from "../core/spec/backup";
export type { RestoredArgs, RestoredRangeArgs } from "../core/spec/restored";
export type { Size } from "../core/size";
export type { BucketSetting } from "../core/archive/bucket-facts";
export type { ArchiveCatalogSettingsArgs } from "../core/archive/catalog-args";
export type {
  ArchiveBucketSettingsArgs,
  ArchiveStorageClass,
  ObjectLockArgs,
  StorageStepArgs,
} from "../core/archive/bucket-args";
export type { Problem } from "../core/problem";
export type { Span } from "../core/time/span";
export type { PlanEntry, PlannedLock, WindowPlan, WorkItem } from "../core/plan/types";
