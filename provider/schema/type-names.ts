/**
 * Names of nested objects and lists of allowed words, which Pulumi requires. The key is `Owner.property`, where the owner
 * is a resource, a function or a type named here; the same name in several places means the same type. Shapes of options
 * have their names by typeNamed(), where they are declared.
 */
export const TYPE_NAMES: Readonly<Record<string, string>> = {
  "Key.encoding": "KeyEncoding",
  "RootLevel.strategy": "PartitionStrategy",
  "Levels.above": "BranchLevel",
  "Levels.below": "BranchLevel",
  "Levels.overrides": "GridOverride",
  "BranchLevel.kind": "BranchKind",
  "BranchLevel.source": "ValueSource",
  "GridOverride.when": "ColumnValue",
  "GridOverride.grid": "GridSegment",
  "Column.identity": "IdentityKind",
  "PartitionProfile.rowSecurity": "RowSecurity",
  "PartitionProfile.grants": "Grant",
  "PartitionProfile.replicaIdentity": "ReplicaIdentity",
  "PartitionProfile.statistics": "StatisticsTarget",
  "PartitionProfile.storage": "StorageProfile",
  "PartitionProfile.defaultPartition": "DefaultPartition",
  "RowSecurity.partitionAccess": "PartitionAccess",
  "RowSecurity.policies": "Policy",
  "RowSecurity.copyFrom": "TableName",
  "Policy.command": "PolicyCommand",
  "Grant.privileges": "Privilege",
  "ReplicaIdentity.kind": "ReplicaIdentityKind",
  "StorageProfile.name": "StorageAge",
  "StorageProfile.options": "Setting",
  "StorageProfile.toast": "Setting",
  "IndexDefinition.columns": "IndexColumn",
  "IndexColumn.order": "SortOrder",
  "IndexColumn.nulls": "NullsOrder",
  "GridSegment.every": "SegmentLength",
  "PublicationCreation.publish": "PublishedChange",
  "getPartitions.partitions": "PartitionInfo",
  "Provider.sslMode": "SslMode",
};
