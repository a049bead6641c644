import { z } from "zod";
import { formatToken } from "./resource-type";

/** The function by which a program has the plans of its tables printed together, once all of them are made. */
export const PRINT_PLAN = formatToken("printPlan");

/** Tables in the order in which they are printed. */
export const printPlanInputs = z.object({ tables: z.array(z.object({ schema: z.string(), table: z.string() })) });

/** The text that was printed; empty if nothing changes. */
export const printPlanOutputs = z.object({ text: z.string() });
