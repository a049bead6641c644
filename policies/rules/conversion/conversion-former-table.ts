import { isSooner } from "../support/days-ahead";
import { isConverted, isSplitAtOnce, readConversion } from "../support/read-conversion";
import { CONVERSION_TYPE, explainSettings, type Rule } from "../support/rule";

interface ConversionFormerTableConfig {
  /** Days for which the former table has to be kept after the swap. */
  readonly days: number;
  /** Tables whose former one may be left for ever, as `schema.table`. */
  readonly allowed: readonly string[];
}

export const conversionFormerTable: Rule<ConversionFormerTableConfig> = {
  name: "conversion-former-table",
  description: "A copy, or a split, declares when the former table is dropped: not at once, and not never.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation: "Declare convertFrom.dropFormerAfter, late enough to look something up in the former table.",
  resourceType: CONVERSION_TYPE,
  configProperties: {
    days: {
      type: "integer",
      description: "Days from the update that swaps, or splits, on for which the former table has to be kept.",
      minimum: 0,
      default: 7,
    },
    allowed: {
      type: "array",
      description: "Tables whose former one may be left for ever, as schema.table.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(properties, config) {
    const { table, swapsCopy, offline, splits, dropFormerAfter, plan, unknown } = readConversion(properties);
    if (config.allowed.includes(table)) return [];
    const change = explainSettings(this.name, "convertFrom.dropFormerAfter", "allowed");
    if (unknown) return [`${table}: its conversion is not known yet. ${change}`];
    const swaps = (swapsCopy || offline) && !isConverted(plan);
    // It may swap or split with this update: a verified split only remains to be done.
    const isSplit = splits && (isSplitAtOnce(plan) || plan?.split === "verified");
    if (!swaps && !isSplit) return [];
    const former = isSplit ? "history" : "former table";
    if (dropFormerAfter === undefined) return [`${table}: its ${former} would be kept for ever. ${change}`];
    if (!isSooner(dropFormerAfter, plan?.asOf, config.days)) return [];
    return [
      `${table}: its ${former} is kept until ${dropFormerAfter} (as of ${plan?.asOf ?? "?"}); at least ${config.days} days are required. ${explainSettings(this.name, "convertFrom.dropFormerAfter", "days")}`,
    ];
  },
};
