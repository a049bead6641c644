import { z } from "zod";
import { MAX_LISTED_DROPS, MAX_LISTED_STATEMENTS, MAX_WINDOW_INTERVALS } from "../defaults";
import type { WorkItem } from "../plan/change/plan-types";
import { VERB_NAMES } from "../plan/change/verbs";
import { schemaOf } from "../same-type";
import { windowWireSchema } from "../window/wire";
import { CREATE, ENCODING, MANAGEMENT, OWNER } from "./notes";
import { resourceType } from "./resource-type";

const workItemSchema = schemaOf<WorkItem>()(
  z.object({
    verb: z.enum(VERB_NAMES),
    partition: z.string(),
    from: z.string(),
    to: z.string(),
  }),
);

export const partitionWindowType = resourceType({
  name: "PartitionWindow",
  description:
    "The rule of one table, and every retirement. Check reads the live database and writes into the inputs what is due (`work`) and what it would mean (`plan`); the update performs what its checked plan names, met again with fresh facts. A plan that is not complete retires nothing. Delete is asked first on destroy and refuses for the whole table unless `allowDestroy` names it.",
  inputs: windowWireSchema.extend({
    asOf: z.string(),
    childDigest: z.string().optional(),
    plan: z.unknown().optional(),
  }),
  checked: z.object({ work: z.array(workItemSchema) }),
  facts: z.object({
    leafCount: z.int(),
    retired: z.array(z.string()),
    lastAnalyzed: z.string().optional(),
    defaultRows: z.int().optional(),
  }),
  arguments: ["TableSpecArgs", "WindowArgs"],
  texts: {
    levels: "Levels besides the time level. Left out: the table is cut by time alone.",
    grid: "How the time axis is cut, oldest segment first.",
    ownsTable: "False: another tool owns the table, so a destroy only forgets it. Left out: true.",
    lastAnalyzed:
      "When the statistics of the table as a whole were last made, ISO 8601: autovacuum never does that. Left out: never.",
    defaultRows: "Rows of the default partition: exact up to 10000, above that an estimate. Left out: there is none.",
    asOf: "The moment that the window is planned for, ISO 8601, truncated to the current interval.",
    childDigest:
      "Digest of the Partition resources that were declared beside it. Another one than the window's own is an error: a transform or ignoreChanges reached only one of the two.",
    plan: "The plan: window, counts, rows, bytes, youngestDrop, hazards, partitions that come and go, statements with their locks, notes. Check replaces what was given by a live one; `complete: false` where it could not, and then nothing is retired.",
    work: "What is due, written by Check. Not empty: the update has something to do.",
    leafCount: "Partitions attached after the last update.",
    retired: "What the last update retired, verb and partition.",
  },
  names: { levels: "Levels", grid: "GridSegment", work: "WorkItem" },
  types: {
    WorkItem: {
      text: "One action that is due, named by verb and bounds.",
      texts: {
        verb: "What is due.",
        partition: "Name of the partition.",
        from: "Its lower bound, ISO 8601; `..` for an open end.",
        to: "Its upper bound.",
      },
      names: { verb: "WorkVerb" },
    },
    WorkVerb: { text: "What is due for a partition." },
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
      "analyze",
    ],
    locks: 'With `resources: "window"` also those of [Partition](partition.md).',
    rights: [
      OWNER,
      CREATE,
      "Owner of each partition, or member of that role.",
      "`GRANT SELECT ON … TO role` on each table from which values of a level are read, and a policy that shows the role all of its rows where row security is on.",
      MANAGEMENT,
      "`functionNames`: CREATE on the schema of the names. Callers need what they call for: EXECUTE on the function, USAGE on the management schema, EXECUTE and SELECT there, and for `ensure`, `window` and `analyze` the ownership of the table. [The schedule](../schedule.md#rights) has the statements.",
      "What each right is for: [managed platforms](../platforms.md#the-role).",
    ],
    limits: [
      "A plan that is not complete retires nothing.",
      "The [default partition](../default-partition.md) is made, kept and removed here; retention never touches it.",
      "What partitions carry besides bounds is aligned here: [what every partition carries](../partitions.md). A partition of a role whose rights ours does not have is named with the ALTER TABLE for an administrator, and the rest is done.",
      "The functions and views of `functionNames` are told by their oids, never by their names: another object of such a name is refused, and one that is not declared any more is dropped. Only the owner may call one before it is granted, and none is SECURITY DEFINER. `window` runs in the transaction of its caller, who holds its locks until the end; the schedule itself commits after each partition.",
      `At most ${MAX_WINDOW_INTERVALS} intervals in a window, ${MAX_LISTED_DROPS} retirements and ${MAX_LISTED_STATEMENTS} statements listed in a plan; totals are always whole.`,
      "Its Delete is refused unless `allowDestroy` names the table; see [retirement](../retirement.md).",
    ],
  },
});
