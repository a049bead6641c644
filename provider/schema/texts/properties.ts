/**
 * Texts of properties that are no arguments, or mean something else as they travel, `Owner.property`; `*.property` reads the same
 * everywhere. All others have the docstring of their argument.
 */
export const PROPERTIES: Readonly<Record<string, string>> = {
  "*.schema": "Schema of the table.",
  "*.table": "Name of the partitioned table. Never changes: a table with data is not renamed or replaced.",
  "*.key": "The partition key.",
  "*.database": "The database that the resource was applied to.",
  "*.name": "Its name.",
  "*.columns": "Columns, in order.",

  "ManagementSchema.schema": "Name of the schema. Must be the provider's managementSchema, and never changes.",
  "ManagementSchema.sizes":
    "Sizes by which the view partition_size judges a partition. Left out: those that the database has.",
  "SizeThresholds.smallBytes": "Below this a partition is small, in bytes.",
  "SizeThresholds.warnBytes": "Above this a warning, in bytes. More than smallBytes.",
  "SizeThresholds.alertBytes": "Above this an alert, in bytes. More than warnBytes.",
  "ManagementSchema.version": "Version of its tables; upgrades only add.",

  "Table.root": "How the table itself is cut. Left out: by range of the key. Never changes.",
  "RootLevel.strategy": "By which kind of partitioning.",
  "RootLevel.column": "By which column.",
  "PartitionWindow.levels": "Levels besides the time level. Left out: the table is cut by time alone.",
  "Levels.above": "Levels above the time level, outermost first.",
  "Levels.below": "HASH levels by which each partition is cut further.",
  "Levels.overrides": "Other lengths of partitions below some values; the first that fits holds.",
  "BranchLevel.kind": "Whether it cuts by values or by a hash.",
  "BranchLevel.column": "Column of the level.",
  "BranchLevel.name": "Template of the names of its branches.",
  "BranchLevel.values": "Values of a LIST level, where they are given.",
  "BranchLevel.source": "Where the values of a LIST level are read.",
  "GridOverride.grid": "How time is cut there.",
  "ColumnValue.column": "Name of the column.",
  "ColumnValue.value": "Its value.",
  "Table.indexes": "Indexes made together with a new table; later ones are Index resources.",
  "Table.leaves":
    "What every partition carries. Recorded in the registry; takes effect on partitions by PartitionWindow.",
  "LeafProfile.schema": "Schema of the partitions. Left out: that of their siblings, else of the table.",
  "LeafProfile.replicaIdentity": "Replica identity. Left out: that of the siblings.",
  "LeafProfile.defaultPartition": "The partition for rows that no other one takes. Left out: not managed.",
  "DefaultPartition.name": "Its name, when it is made.",
  "RowSecurity.policies": "The policies, and no others. With copyFrom those of the other table, filled in by Check.",
  "RowSecurity.copyFrom": "Table whose policies are taken over.",
  "RowPolicy.grants":
    "Privileges by role, and no others. Left out: not managed. As an output: those that the server has, however granted.",
  "RowPolicy.work": "What is due, in words, written by Check. Not empty: the update has something to do.",
  "RowPolicy.enabled": "Whether row security is on.",
  "RowPolicy.forced": "Whether it holds for the owner of the table.",
  "RowPolicy.policies": "The policies as the server has them.",
  "Grant.role": "Name of the role; `public` for everybody.",
  "Grant.privileges": "Its privileges.",
  "ReplicaIdentity.kind": "What identifies a row.",
  "ReplicaIdentity.index": "Name of the index on the parent, with `index`.",
  "StatisticsTarget.column": "Name of the column.",
  "StatisticsTarget.target": "Its target, 0 to 10000.",
  "StorageProfile.name": "Which age.",
  "Setting.value": "Its value, as text.",
  "Table.qualifiedName": "`schema.table`.",
  "Table.owner": "Role that owns the table.",

  "Partition.name": "Name of a new partition. An adopted one keeps its own.",
  "Partition.from": "First instant that belongs to it, ISO 8601. Never changes.",
  "Partition.to": "First instant after it, ISO 8601. Never changes.",
  "Partition.allowEmpty": "Whether a range whose rows were dropped may come back empty.",
  "Partition.restored":
    "Whether a range that was archived and dropped comes back with its rows, which PartitionWindow does.",
  "Partition.partition": "Its name in the database.",

  "Index.index": "Key under which the index was declared.",
  "Index.name": "Its name on the parent.",
  "Index.columns": "Columns and expressions, in order.",
  "Index.valid": "Whether every partition has its part.",
  "Index.leaves": "Partitions that it covers.",
  "ReplicaIdentity.leafName": "Template of its name on a partition; {partition} is filled in.",
  "IndexDefinition.index": "Key under which the index was declared.",

  "PublicationMember.publication": "Name of the publication.",
  "PublicationMember.dataClass": "Class of the data, for policies.",
  "PublicationMember.rowSecurity": "Whether row-level security is declared for the table, for policies.",
  "PublicationMember.implicit":
    "Whether the publication has all tables, or all of the schema: then no statement is needed.",
  "PublicationMember.publishes": "What the publication sends.",
  "PublicationMember.viaPartitionRoot":
    "`publish_via_partition_root`: whether subscribers see rows under the name of the table or of the partition.",
  "PublicationMember.made": "Whether the publication was made here, and so goes with its last table.",
  "PublicationMember.rowFilter": "The row filter as the server prints it.",
  "PublicationMember.publishedColumns": "The column list.",

  "PartitionWindow.grid": "How the time axis is cut, oldest segment first.",
  "Archive.to":
    "`s3://bucket/prefix`, or `file:///directory` of the machine that runs the update. Left out: there is a table.",
  "Archive.table": "The table that is the archive. Left out: archives are objects of a store.",
  "ArchiveTable.schema": "Schema of the archive table.",
  "ArchiveTable.name": "Name of the archive table.",
  "ArchiveTable.url":
    "Connection URL of its database, without a password, which PGPASSFILE, ~/.pgpass or PGPASSWORD has. Left out: the same database.",
  "PartitionWindow.ownsTable": "False: another tool owns the table, so a destroy only forgets it. Left out: true.",
  "Restored.range": "The range, by both ends in UTC.",
  "FunctionAliases.aliasSchema": "Schema of the functions and views.",
  "FunctionAliases.names": "The names by what they stand for.",
  "FunctionAliases.functions": "What was made, with the types of the arguments.",
  "CronJob.runsIn": "Database that it runs in, which has to be the connected one. Left out: that one.",
  "CronJob.command": "What it runs, written by Check: a call with constants.",
  "CronJob.database": "The database that the resource was applied to.",
  "CronJob.runner": "Who starts it.",
  "CronJob.jobId": "Its id in pg_cron.",
  "CronJob.lastRun": "When it last ran, ISO 8601. Left out: never, as far as pg_cron remembers.",
  "CronJob.lastStatus": "How that ended, in pg_cron's words.",
  "CronJob.lastError": "What it failed with, if it did.",
  "CronJob.crontab": "The same schedule as lines of a crontab.",
  "CronJob.systemdTimer": "The same schedule as a service and a timer of systemd.",
  "PartitionWindow.lastAnalyzed":
    "When the statistics of the table as a whole were last made, ISO 8601: autovacuum never does that. Left out: never.",
  "PartitionWindow.defaultRows":
    "Rows of the default partition: exact up to 10000, above that an estimate. Left out: there is none.",
  "PartitionWindow.asOf": "The moment that the window is planned for, ISO 8601, truncated to the current interval.",
  "PartitionWindow.childDigest":
    "Digest of the Partition resources that were declared beside it. Another one than the window's own is an error: a transform or ignoreChanges reached only one of the two.",
  "PartitionWindow.plan":
    "The plan: window, counts, rows, bytes, youngestDrop, hazards, partitions that come and go, statements with their locks, notes. Check replaces what was given by a live one; `complete: false` where it could not, and then nothing is retired.",
  "PartitionWindow.work": "What is due, written by Check. Not empty: the update has something to do.",
  "PartitionWindow.leafCount": "Partitions attached after the last update.",
  "PartitionWindow.retired": "What the last update retired, verb and partition.",

  "Key.column": "Name of the key column.",
  "Key.encoding": "How it writes time.",
  "Key.kind":
    "Type of the column and meaning of its values, where the columns are declared; otherwise the catalogue tells.",
  "Key.zone": "Time zone by whose calendar the table is cut.",
  "LeadUntil.until": "The end, ISO 8601.",
  "WorkItem.verb": "What is due.",
  "WorkItem.partition": "Name of the partition.",
  "WorkItem.from": "Its lower bound, ISO 8601; `..` for an open end.",
  "WorkItem.to": "Its upper bound.",
  "DatabaseIdentity.systemIdentifier": "Of the cluster; `unknown` where the role may not read it.",
  "DatabaseIdentity.databaseOid": "Of the database.",
  "DatabaseIdentity.name": "Name of the database, for messages.",

  "getPartitions.schema": "Schema of the table. Default: public.",
  "getPartitions.table": "Name of the table.",
  "getPartitions.partitions": "Its partitions.",
  "PartitionInfo.bounds": "`from/to`, ISO 8601; the catalogue's own text where they are no range of time.",
  "PartitionInfo.rows": "Estimate. Null: never analyzed.",
  "PartitionInfo.bytes": "With indexes and toast.",
  "PartitionInfo.detachPending": "Whether an interrupted DETACH CONCURRENTLY waits for its FINALIZE.",

  "Provider.url":
    "Connection URL, `postgres://user@host:5432/database?sslmode=verify-full`. Single values win over its parts. Secret.",
  "Provider.host": "Host. Default: PGHOST, else localhost.",
  "Provider.port": "Port. Range 1-65535. Default: PGPORT, else 5432.",
  "Provider.database": "Database. Default: PGDATABASE, else the user's name.",
  "Provider.user": "The role that does the work: owner of the tables, or a member of it. Default: PGUSER.",
  "Provider.password":
    "Secret, and kept in state as one. passwordCommand, PGPASSWORD or PGPASSFILE keep it out of state.",
  "Provider.passwordCommand": "A shell command that prints the password, for short-lived tokens.",
  "Provider.sslMode": "How strictly the server's certificate is checked. Default: PGSSLMODE, else prefer.",
  "Provider.sslRootCert": "File with the certificate authority. Default: PGSSLROOTCERT.",
  "Provider.managementSchema": "Schema of registry and ledger. Default: pgpartition.",
  "Provider.trustAsOf":
    "A simulated clock decides what has expired. For tests and demonstrations: with a wrong clock data is retired early. Default: false.",
  "Provider.asOf": "The simulated clock, ISO 8601; without trustAsOf it decides nothing.",
  "Provider.allowDestroy": "Tables (`schema.table`) that a destroy may drop with all their rows. Default: none.",
  "Provider.poolSize": "Connections to the database. Range 2-20. Default: 4.",
  "Provider.lockTimeoutMs":
    "Longest wait for a lock that stops others, in milliseconds; then it is given up and tried again. Range 10-1000. Default: 100.",
  "Provider.maxBytesPerUpdate":
    "What one update may archive or drop out of all tables of the database together, such as `200 GB`; the oldest go first, the rest waits for later updates. Left out: no limit.",
  "Provider.lockBudgetMs":
    "Total time for such tries before the blocker is named and the step fails, in milliseconds. At least 100. Default: 60000.",
};
