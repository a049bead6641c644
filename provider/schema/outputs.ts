import { z } from "zod";
import type { WorkItem } from "../../core/plan/types";

/** What the handlers add to their inputs. Shapes only: the handlers themselves are the source of the values. */

const text = z.string();
const count = z.int();

const database = z.object({ systemIdentifier: text, databaseOid: text, name: text });

/** Compile-time proof that the schema of a work item is the type that the plan uses. */
const workItem = z.object({
  verb: z.enum(["create", "attach", "finalize", "detach", "drop"]),
  partition: text,
  from: text,
  to: text,
}) satisfies z.ZodType<WorkItem>;

export const managementSchemaInputs = z.object({ schema: text });
export const managementSchemaOutputs = z.object({ version: count, database });
export const tableOutputs = z.object({ qualifiedName: text, owner: text, database });
export const partitionOutputs = z.object({ partition: text, database });
export const indexOutputs = z.object({ valid: z.boolean(), leaves: count, database });

/** Inputs that the component adds to the declared window. */
export const windowClockInputs = z.object({ asOf: text, childDigest: text.optional(), plan: z.unknown().optional() });
export const windowOutputs = z.object({ work: z.array(workItem), leafCount: count, retired: z.array(text), database });

export const getPartitionsInputs = z.object({ schema: text.optional(), table: text });
export const getPartitionsOutputs = z.object({
  partitions: z.array(
    z.object({ name: text, bounds: text, rows: z.number().optional(), bytes: z.number(), detachPending: z.boolean() }),
  ),
});
