/** One text for each resource and function. */
export const RESOURCES: Readonly<Record<string, string>> = {
  Package:
    "Time-partitioned PostgreSQL tables with a rolling window: partitions are made ahead and retired by `pulumi up`, and preview shows every statement with its locks.",
  Provider:
    "One PostgreSQL database (15 to 18). Connects when first needed; what is not set comes from the PG* environment variables.",
  ManagementSchema:
    "The schema with the registry (declared tables, their window and owner) and the ledger (what was created, adopted, detached, dropped; who, run, when). One for each database; a second stack adopts it. Never a side effect: nothing else makes it. A delete is refused while tables are registered or tables detached by us remain.",
  Table:
    "The partitioned parent: columns, keys, checks, foreign keys. Made when missing, adopted when equal, refused when different; never altered and never replaced. Without `columns` another tool owns the table, and only its partitioning is managed.",
  Partition:
    "One partition with its bounds. Create makes it, adopts one of equal bounds whatever its name, or attaches a detached one again. Delete only forgets it: retirement is PartitionWindow's. A partition inside the window is not let go, not even an empty one.",
  Index:
    "One index on the parent and on every partition, built CONCURRENTLY partition by partition and attached; an equal index that is already there is attached, not rebuilt. Its definition never changes in place.",
  PartitionWindow:
    "The rule of one table, and every retirement. Check reads the live database and writes into the inputs what is due (`work`) and what it would mean (`plan`); the update performs what its checked plan names, met again with fresh facts. A plan that is not complete retires nothing. Delete is asked first on destroy and refuses for the whole table unless `allowDestroy` names it.",
  getPartitions: "The partitions of a table as they are now. Reads only.",
};
