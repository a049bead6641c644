import type { Instant } from "../../time/instant";

export const CONVERSION_STRATEGIES = ["attach", "copy", "copyThenSwitch", "offline"] as const;
export type ConversionStrategy = (typeof CONVERSION_STRATEGIES)[number];

/** Phases of a conversion, in their order. */
export const CONVERSION_PHASES = ["prepare", "verify", "swap"] as const;
export type ConversionPhase = (typeof CONVERSION_PHASES)[number];

/**
 * A declared conversion.
 *
 * @public
 */
export type ConversionSpec = AttachSpec | CopySpec | SwitchSpec;

/**
 * The whole table becomes one partition.
 *
 * @public
 */
export interface AttachSpec {
  readonly strategy: "attach";
  readonly historyUntil: Instant;
  readonly historyName: string;
  readonly split: boolean;
  /** `verify` with `split` alone. */
  readonly until: ConversionPhase;
  readonly timeBudgetMinutes: number | undefined;
  /** With `split` alone. */
  readonly dropFormerAfter: Instant | undefined;
}

/**
 * Its rows are copied.
 *
 * @public
 */
export interface CopySpec {
  /** `offline`: in one transaction, while writers wait; then `until` is `swap`, and there is no way back. */
  readonly strategy: "copy" | "offline";
  readonly formerName: string;
  readonly until: "verify" | "swap";
  readonly timeBudgetMinutes: number | undefined;
  readonly rollbackUntil: Instant | undefined;
  /** With `rollbackUntil` alone. */
  readonly openWayBack: boolean;
  readonly dropFormerAfter: Instant | undefined;
}

/**
 * Its rows are copied into a table of another name, and both are kept current.
 *
 * @public
 */
export interface SwitchSpec {
  readonly strategy: "copyThenSwitch";
  /** Name of the plain table, in the same schema. */
  readonly from: string;
  readonly until: "verify" | "swap";
  readonly timeBudgetMinutes: number | undefined;
  readonly rollbackUntil: Instant;
}

/** True if the table is plain after the last declared phase, or does not exist as declared: nothing else of it can exist. */
export function endsPlain({ strategy: named, until }: ConversionSpec): boolean {
  return until === "prepare" || (named !== "attach" && until === "verify");
}
