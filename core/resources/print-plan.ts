import { z } from "zod";
import { formatToken } from "./resource-type";

/** The function by which a program has the plans of its tables printed together, once all of them are made. */
export const PRINT_PLAN = formatToken("printPlan");

const tableNames = z.array(z.object({ schema: z.string(), table: z.string() }));

/**
 * Tables in the order in which they are printed, and all tables of the program. `owner`: `project/stack`; those of its tables
 * that are declared nowhere leave the program.
 */
export const printPlanInputs = z.object({
  tables: tableNames,
  declared: tableNames.optional(),
  owner: z.string().optional(),
});

/** The text that was printed; empty if nothing changes. */
export const printPlanOutputs = z.object({ text: z.string() });
