/**
 * Names of nested objects and lists of allowed words, which Pulumi requires. The key is `Owner.property`, where the owner
 * is a resource, a function or a type named here; the same name in several places means the same type. Shapes of options
 * have their names by nameType(), where they are declared.
 */
export const TYPE_NAMES: Readonly<Record<string, string>> = {
  "Key.encoding": "KeyEncoding",
  "RootLevel.strategy": "PartitionStrategy",
  "Levels.above": "BranchLevel",
  "Levels.below": "BranchLevel",
  "Levels.overrides": "GridOverride",
  "GridOverride.when": "ColumnValue",
  "GridOverride.grid": "GridSegment",
  "printPlan.tables": "PlannedTableName",
  "printPlan.declared": "DeclaredTableName",
  "planPartitions.partitions": "PartitionToDeclare",
  "PartitionToDeclare.status": "PartitionStatus",
  "getPartitions.partitions": "PartitionInfo",
  "Provider.sslMode": "SslMode",
};
