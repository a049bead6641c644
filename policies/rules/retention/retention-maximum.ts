import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { computeEnd, isShorter, SPAN_PATTERN } from "../support/spans";
import { readWindow, type WindowProperties } from "../support/read-window";

interface RetentionMaximumConfig {
  /** Longest retention of each data class, grace included. */
  readonly byDataClass: Readonly<Record<string, string>>;
  /** True if `onExpire: "detach"` is refused for these classes: a detached table keeps its rows without end. */
  readonly mustErase: boolean;
}

export const retentionMaximum: Rule<RetentionMaximumConfig> = {
  name: "retention-maximum",
  description: "Data is retained for no longer than its class allows.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Shorten window.retention (or grace) of the table to the maximum of its data class.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    byDataClass: {
      type: "object",
      description: 'Longest retention of each data class, grace included, for example { "personal": "24 months" }.',
      additionalProperties: { type: "string", pattern: SPAN_PATTERN },
      default: { personal: "24 months" },
    },
    mustErase: {
      type: "boolean",
      description:
        'Whether onExpire "detach" is refused for these classes: a detached table keeps its rows without end.',
      default: false,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const { table, retention, dataClass, onExpire } = window;
    if (retention === undefined || dataClass === undefined) return [];
    const maximum = config.byDataClass[dataClass];
    if (maximum === undefined) return [];
    const limit = `data of class "${dataClass}" is retained for at most "${maximum}"`;
    const change = explainSettings(this.name, "window.retention", `byDataClass.${dataClass}`);
    const messages: string[] = [];
    if (retention === "forever" || isShorter(computeEnd(maximum), computeEnd(...listKeptFor(window, retention)))) {
      messages.push(
        `${table}: retention is ${listKeptFor(window, retention)
          .map((span) => `"${span}"`)
          .join(" and grace ")}; ${limit}. ${change}`,
      );
    }
    if (config.mustErase && onExpire === "detach") {
      messages.push(
        `${table}: onExpire is "detach", which keeps the rows in a separate table; ${limit}, then erased. ${explainSettings(this.name, "onExpire", "mustErase")}`,
      );
    }
    return messages;
  },
};

/** Adds the grace of a drop: the rows of a detached partition remain until it is over. */
function listKeptFor(window: WindowProperties, retention: string): string[] {
  return window.onExpire === "drop" && window.grace !== undefined ? [retention, window.grace] : [retention];
}
