import { z } from "zod";
import { defineAsWritten, type OptionsOf } from "../option/option";

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
  reason: defineAsWritten(z.string().optional()),
  dataClass: defineAsWritten(z.string().optional()),
  owner: defineAsWritten(z.string().optional()),
} satisfies OptionsOf<DescriptionOptions>;
