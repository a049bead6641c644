import { readRecord, readText } from "./read-archive";
import type { KnownProperties } from "./rule";

/** Properties of a Conversion that the rules read. Undefined: not declared, or not known yet. */
interface ConversionProperties {
  /** `schema.table`, for messages and settings. */
  readonly table: string;
  /** True if this update swaps a copy, as far as the program says. */
  readonly swapsCopy: boolean;
  /** True if it is converted in one transaction, while its writers wait. */
  readonly offline: boolean;
  /** True if the history of the table is split, in this update or a later one, as far as the program says. */
  readonly splits: boolean;
  readonly rollbackUntil: string | undefined;
  readonly dropFormerAfter: string | undefined;
  /** What Check has read of the table. Undefined: it says nothing about it. */
  readonly plan: ConversionFacts | undefined;
  /** True if known only during the update. */
  readonly unknown: boolean;
}

interface ConversionFacts {
  /** Before the update, as in the outputs. */
  readonly state: string | undefined;
  /** The same of the split of its history. Undefined: it does not begin with this update. */
  readonly split: string | undefined;
  /** Estimate. */
  readonly rows: number | undefined;
  /** The time that decides. */
  readonly asOf: string | undefined;
}

/** Reads defensively: when Check refuses a resource, policies still see it, with arbitrary properties. */
export function readConversion({ values, unknown }: KnownProperties): ConversionProperties {
  const declared = readRecord(values["convertFrom"]);
  const plan = readRecord(values["plan"]);
  return {
    table: `${readText(values["schema"]) ?? "?"}.${readText(values["table"]) ?? "?"}`,
    swapsCopy: declared?.["strategy"] === "copy" && declared["until"] !== "verify",
    offline: declared?.["strategy"] === "offline",
    splits: declared?.["split"] === true && (declared["until"] ?? "swap") === "swap",
    rollbackUntil: readText(declared?.["rollbackUntil"]),
    dropFormerAfter: readText(declared?.["dropFormerAfter"]),
    plan: plan && {
      state: readText(plan["state"]),
      split: readText(plan["split"]),
      rows: typeof plan["rows"] === "number" ? plan["rows"] : undefined,
      asOf: readText(plan["asOf"]),
    },
    unknown: unknown.includes("convertFrom"),
  };
}

/** True if this update compares and splits a history, as far as is known. */
export function isSplitAtOnce(plan: ConversionFacts | undefined): boolean {
  return plan === undefined || plan.split === "plain" || plan.split === "copying";
}

/** True if there is nothing left to swap: `convertFrom` may stay in the program. */
export function isConverted(plan: ConversionFacts | undefined): boolean {
  return plan?.state === "converted" || plan?.state === "none";
}
