import { z } from "zod";
import type { Problem } from "../problem";
import { type ParsedSpan, parseSpan, SPAN_HINT, spanText } from "../time/span";
import type { BackupArgs } from "./backup-args";

/** The backup without which nothing is dropped. */
export interface BackupSpec {
  readonly query: string;
  readonly within: ParsedSpan | undefined;
}

const query = z.string().min(1);

/** The shape that users write. */
export const backupSchema = z.strictObject({ query, within: z.string({ error: SPAN_HINT }).optional() });

/** The shape that travels. */
export const backupWireSchema = z.object({
  query,
  within: z
    .string()
    .refine((text) => parseSpan(text) !== undefined, SPAN_HINT)
    .optional(),
});

export function parseBackup(declared: BackupArgs | undefined, problems: Problem[]): BackupSpec | undefined {
  if (declared === undefined) return undefined;
  const within = declared.within === undefined ? undefined : parseSpan(declared.within);
  if (declared.within !== undefined && !within)
    problems.push({
      path: "requireBackupSince.within",
      code: "invalid-span",
      message: `${JSON.stringify(declared.within)} is not a length of time.`,
      fix: SPAN_HINT,
    });
  return { query: declared.query, within };
}

export function backupToWire({ query, within }: BackupSpec): z.infer<typeof backupWireSchema> {
  return { query, ...(within ? { within: spanText(within) } : {}) };
}

export function backupFromWire(wire: z.infer<typeof backupWireSchema>): BackupSpec {
  return { query: wire.query, within: wire.within === undefined ? undefined : parseSpan(wire.within) };
}
