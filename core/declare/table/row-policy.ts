import { z } from "zod";
import { grantSpecSchema, rowSecuritySpecSchema } from "./security";
import type { TableShape } from "./spec";
import { keyToWire, keyWireSchema } from "./wire";

const name = z.string().min(1);

/** How RowPolicy travels to the provider. What is left out is not managed. */
export const rowPolicyWireSchema = z.object({
  schema: name,
  table: name,
  key: keyWireSchema,
  rowSecurity: rowSecuritySpecSchema.optional(),
  grants: z.array(grantSpecSchema).optional(),
});
export type RowPolicyWire = z.infer<typeof rowPolicyWireSchema>;

/** Undefined: the table declares nothing of it. */
export function rowPolicyToWire(
  spec: Pick<TableShape, "schema" | "table" | "leaves" | "window">,
): RowPolicyWire | undefined {
  const { rowSecurity, grants } = spec.leaves;
  if (!rowSecurity && !grants) return undefined;
  return {
    schema: spec.schema,
    table: spec.table,
    key: keyToWire(spec.window.key),
    ...(rowSecurity ? { rowSecurity } : {}),
    ...(grants ? { grants } : {}),
  };
}
