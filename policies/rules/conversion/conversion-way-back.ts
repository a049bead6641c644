import { isConverted, readConversion } from "../support/read-conversion";
import { isSooner } from "../support/days-ahead";
import { CONVERSION_TYPE, explainSettings, type Rule } from "../support/rule";

interface ConversionWayBackConfig {
  /** Days that the way back has to be open after the swap. */
  readonly days: number;
  /** Tables that may be swapped without one, as `schema.table`. */
  readonly allowed: readonly string[];
}

export const conversionWayBack: Rule<ConversionWayBackConfig> = {
  name: "conversion-way-back",
  description: "A copy takes the place of its table only with a way back that keeps every row written since.",
  severity: "high",
  enforcementLevel: "advisory",
  remediation: "Declare convertFrom.rollbackUntil far enough ahead to notice what the conversion has changed.",
  resourceType: CONVERSION_TYPE,
  configProperties: {
    days: {
      type: "integer",
      description: "Days from the update that swaps on for which the way back has to be open.",
      minimum: 0,
      default: 7,
    },
    allowed: {
      type: "array",
      description: "Tables that may be swapped without a way back, as schema.table.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(properties, config) {
    const { table, swapsCopy, offline, rollbackUntil, plan, unknown } = readConversion(properties);
    if (config.allowed.includes(table)) return [];
    if (unknown)
      return [
        `${table}: its conversion is not known yet. ${explainSettings(this.name, "convertFrom.rollbackUntil", "allowed")}`,
      ];
    if (!(swapsCopy || offline) || isConverted(plan)) return [];
    if (offline)
      return [
        `${table}: converted offline it has no way back. ${explainSettings(this.name, "convertFrom.strategy", "allowed")}`,
      ];
    if (rollbackUntil === undefined)
      return [
        `${table}: its copy would be swapped without a way back. ${explainSettings(this.name, "convertFrom.rollbackUntil", "allowed")}`,
      ];
    if (!isSooner(rollbackUntil, plan?.asOf, config.days)) return [];
    return [
      `${table}: its way back is open until ${rollbackUntil} (as of ${plan?.asOf ?? "?"}); at least ${config.days} days are required. ${explainSettings(this.name, "convertFrom.rollbackUntil", "days")}`,
    ];
  },
};
