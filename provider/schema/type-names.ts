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
  "GridOverride.when": "ColumnValue",
  "GridOverride.grid": "GridSegment",
  "LeafProfile.rowSecurity": "RowSecurity",
  "LeafProfile.grants": "Grant",
  "LeafProfile.replicaIdentity": "ReplicaIdentity",
  "LeafProfile.statistics": "StatisticsTarget",
  "LeafProfile.storage": "StorageProfile",
  "LeafProfile.defaultPartition": "DefaultPartition",
  "RowSecurity.leafAccess": "LeafAccess",
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
  "getPartitions.partitions": "PartitionInfo",
  "Provider.sslMode": "SslMode",
};
