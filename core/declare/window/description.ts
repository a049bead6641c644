import { z } from "zod";
import { asWritten, type OptionsOf } from "../option/option";

/** Description of a table for people and policies. */
export interface DescriptionOptions {
  /** Reason for the retention; shown in preview and to policies. @example "compliance and audit" */
  readonly reason?: string;
  /** Class of the data, for policies that bound retention by class. @example "audit", "personal", "telemetry" */
  readonly dataClass?: string;
  /** Person or team responsible for the table. @example "platform@example.com" */
  readonly owner?: string;
}

export const DESCRIPTION = {
  reason: asWritten(z.string().optional()),
  dataClass: asWritten(z.string().optional()),
  owner: asWritten(z.string().optional()),
} satisfies OptionsOf<DescriptionOptions>;
