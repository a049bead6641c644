import { z } from "zod";

const text = z.string();

export const getPartitionsInputs = z.object({ schema: text.optional(), table: text });
export const getPartitionsOutputs = z.object({
  partitions: z.array(
    z.object({ name: text, bounds: text, rows: z.number().optional(), bytes: z.number(), detachPending: z.boolean() }),
  ),
});
