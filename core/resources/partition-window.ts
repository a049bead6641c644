import { z } from "zod";
import { MAX_LISTED_DROPS, MAX_WINDOW_INTERVALS } from "../defaults";
import type { WorkItem } from "../plan/change/plan-types";
import { VERB_NAMES } from "../plan/change/verbs";
import { checkSchemaType } from "../same-type";
import { windowWireSchema } from "../window/wire";
import { CREATE, ENCODING, MANAGEMENT, OWNER } from "./notes";
import { defineResourceType } from "./resource-type";

const workItemSchema = checkSchemaType<WorkItem>()(
  z.object({
    verb: z.enum(VERB_NAMES),
    partition: z.string(),
    from: z.string(),
    to: z.string(),
  }),
);

export const partitionWindowType = defineResourceType({
  name: "PartitionWindow",
  description:
    "The rule of one table, and every retirement. Check reads the live database and writes into the inputs the pending changes (`work`) and their effect (`plan`); the update performs what its checked plan names, compared again with fresh facts. An incomplete plan retires nothing. Delete is called first on destroy and refuses for the whole table unless `allowDestroy` names it.",
  inputs: windowWireSchema.extend({
    asOf: z.string(),
    childDigest: z.string().optional(),
    plan: z.unknown().optional(),
  }),
  checked: z.object({ changes: z.string(), work: z.array(workItemSchema) }),
  facts: z.object({
    partitionCount: z.int(),
    retired: z.array(z.string()),
    lastAnalyzed: z.string().optional(),
    defaultRows: z.int().optional(),
  }),
  arguments: ["TableSpecArgs", "WindowArgs"],
  texts: {
    levels: "Levels in addition to the time level. Left out: the table is partitioned by time alone.",
    grid: "Segments of the time axis, oldest first.",
    ownsTable: "False: another tool owns the table, so a destroy only removes it from the state. Left out: true.",
    lastAnalyzed:
      "Time of the last ANALYZE of the table as a whole, ISO 8601: autovacuum never does that. Left out: never.",
    defaultRows:
      "Rows of the default partition: exact up to 10000, above that an estimate. Left out: the table has none.",
    asOf: "The moment that the window is planned for, ISO 8601, truncated to the current interval.",
    childDigest:
      "Digest of the Partition resources that were declared with it. Another one than the window's own is an error: a transform or ignoreChanges reached only one of the two.",
    plan: "The plan in figures: window, counts, rows, bytes, youngestDrop, hazards, locks, the partitions that leave, the digest of the statements. Preview and `pgpartition plan` print the rest. Check replaces a given one by a live one; `complete: false` if it could not, and then nothing is retired.",
    changes: "The pending changes in a few words, written by Check.",
    work: "Pending changes, written by Check. Not empty: the update has something to do.",
    partitionCount: "Partitions attached after the last update.",
    retired: "Retirements of the last update, verb and partition.",
  },
  names: { levels: "Levels", grid: "GridSegment", work: "WorkItem" },
  types: {
    WorkItem: {
      text: "One pending change, named by verb and bounds.",
      texts: {
        verb: "Verb of the change.",
        partition: "Name of the partition.",
        from: "Its lower bound, ISO 8601; `..` for an open end.",
        to: "Its upper bound.",
      },
      names: { verb: "WorkVerb" },
    },
    QueryFunctions: {
      text: "Functions that query the table.",
      texts: {
        columns: "Columns that they return. Left out: those that the table has.",
        functions: "The functions, in the order of their creation.",
      },
    },
    TypedName: { text: "A name with its type.", texts: { type: "Type, as declared." } },
    WorkVerb: { text: "Verb of a pending change." },
  },
  notes: {
    imports: `The id is \`schema.table\`: \`pulumi import pgpartition:index:PartitionWindow events-window public.events\`. ${ENCODING} Read from the registry, so the table must have been managed before.`,
    operations: [
      "detach",
      "detachReferred",
      "finalize",
      "restore",
      "drop",
      "newDefault",
      "detachDefault",
      "sourceTrigger",
      "queryFunction",
      "analyze",
    ],
    locks: 'With `resources: "window"` also those of [Partition](partition.md).',
    rights: [
      OWNER,
      CREATE,
      "Owner of each partition, or member of that role.",
      "`GRANT SELECT ON … TO role` on each table from which values of a level are read, and a policy that shows the role all of its rows where row security is on.",
      MANAGEMENT,
      "`functionNames`: CREATE on the schema of the names. Callers need the rights of their calls: EXECUTE on the function, USAGE on the management schema, EXECUTE and SELECT there, and for `ensure`, `window` and `analyze` the ownership of the table. [The schedule](../schedule.md#rights) has the statements.",
      "`queryFunctions`: CREATE on their schemas, and USAGE on those of the types that they name. Callers need SELECT on the table, and USAGE on both schemas.",
      "The purpose of each right: [managed platforms](../platforms.md#the-role).",
    ],
    limits: [
      "An incomplete plan retires nothing.",
      "The [default partition](../default-partition.md) is created, maintained and removed here; retention never touches it.",
      "Properties of partitions in addition to bounds are aligned here: [what every partition carries](../partitions.md). A partition of a role whose rights the connected role lacks is named with the ALTER TABLE for an administrator; the others are aligned.",
      "The functions and views of `functionNames` are told by their oids, never by their names: another object of such a name is refused, and one that is not declared any more is dropped. Only the owner may call one before it is granted, and none is SECURITY DEFINER. `window` runs in the transaction of its caller, which holds its locks until the end; the schedule itself commits after each partition.",
      "The functions of `queryFunctions` are told by their oids too, and any other function of such a name is refused. They are STABLE, run with the rights of their caller, and are open to the roles that the default privileges of the schema name. A new condition or default replaces the function in place (CREATE OR REPLACE). New arguments or columns drop and create it in one transaction, with its grants; a view that uses it stops that. Between the change of a column by Table and this one, a few seconds, calls fail if the function returns a column that was dropped.",
      `At most ${MAX_WINDOW_INTERVALS} intervals in a window, ${MAX_LISTED_DROPS} retirements listed one by one in the inputs. Totals are always whole; preview names every partition that leaves, and each kind of statement once if they are many: \`pgpartition plan\` prints all.`,
      "Its Delete is refused unless `allowDestroy` names the table; see [retirement](../retirement.md).",
    ],
  },
});
