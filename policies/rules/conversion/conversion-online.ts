import { isConverted, readConversion } from "../support/read-conversion";
import { CONVERSION_TYPE, explainSettings, type Rule } from "../support/rule";

interface ConversionOnlineConfig {
  /** Tables that may be converted offline whatever their size, as `schema.table`. */
  readonly allowed: readonly string[];
  /** Rows up to which a table may be converted offline. */
  readonly rows: number;
}

export const conversionOnline: Rule<ConversionOnlineConfig> = {
  name: "conversion-online",
  description: "A table with many rows is converted while its writers continue.",
  severity: "high",
  enforcementLevel: "advisory",
  remediation: 'Declare convertFrom.strategy: "attach" or "copy".',
  resourceType: CONVERSION_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: "Tables that may be converted offline whatever their size, as schema.table.",
      items: { type: "string" },
      default: [],
    },
    rows: {
      type: "integer",
      description:
        "Rows, by estimate, up to which a table may be converted offline. A table whose rows are not known is judged as a large one.",
      minimum: 0,
      default: 1_000_000,
    },
  },
  evaluate(properties, config) {
    const { table, offline, plan, unknown } = readConversion(properties);
    if (config.allowed.includes(table)) return [];
    const change = explainSettings(this.name, "convertFrom.strategy", "allowed");
    if (unknown) return [`${table}: its conversion is not known yet. ${change}`];
    if (!offline || isConverted(plan)) return [];
    if (plan?.rows !== undefined && plan.rows <= config.rows) return [];
    const size = plan?.rows === undefined ? "" : `, of about ${plan.rows} rows; at most ${config.rows} may be`;
    return [`${table}: its writers would wait until it is converted${size}. ${change}`];
  },
};
