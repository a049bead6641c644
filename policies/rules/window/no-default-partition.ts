import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { readDefaultPartition, readWindow } from "../support/read-window";

interface NoDefaultPartitionConfig {
  /** Tables that may have a default partition, as `schema.table`. */
  readonly allowed: readonly string[];
  /** True if an allowed one has to be empty. */
  readonly mustBeEmpty: boolean;
}

export const noDefaultPartition: Rule<NoDefaultPartitionConfig> = {
  name: "no-default-partition",
  description:
    "A table has no default partition, unless it is allowed one by name: with it no partition is attached or detached without locks.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation:
    "Remove defaultPartition and lengthen window.lead, so that no row is without its partition; or allow the table by name for this environment.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: "Tables that may have a default partition, as schema.table.",
      items: { type: "string" },
      default: [],
    },
    mustBeEmpty: {
      type: "boolean",
      description: "Whether an allowed one must be empty: no retention applies to rows in it.",
      default: false,
    },
  },
  evaluate(properties, config) {
    const { table } = readWindow(properties);
    const found = readDefaultPartition(properties);
    if (!found) return [];
    const whose = found.declared ? "" : ", which is not declared";
    if (!config.allowed.includes(table)) {
      const names = config.allowed.length === 0 ? "none" : config.allowed.join(", ");
      return [
        `${table}: it has the default partition "${found.name}"${whose}; allowed are those of: ${names}. ${explainSettings(this.name, "defaultPartition", "allowed")}`,
      ];
    }
    if (!config.mustBeEmpty || (found.rows ?? 0) === 0) return [];
    return [
      `${table}: its default partition "${found.name}" holds ${found.rows ?? 0} rows, and must be empty. ${explainSettings(this.name, "window.lead or window.start", "mustBeEmpty")}`,
    ];
  },
};
