import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { computeEnd, isShorter, SPAN_PATTERN } from "../support/spans";
import { readWindow } from "../support/read-window";

interface RetentionMinimumConfig {
  /** Shortest retention of each data class. */
  readonly byDataClass: Readonly<Record<string, string>>;
}

export const retentionMinimum: Rule<RetentionMinimumConfig> = {
  name: "retention-minimum",
  description: "Data is retained for at least as long as its class requires.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Lengthen window.retention of the table to the minimum of its data class.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    byDataClass: {
      type: "object",
      description: 'Shortest retention of each data class, for example { "audit": "12 months" }.',
      additionalProperties: { type: "string", pattern: SPAN_PATTERN },
      default: { audit: "12 months", finance: "84 months" },
    },
  },
  evaluate(properties, config) {
    const { table, retention, dataClass } = readWindow(properties);
    if (retention === undefined || retention === "forever" || dataClass === undefined) return [];
    const minimum = config.byDataClass[dataClass];
    if (minimum === undefined || !isShorter(computeEnd(retention), computeEnd(minimum))) return [];
    const change = explainSettings(this.name, "window.retention", `byDataClass.${dataClass}`);
    return [
      `${table}: retention is "${retention}"; data of class "${dataClass}" is retained for at least "${minimum}". ${change}`,
    ];
  },
};
