import { z } from "zod";
import { tableWireSchema } from "../declare/table/wire";
import { CREATE, ENCODING, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

export const tableType = defineResourceType({
  name: "Table",
  description:
    "The partitioned parent: columns, keys, checks, foreign keys. Created when missing, adopted when equal, changed if that stalls no session, refused otherwise; never replaced. Without `columns` another tool owns the table, and only its partitioning is managed.",
  inputs: tableWireSchema.extend({ awaited: z.unknown().optional() }),
  facts: z.object({ qualifiedName: z.string(), owner: z.string() }),
  arguments: ["TableSpecArgs"],
  texts: {
    root: "Partitioning of the table itself. Left out: by range of the key. Never changes.",
    indexes: "Indexes created together with a new table; later ones are Index resources.",
    profile: "Properties of every partition. Recorded in the registry; PartitionWindow applies them.",
    awaited:
      "Ids of resources of other packages that the table waits for. While one is unknown, a role, schema, type, function or right that is missing is a warning of preview: that resource may create it. Not kept in state.",
    qualifiedName: "`schema.table`.",
    owner: "Role that owns the table.",
  },
  names: { root: "RootLevel", columns: "Column", indexes: "IndexDefinition", profile: "PartitionProfile" },
  notes: {
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:Table events-table public.events\`. ${ENCODING} The key is read as \`encoding: "time"\` in UTC; correct it in the program where it is not.`,
    operations: ["createTable", "changeColumns", "makeNotNull", "addKeyBefore18", "addKeyFrom18", "dropKey"],
    locks:
      "A change of an existing table locks it with all its partitions, at any depth, in one statement that gives way after `lockTimeoutMs` as a whole; preview shows the number of relations. Rows are read partition by partition, stopping no session. Expressions in other words than the server's are parsed by it on a temporary table in a transaction that is rolled back, if the registry does not decide. What is new in a declaration is judged so in Check: every type, default, check, policy, index and storage parameter, each at its argument; roles, schemas, tablespaces, referenced tables and rights are looked up in the catalogue. No other session sees or waits for any of it. Where the role or the server takes no temporary table, expressions are only parsed. Delete takes ACCESS EXCLUSIVE on the empty parent to drop it; one without declared columns is only removed from the state.",
    rights: [OWNER, CREATE, "`GRANT REFERENCES ON … TO role` on each table that a foreign key points to.", MANAGEMENT],
    limits: [
      "A role, schema, tablespace, type, function or column that does not exist, and a right that is missing, are errors of preview, all at once, each with its argument. While a resource of another package that the table waits for (`dependsOn`, `prerequisites`) has yet to be created, what it may create or grant is a warning.",
      "Never renamed or replaced. Its partition key, its primary key and an identity never change in place.",
      "A change that would rewrite or read partitions while no session can use the table is refused with its reason: a column with a volatile default, a serial, an identity or a domain with constraints; another type, but for wider texts, numbers of the same scale and finer times, and these only where no index, check, view or policy has the column.",
      "A column is dropped when `dropColumns` names it and nothing uses it: an index, key, check, policy, view, trigger, publication or generated column is named instead. Index resources leave the program in an update before.",
      "NOT NULL, checks and foreign keys that the rows do not satisfy are reverted: the partition is named, and the table is as it was.",
      "A unique constraint is not added later: declare a unique index, which is built CONCURRENTLY and does the same. A foreign key keeps its definition: declare the other one under a new name.",
      "A table that is managed for the first time is adopted as it is; only comments and declared defaults are set. Checks, keys and defaults that were never declared are left alone.",
      "Comments of columns are set on the table alone; partitions created later copy them.",
      "On PostgreSQL 15 and 16 an identity belongs to the table: an INSERT that names a partition must have the value (23502). From 17 on partitions have it too.",
      "Its Delete is refused unless `allowDestroy` names the table, and while partitions remain.",
    ],
  },
});
