import { z } from "zod";
import type { WorkItem } from "../../core/plan/types";
import { VERB_NAMES } from "../../core/plan/verbs";
import { grantSpecSchema, policySpecSchema } from "../../core/spec/security";
import { PUBLISHED_CHANGES } from "../../core/spec/publications";

/** What the handlers add to their inputs. Shapes only: the handlers themselves are the source of the values. */

const text = z.string();
const count = z.int();

const database = z.object({ systemIdentifier: text, databaseOid: text, name: text });

/** Compile-time proof that the schema of a work item is the type that the plan uses. */
const workItem = z.object({
  verb: z.enum(VERB_NAMES),
  partition: text,
  from: text,
  to: text,
}) satisfies z.ZodType<WorkItem>;

export const managementSchemaOutputs = z.object({ version: count, database });
export const tableOutputs = z.object({ qualifiedName: text, owner: text, database });
export const partitionOutputs = z.object({ partition: text, database });
export const rowPolicyOutputs = z.object({
  work: z.array(text),
  enabled: z.boolean(),
  forced: z.boolean(),
  policies: z.array(policySpecSchema),
  grants: z.array(grantSpecSchema),
  database,
});
export const indexOutputs = z.object({ valid: z.boolean(), leaves: count, database });

export const publicationMemberOutputs = z.object({
  implicit: z.boolean(),
  publishes: z.array(z.enum(PUBLISHED_CHANGES)),
  viaPartitionRoot: z.boolean(),
  made: z.boolean(),
  rowFilter: text.optional(),
  publishedColumns: z.array(text).optional(),
  database,
});

export const functionAliasesOutputs = z.object({ functions: z.array(text), database });
export const cronJobOutputs = z.object({
  runner: z.enum(["pg_cron", "external"]),
  jobId: text.optional(),
  lastRun: text.optional(),
  lastStatus: text.optional(),
  lastError: text.optional(),
  crontab: text,
  systemdTimer: text,
  database,
});

/** Inputs that the component adds to the declared window. */
export const windowClockInputs = z.object({ asOf: text, childDigest: text.optional(), plan: z.unknown().optional() });
export const windowOutputs = z.object({
  work: z.array(workItem),
  leafCount: count,
  retired: z.array(text),
  lastAnalyzed: text.optional(),
  defaultRows: count.optional(),
  database,
});

export const getPartitionsInputs = z.object({ schema: text.optional(), table: text });
export const getPartitionsOutputs = z.object({
  partitions: z.array(
    z.object({ name: text, bounds: text, rows: z.number().optional(), bytes: z.number(), detachPending: z.boolean() }),
  ),
});
