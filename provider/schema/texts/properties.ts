import { COMMON_TEXTS } from "../../../core/resources/resource-type";

/**
 * Texts of properties of types and functions that are no arguments, or whose travelling form means something else,
 * `Owner.property`; `*.property` is the same everywhere. Those of resources are in core/resources/; all others have the
 * docstring of their argument.
 */
export const PROPERTIES: Readonly<Record<string, string>> = {
  "*.schema": COMMON_TEXTS.schema,
  "*.table": COMMON_TEXTS.table,
  "*.key": COMMON_TEXTS.key,
  "*.name": "Its name.",
  "*.columns": "Columns, in order.",

  "SizeThresholds.smallBytes": "Below this a partition is small, in bytes.",
  "SizeThresholds.warnBytes": "Above this a warning, in bytes. More than smallBytes.",
  "SizeThresholds.alertBytes": "Above this an alert, in bytes. More than warnBytes.",

  "RootLevel.strategy": "By which kind of partitioning.",
  "RootLevel.column": "By which column.",
  "Levels.above": "Levels above the time level, outermost first.",
  "Levels.below": "HASH levels by which each partition is cut further.",
  "BranchLevel.kind": "Partitioning by values or by a hash.",
  "BranchLevel.column": "Column of the level.",
  "BranchLevel.name": "Template of the names of its branches.",
  "BranchLevel.values": "Values of a LIST level, where they are listed.",
  "BranchLevel.source": "Where the values of a LIST level are read.",
  "GridOverride.grid": "How time is cut there.",
  "ColumnValue.column": "Name of the column.",
  "ColumnValue.value": "Its value.",
  "PartitionProfile.schema": "Schema of the partitions. Left out: that of their siblings, else of the table.",
  "PartitionProfile.replicaIdentity": "Replica identity. Left out: that of the siblings.",
  "DefaultPartition.name": "Its name, when it is created.",
  "RowSecurity.policies": "The policies, and no others. With copyFrom those of the other table, filled in by Check.",
  "RowSecurity.copyFrom": "Table whose policies are copied.",
  "Grant.role": "Name of the role; `public` for all roles.",
  "Grant.privileges": "Its privileges.",
  "ReplicaIdentity.kind": "What identifies a row.",
  "ReplicaIdentity.index": "Name of the index on the parent, with `index`.",
  "StatisticsTarget.column": "Name of the column.",
  "StatisticsTarget.target": "Its target, 0 to 10000.",
  "StorageProfile.name": "Which age.",
  "Setting.value": "Its value, as text.",

  "ReplicaIdentity.partitionIndexName": "Template of its name on a partition; {partition} is filled in.",
  "IndexDefinition.index": "Key under which the index was declared.",

  "Archive.to":
    "`s3://bucket/prefix`, or `file:///directory` of the machine that runs the update. Left out: the archive is a table.",
  "Archive.table": "The table that is the archive. Left out: archives are objects of a store.",
  "ArchiveTable.schema": "Schema of the archive table.",
  "ArchiveTable.name": "Name of the archive table.",
  "ArchiveTable.url":
    "Connection URL of its database, without a password, which PGPASSFILE, ~/.pgpass or PGPASSWORD has. Left out: the same database.",
  "Restored.range": "The range, by both ends in UTC.",

  "Key.column": "Name of the key column.",
  "Key.encoding": "How it writes time.",
  "Key.kind":
    "Type of the column and meaning of its values, where the columns are declared; otherwise the catalogue decides.",
  "LeadUntil.until": "The end, ISO 8601.",
  "DatabaseIdentity.systemIdentifier": "Of the cluster; `unknown` where the role may not read it.",
  "DatabaseIdentity.databaseOid": "Of the database.",
  "DatabaseIdentity.name": "Name of the database, for messages.",

  "planPartitions.window": "The inputs that the table's PartitionWindow will have, with `asOf`.",
  "planPartitions.partitions": "Inputs of the partitions. Null: the provider is not known yet, so the clock decides.",
  "PartitionToDeclare.name": "Its name, as declared.",
  "PartitionToDeclare.from": "First instant that belongs to it, ISO 8601.",
  "PartitionToDeclare.to": "First instant after it, ISO 8601.",
  "PartitionToDeclare.status": "How far it is on its way out of its table; null: attached.",
  "PartitionToDeclare.stays": "True if its table is the user's once it leaves the program: set `retainOnDelete`.",
  "printPlan.tables": "The tables, in the order in which they are printed.",
  "printPlan.declared": "All tables of the program, also those of other providers.",
  "printPlan.owner":
    "`project/stack`: its tables that the program no longer declares are printed with what is lost, or with why the update will refuse it.",
  "printPlan.text": "What was printed. Empty: nothing changes.",
  "PlannedTableName.schema": "Schema of the table.",
  "PlannedTableName.table": "Name of the table.",
  "DeclaredTableName.schema": "Schema of the table.",
  "DeclaredTableName.table": "Name of the table.",
  "getPartitions.schema": "Schema of the table. Default: public.",
  "getPartitions.table": "Name of the table.",
  "getPartitions.partitions": "Its partitions.",
  "PartitionInfo.bounds": "`from/to`, ISO 8601; the catalogue's own text where they are no range of time.",
  "PartitionInfo.rows": "Estimate. Null: never analyzed.",
  "PartitionInfo.bytes": "With indexes and toast.",
  "PartitionInfo.detachPending": "True if an interrupted DETACH CONCURRENTLY waits for its FINALIZE.",
};
