import { z } from "zod";
import { quote } from "../names/identifier";
import { InvalidSpecError, type Problem } from "../problem";
import type { SizeThresholdArgs } from "./args";
import { parseSizes } from "./settings";

const bytes = z.number().int().min(0);

/** Sizes in bytes by which the view partition_size judges a partition, as they travel to the provider. */
export const sizeThresholdsSchema = z.strictObject({ smallBytes: bytes, warnBytes: bytes, alertBytes: bytes });
export type SizeThresholds = z.infer<typeof sizeThresholdsSchema>;

/** How ManagementSchema travels to the provider. Without `sizes` the thresholds are whatever the database has. */
export const managementSchemaWireSchema = z.object({
  schema: z.string().min(1),
  sizes: sizeThresholdsSchema.optional(),
});
export type ManagementSchemaWire = z.infer<typeof managementSchemaWireSchema>;

/** Reads declared sizes; throws with every problem at once. */
export function requireSizeThresholds(args: SizeThresholdArgs, subject: string): SizeThresholds {
  const problems: Problem[] = [];
  const sizes = parseSizes(args, (path, message, fix) => problems.push({ path, code: "invalid-value", message, fix }));
  if (problems.length > 0) throw new InvalidSpecError(subject, problems);
  return sizes;
}

/** What records them in the database, where the view partition_size reads them. */
export function thresholdStatement(management: string, { smallBytes, warnBytes, alertBytes }: SizeThresholds): string {
  return `SELECT ${quote(management)}.set_size_thresholds(${smallBytes}, ${warnBytes}, ${alertBytes})`;
}

/** Whether two sets of thresholds say the same. */
export function sameThresholds(a: SizeThresholds, b: SizeThresholds): boolean {
  return a.smallBytes === b.smallBytes && a.warnBytes === b.warnBytes && a.alertBytes === b.alertBytes;
}

/** What stands in the way of recording them, where a program gave bytes itself. */
export function thresholdProblems(sizes: SizeThresholds): Problem[] {
  if (sizes.smallBytes < sizes.warnBytes && sizes.warnBytes < sizes.alertBytes) return [];
  return [
    {
      path: "sizes",
      code: "invalid-value",
      message: `small, warn and alert are ${sizes.smallBytes}, ${sizes.warnBytes} and ${sizes.alertBytes} bytes.`,
      fix: "Let each be larger than the one before.",
    },
  ];
}
