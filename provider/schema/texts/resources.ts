/** One text for each resource and function. */
export const RESOURCES: Readonly<Record<string, string>> = {
  Package:
    "Time-partitioned PostgreSQL tables with a rolling window: partitions are made ahead and retired by `pulumi up`, and preview shows every statement with its locks.",
  Provider:
    "One PostgreSQL database (15 to 18). Connects when first needed; what is not set comes from the PG* environment variables.",
  ManagementSchema:
    "The schema with the registry (declared tables, their window and owner) and the ledger (what was created, adopted, detached, dropped; who, run, when). One for each database; a second stack adopts it. Never a side effect: nothing else makes it. A delete is refused while tables are registered or tables detached by us remain.",
  Table:
    "The partitioned parent: columns, keys, checks, foreign keys. Made when missing, adopted when equal, changed where that stalls nobody, refused otherwise; never replaced. Without `columns` another tool owns the table, and only its partitioning is managed.",
  RowPolicy:
    "Who may do what with the table itself: row security, its policies and grants, as one set changed in one transaction, so that there is no moment with row security on and without its policies. Check reads the live database and writes what is due into `work`. A policy or grant that nobody declared goes, and preview says so. Partitions are aligned by PartitionWindow. Delete leaves the table as it is and only forgets: a table is never opened by what is left out of a program.",
  Partition:
    "One partition with its bounds. Create makes it, adopts one of equal bounds whatever its name, or attaches a detached one again. Delete only forgets it: retirement is PartitionWindow's. A partition inside the window is not let go, not even an empty one.",
  Index:
    "One index on the parent and on every partition, built CONCURRENTLY partition by partition and attached; an equal index that is already there is attached, not rebuilt. Its definition never changes in place.",
  PublicationMember:
    "The table's membership in one publication, as pg_publication_rel says. Added when missing, adopted when equal; a changed row filter or column list is put right by DROP TABLE and ADD TABLE in one transaction, so no gap is committed. Diff compares with the live database, so a membership that somebody took out comes back with the next update, also without a refresh. A publication that exists is used as it is and never dropped; one that was made here goes with its last table.",
  FunctionAliases:
    "Functions and views under the names that callers of a table use already: thin ones over those of the management schema, which run with the rights of their caller. One of such a name that is not ours is refused; one that is not declared any more is dropped.",
  CronJob:
    "The schedule of one table inside the database, as a job of pg_cron that calls `ensure_window`: it makes the coming partitions from the statements of the last update, and never retires anything. Where pg_cron is not to be had nothing is made, and the same schedule is in the outputs `crontab` and `systemdTimer`. A job that somebody dropped, changed or switched off is mended by the next update.",
  PartitionWindow:
    "The rule of one table, and every retirement. Check reads the live database and writes into the inputs what is due (`work`) and what it would mean (`plan`); the update performs what its checked plan names, met again with fresh facts. A plan that is not complete retires nothing. Delete is asked first on destroy and refuses for the whole table unless `allowDestroy` names it.",
  getPartitions: "The partitions of a table as they are now. Reads only.",
};
