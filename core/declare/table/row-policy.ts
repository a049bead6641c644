import { z } from "zod";
import { grantSpecSchema, rowSecuritySpecSchema } from "./security";
import type { TableShape } from "./spec";
import { encodeKey, keyWireSchema } from "./wire";

const name = z.string().min(1);

/** Inputs of RowPolicy. Properties left out are not managed. */
export const rowPolicyWireSchema = z.object({
  schema: name,
  table: name,
  key: keyWireSchema,
  rowSecurity: rowSecuritySpecSchema.optional(),
  grants: z.array(grantSpecSchema).optional(),
});
export type RowPolicyWire = z.infer<typeof rowPolicyWireSchema>;

/** Returns the inputs of RowPolicy; undefined if the table declares no security. */
export function encodeRowPolicy(
  spec: Pick<TableShape, "schema" | "table" | "profile" | "window">,
): RowPolicyWire | undefined {
  const { rowSecurity, grants } = spec.profile;
  if (!rowSecurity && !grants) return undefined;
  return {
    schema: spec.schema,
    table: spec.table,
    key: encodeKey(spec.window.key),
    ...(rowSecurity ? { rowSecurity } : {}),
    ...(grants ? { grants } : {}),
  };
}
