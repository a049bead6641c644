import { isConverted, isSplitAtOnce, readConversion } from "../support/read-conversion";
import { CONVERSION_TYPE, explainSettings, type Rule } from "../support/rule";

interface ConversionProofConfig {
  /** Tables that may be compared and swapped by one update, as `schema.table`. */
  readonly allowed: readonly string[];
  /** Rows up to which a copy may be swapped by the update that compares it. */
  readonly rows: number;
}

export const conversionProof: Rule<ConversionProofConfig> = {
  name: "conversion-proof",
  description:
    "A copy takes the place of its table, or of a history that is split, in an update of its own, after every row was compared.",
  severity: "high",
  enforcementLevel: "advisory",
  remediation:
    'Declare convertFrom.until: "verify" first, and remove it once `pgpartition convert status` says verified.',
  resourceType: CONVERSION_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: "Tables that may be compared and swapped by one update, as schema.table.",
      items: { type: "string" },
      default: [],
    },
    rows: {
      type: "integer",
      description:
        "Rows, by estimate, up to which a copy may be swapped by the update that compares it. A table whose rows are not known is judged as a large one.",
      minimum: 0,
      default: 1_000_000,
    },
  },
  evaluate(properties, config) {
    const { table, swapsCopy, splits, plan, unknown } = readConversion(properties);
    if (config.allowed.includes(table)) return [];
    const change = explainSettings(this.name, 'convertFrom.until to "verify"', "allowed");
    if (unknown) return [`${table}: its conversion is not known yet. ${change}`];
    const swaps = swapsCopy && !isConverted(plan) && plan?.state !== "verified";
    if (!swaps && !(splits && isSplitAtOnce(plan))) return [];
    if (plan?.rows !== undefined && plan.rows <= config.rows) return [];
    const size = plan?.rows === undefined ? "" : `, of about ${plan.rows} rows; at most ${config.rows} may be`;
    const what = swaps ? "copy is compared and swapped" : "history is compared and split";
    return [`${table}: its ${what} by one update${size}. ${change}`];
  },
};
