import { z } from "zod";
import { quote } from "../names/identifier";
import type { Report } from "../problems/problem";

const bytes = z.number().int().min(0);

/** Sizes in bytes by which the view partition_size classifies a partition, as sent to the provider. */
const sizeThresholdsSchema = z.strictObject({ smallBytes: bytes, warnBytes: bytes, alertBytes: bytes });
export type SizeThresholds = z.infer<typeof sizeThresholdsSchema>;

/** Inputs of ManagementSchema as sent to the provider. Without `sizes` the thresholds in the database are unchanged. */
export const managementSchemaWireSchema = z.object({
  schema: z.string().min(1),
  sizes: sizeThresholdsSchema.optional(),
});
export type ManagementSchemaWire = z.infer<typeof managementSchemaWireSchema>;

/** Returns the statement that records them in the database, where the view partition_size reads them. */
export function buildThresholdStatement(
  management: string,
  { smallBytes, warnBytes, alertBytes }: SizeThresholds,
): string {
  return `SELECT ${quote(management)}.set_size_thresholds(${smallBytes}, ${warnBytes}, ${alertBytes})`;
}

/** True if two sets of thresholds are equal. */
export function areSameThresholds(a: SizeThresholds, b: SizeThresholds): boolean {
  return a.smallBytes === b.smallBytes && a.warnBytes === b.warnBytes && a.alertBytes === b.alertBytes;
}

/** Reports thresholds that do not increase. NaN, a size that could not be read, is ignored. */
export function reportThresholds({ smallBytes, warnBytes, alertBytes }: SizeThresholds, report: Report): void {
  if (smallBytes >= warnBytes || warnBytes >= alertBytes)
    report(
      "sizes",
      `small, warn and alert are ${smallBytes}, ${warnBytes} and ${alertBytes} bytes.`,
      "Make each larger than the one before.",
    );
}
