/** One text for each resource and function. */
export const RESOURCES: Readonly<Record<string, string>> = {
  Package:
    "Time-partitioned PostgreSQL tables with a rolling window: partitions are created ahead and retired by `pulumi up`, and preview shows every statement with its locks.",
  Provider:
    "One PostgreSQL database (15 to 18). Connects when first needed; settings left out come from the PG* environment variables.",
  getPartitions: "The partitions of a table as they are now. Reads only.",
};
