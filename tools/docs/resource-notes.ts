// What a schema cannot say about a resource: its import, the locks it takes, the rights it needs, its limits.
import { MAX_LISTED_DROPS, MAX_LISTED_STATEMENTS, MAX_WINDOW_INTERVALS } from "../../core/defaults";
import { OPERATIONS, type Operation } from "./lock-rows";

export interface ResourceNotes {
  readonly file: string;
  /** The id, an example command, and what comes of it. */
  readonly imports: string;
  readonly operations: readonly Operation[];
  readonly locks?: string;
  readonly rights: readonly string[];
  readonly limits: readonly string[];
}

const OWNER =
  "Owner of the table: `ALTER TABLE … OWNER TO role`, for its partitions too. Or member of the role that owns it, where that is an ordinary one: never of a superuser, or of a role that administers the server. PostgreSQL lets no other role attach, detach or drop.";
const CREATE = "`GRANT CREATE ON SCHEMA … TO role` on the schema of the table.";
const MANAGEMENT = "Use of the management schema: its owner, or the grants that the error of a missing one lists.";
const ENCODING =
  "A dot, `#` or `%` inside a name is written `%2E`, `%23`, `%25`; a table without schema is in `public`.";

export const RESOURCE_NOTES: Readonly<Record<string, ResourceNotes>> = {
  ManagementSchema: {
    file: "management-schema",
    imports:
      "The id is the name of the schema: `pulumi import pgpartition:index:ManagementSchema app-management pgpartition`. Not needed: declaring it adopts the one that is there.",
    operations: [],
    locks: "None that others see: it makes objects of its own.",
    rights: [
      "`GRANT CREATE ON DATABASE … TO role`, or an empty schema of that name that belongs to the role: `CREATE SCHEMA pgpartition AUTHORIZATION role`.",
    ],
    limits: [
      "One for each database and provider; its name is the provider's `managementSchema` and never changes.",
      "A schema of that name that is not ours is refused.",
      "Delete is refused while another stack has tables in it, or tables that it detached still exist.",
    ],
  },
  Table: {
    file: "table",
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:Table events-table public.events\`. ${ENCODING} The key is read as \`encoding: "time"\` in UTC; correct it in the program where it is not.`,
    operations: [
      OPERATIONS.createTable,
      OPERATIONS.changeColumns,
      OPERATIONS.makeNotNull,
      OPERATIONS.addKeyBefore18,
      OPERATIONS.addKeyFrom18,
      OPERATIONS.dropKey,
    ],
    locks:
      "What changes a table that exists locks it with all its partitions, at any depth, in one statement that gives way after `lockTimeoutMs` as a whole; preview says how many relations that are. What is read is read partition by partition, stopping nobody. Expressions in other words than the server's are read by it on a temporary table in a transaction that is rolled back, where the registry does not settle them. Delete takes ACCESS EXCLUSIVE on the empty parent to drop it; a table without declared columns is only forgotten.",
    rights: [OWNER, CREATE, "`GRANT REFERENCES ON … TO role` on each table that a foreign key points to.", MANAGEMENT],
    limits: [
      "Never renamed or replaced. Its partition key, its primary key and an identity never change in place.",
      "A change that would rewrite or read partitions while nobody can use the table is refused with its reason: a column with a volatile default, a serial, an identity or a domain with constraints; another type, but for wider texts, numbers of the same scale and finer times, and these only where no index, check, view or policy has the column.",
      "A column is dropped when `dropColumns` names it and nothing uses it: an index, key, check, policy, view, trigger, publication or generated column is named instead. Index resources leave the program in an update before.",
      "NOT NULL, checks and foreign keys that the rows do not satisfy are taken back: the partition is named, and the table is as it was.",
      "A unique constraint is not added later: declare a unique index, which is built CONCURRENTLY and does the same. A foreign key keeps its definition: declare the other one under a new name.",
      "A table that is managed for the first time is adopted as it is; only comments and declared defaults are set. Checks, keys and defaults that were never declared are left alone.",
      "Comments of columns are set on the table alone; partitions that are made later take them over.",
      "On PostgreSQL 15 and 16 an identity belongs to the table: an INSERT that names a partition has to give the value (23502). From 17 on partitions have it too.",
      "Its Delete is refused unless `allowDestroy` names the table, and while partitions remain.",
    ],
  },
  RowPolicy: {
    file: "row-policy",
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:RowPolicy events-row-policy public.events\`. ${ENCODING} Declarations of an earlier update are read from the registry, else the server's own words. Not needed: equal rules are adopted, different ones mended.`,
    operations: [OPERATIONS.rowPolicy, OPERATIONS.closeLeaf],
    locks:
      "One transaction for the whole set: ACCESS EXCLUSIVE on the table for an instant, waited for `lockTimeoutMs` at a time. Those of a new table are made with it and stop nobody. The second table is PartitionWindow's work, one transaction for each partition. What a policy says is read by the server on a temporary table in a transaction that is rolled back, where the registry does not settle it.",
    rights: [
      OWNER,
      MANAGEMENT,
      "TEMPORARY on the database, which PUBLIC has by default: without it a policy that is new is only judged when it is made, and one of other words is made anew instead of being compared.",
      "`leafSchema`: `GRANT USAGE, CREATE ON SCHEMA … TO role`. Readers of the table need nothing there.",
    ],
    limits: [
      "The declaration is the whole set: policies and grants that it does not name are dropped and revoked, as are grants on single columns, the right to grant on, and what somebody granted by it. What is left out (`rowSecurity` or `grants`) is not managed.",
      "Nothing opens a table but `rowSecurity: { enable: false }`. Without a declaration the table keeps its rules, they are only forgotten, and its new partitions are made closed as long as row security is on.",
      "Names in expressions outside of pg_catalog are written with their schema: `auth.uid()`, `public.users`. What an expression names may be made by the same program; preview then warns.",
      "`copyFrom` is followed when `pulumi preview` or `up` runs. Columns that are qualified by the source's name are qualified anew.",
      "Grants are those of the table: a `bigserial` column also needs `GRANT USAGE ON SEQUENCE`.",
      "COPY into a table is refused by PostgreSQL for roles that row security holds for; COPY (SELECT …) gives them their rows.",
      "With `force` the owner sees nothing on a closed partition either. Superusers and roles with BYPASSRLS see everything, always.",
      "A view reads with the rights of its owner. Views through which rows pass by the policies are named by a warning; functions with SECURITY DEFINER are not looked into.",
      "A partition that a hand made or opened is closed by the next `pulumi up`, not before.",
    ],
  },
  Partition: {
    file: "partition",
    imports: `The id is \`schema.table#partition\`: \`pulumi import pgpartition:index:Partition events-2026-01-01_2026-02-01 "public.events#events_p2026_01"\`. ${ENCODING} Not needed: a partition of equal bounds is adopted.`,
    operations: [
      OPERATIONS.createPartition,
      OPERATIONS.reattach,
      OPERATIONS.createBesideDefault,
      OPERATIONS.drainDefault,
      OPERATIONS.convertDefault,
    ],
    locks: "Delete takes none: it forgets.",
    rights: [OWNER, CREATE, "`GRANT REFERENCES ON … TO role` on each referenced table.", MANAGEMENT],
    limits: [
      "Bounds and table never change; the name only counts for a new partition.",
      "Overlap with another partition, a taken name, and a range whose rows were dropped are refused, both sides shown.",
      "A partition inside the window is not let go of, whatever it holds.",
      "Rows of its range in a [default partition](../default-partition.md) move with its ATTACH, up to 10,000; more are refused with the way on. Moving needs TEMPORARY on the database, which PUBLIC has by default.",
    ],
  },
  Index: {
    file: "index-resource",
    imports:
      'The id is `schema.table#index`: `pulumi import pgpartition:index:Index events-by_run "public.events#events_by_run"`. Words of an earlier declaration are read from the registry, else the server\'s; the template of leaf names from most partitions. An index of a constraint is refused. Not needed: an equal index on a partition is attached, one on the parent adopted.',
    operations: [OPERATIONS.buildIndex, OPERATIONS.dropIndex],
    locks: "Indexes of a new table are made with it, while nobody sees it, and cost nothing.",
    rights: [OWNER, CREATE, MANAGEMENT],
    limits: [
      "Its definition never changes in place: declare the new one under another key, run `pulumi up`, then remove the old one.",
      "Built partition by partition; killed half-way it is red (`valid: false`), and the next `up` drops the invalid part and goes on.",
      "PostgreSQL has no concurrent form to drop an index of a partitioned table: it takes ACCESS EXCLUSIVE on the table and every partition for an instant.",
    ],
  },
  PublicationMember: {
    file: "publication-member",
    imports: `The id is \`schema.table#publication\`: \`pulumi import pgpartition:index:PublicationMember events-publication-supabase_realtime "public.events#supabase_realtime"\`. ${ENCODING} Not needed: an equal membership is adopted. A row filter is imported as it was declared where the registry knows that, else as the server prints it.`,
    operations: [OPERATIONS.publish, OPERATIONS.republish, OPERATIONS.publicationSettings, OPERATIONS.unpublish],
    locks:
      "SHARE UPDATE EXCLUSIVE on the table alone, never on a partition: reads and writes go on, and while it waits (for a VACUUM, an ATTACH) they do not wait for it. ALTER PUBLICATION also locks the publication against another ALTER PUBLICATION.",
    rights: [
      OWNER,
      "Owner of the publication: `ALTER PUBLICATION … OWNER TO role`, which needs CREATE on the database. Or member of an ordinary role that owns it. Not for a membership that is there already.",
      "`GRANT CREATE ON DATABASE … TO role` for `create`.",
      MANAGEMENT,
    ],
    limits: [
      "A publication that exists is used as it is: `create` makes a missing one and never takes over another. One made here goes with its last table; one made by somebody else is never dropped, nor are its settings changed.",
      "A row filter or column list of a partitioned table needs `publish_via_partition_root`; where updates or deletes are published they are held to the replica identity, because PostgreSQL would refuse the table's writers otherwise.",
      "FOR ALL TABLES and FOR TABLES IN SCHEMA have the table without a statement, and have the management schema or a detached partition just so: preview warns before a detach.",
      "Row security does not hold for a stream; a publication of every row gives every tenant's rows to whoever reads it.",
      "With `publish_via_partition_root` ATTACH, DETACH and TRUNCATE of a partition are not sent: a subscriber keeps the rows of a retired month. A subscriber needs the table (or, without it, each new partition) before rows for it arrive.",
      "Dropped while a slot has unread changes of it, a partition is sent by the name of a table that is gone: preview names slot and partition.",
      "A table that was handed back (`pgpartition release`, or a destroy of a table that another tool owns) keeps its memberships.",
      "[Supabase Realtime](../troubleshooting.md#supabase-realtime-delivers-nothing) reads wal2json, which names partitions.",
    ],
  },
  FunctionAliases: {
    file: "function-aliases",
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:FunctionAliases events-functions public.events\`. ${ENCODING} Not needed: functions that the registry knows as ours are found again when they are declared; others of these names are refused, and have to be renamed or dropped first.`,
    operations: [],
    locks: "None that others see: it makes and drops functions and views of its own.",
    rights: [
      "CREATE on the schema of the names.",
      "Callers need what they call for: EXECUTE on the function, USAGE on the management schema, EXECUTE and SELECT there, and for `ensure`, `window` and `analyze` the ownership of the table. [The schedule](../schedule.md#rights) has the statements.",
      MANAGEMENT,
    ],
    limits: [
      "Told by their oids, never by their names: a function that somebody made in the place of ours is refused.",
      "Nobody but the owner may call one before it is granted. None is SECURITY DEFINER.",
      "`window` runs in the transaction of its caller, who holds its locks until the end; the schedule itself commits after each partition.",
    ],
  },
  CronJob: {
    file: "cron-job",
    imports: `The id is \`schema.table#job\`: \`pulumi import pgpartition:index:CronJob events-schedule "public.events#nightly"\`. ${ENCODING} The job has to run exactly what a declared one would run. Not needed: an equal job of that name is adopted.`,
    operations: [OPERATIONS.schedule],
    locks:
      "The job itself takes those of [Partition](partition.md), each for at most 100 ms at a time, one partition a transaction.",
    rights: [
      "`GRANT USAGE ON SCHEMA cron TO role`.",
      "`GRANT EXECUTE ON FUNCTION cron.alter_job, cron.schedule_in_database TO role` for `active: false`; without it a changed job is made anew, with another id.",
      "A superuser for a job that runs as another role.",
      "The job's role: owner of the table or member of it, and use of the management schema.",
      MANAGEMENT,
    ],
    limits: [
      "Five fields of cron, nothing else: no `@daily`, no seconds, no `$`. The same text has to mean the same to pg_cron, cron and systemd.",
      "One for each table. It makes what the last update prepared, and never retires anything; after the last prepared interval it fails and says so.",
      "pg_cron keeps jobs in one database of the cluster (`cron.database_name`). Elsewhere, and without it, `runner` is `external`, and `crontab` and `systemdTimer` are the way.",
      "Another job of that name, or one of another role, is refused. What was changed by hand is mended by the next update.",
      "With levels above the time level the job also makes the branches of values that have appeared: [levels](../levels.md#values-between-two-updates).",
    ],
  },
  PartitionWindow: {
    file: "partition-window",
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:PartitionWindow events-window public.events\`. ${ENCODING} Read from the registry, so the table must have been managed before.`,
    operations: [
      OPERATIONS.detach,
      OPERATIONS.detachReferred,
      OPERATIONS.finalize,
      OPERATIONS.restore,
      OPERATIONS.drop,
      OPERATIONS.newDefault,
      OPERATIONS.detachDefault,
      OPERATIONS.sourceTrigger,
      OPERATIONS.analyze,
    ],
    locks: 'With `resources: "window"` also those of [Partition](partition.md).',
    rights: [
      OWNER,
      CREATE,
      "Owner of each partition, or member of that role.",
      "`GRANT SELECT ON … TO role` on each table from which values of a level are read, and a policy that shows the role all of its rows where row security is on.",
      MANAGEMENT,
      "What each right is for: [managed platforms](../platforms.md#the-role).",
    ],
    limits: [
      "A plan that is not complete retires nothing.",
      "The [default partition](../default-partition.md) is made, kept and removed here; retention never touches it.",
      "What partitions carry besides bounds is aligned here: [what every partition carries](../leaves.md). A partition of a role whose rights ours does not have is named with the ALTER TABLE for an administrator, and the rest is done.",
      `At most ${MAX_WINDOW_INTERVALS} intervals in a window, ${MAX_LISTED_DROPS} retirements and ${MAX_LISTED_STATEMENTS} statements listed in a plan; totals are always whole.`,
      "Its Delete is refused unless `allowDestroy` names the table; see [retirement](../retirement.md).",
    ],
  },
};
