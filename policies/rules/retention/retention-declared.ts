import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { readWindow } from "../support/read-window";

interface RetentionDeclaredConfig {
  /** Properties required in addition to the retention. */
  readonly require: readonly string[];
  /** Data classes that the other rules know; a misspelt one would escape their limits. Empty: any. */
  readonly dataClasses: readonly string[];
}

const DESCRIPTIONS = ["reason", "owner", "dataClass"] as const;

export const retentionDeclared: Rule<RetentionDeclaredConfig> = {
  name: "retention-declared",
  description: "Every table declares how long its data is retained, why, and its owner.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    'Declare window.retention (a span, or "forever" with a reason), reason, owner and dataClass of the table.',
  resourceType: WINDOW_TYPE,
  configProperties: {
    require: {
      type: "array",
      description: "What must be declared in addition to the retention.",
      items: { type: "string", enum: [...DESCRIPTIONS] },
      default: [...DESCRIPTIONS],
    },
    dataClasses: {
      type: "array",
      description: "The data classes in use. Empty: any.",
      items: { type: "string" },
      default: ["audit", "change-history", "finance", "operational", "personal", "telemetry"],
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const { table, retention, dataClass } = window;
    const messages: string[] = [];
    if (retention === undefined && !properties.unknown.includes("retention")) {
      messages.push(
        `${table}: retention is not declared; a span such as "12 months", or "forever", is required. Set window.retention in the program; the policy retention-declared requires it.`,
      );
    }
    for (const name of DESCRIPTIONS) {
      if (window[name] !== undefined || properties.unknown.includes(name)) continue;
      if (name === "reason" && retention === "forever") {
        messages.push(
          `${table}: retention is "forever" and reason is missing; retaining data without end needs one. Set reason in the program, or window.retention to a span; no key of retention-declared lifts this.`,
        );
      } else if (config.require.includes(name)) {
        messages.push(
          `${table}: ${name} is missing; required are ${config.require.join(", ")}. ${explainSettings("retention-declared", name, "require")}`,
        );
      }
    }
    if (dataClass !== undefined && config.dataClasses.length > 0 && !config.dataClasses.includes(dataClass)) {
      messages.push(
        `${table}: dataClass is "${dataClass}"; known are ${config.dataClasses.join(", ")}. ${explainSettings("retention-declared", "dataClass", "dataClasses")}`,
      );
    }
    return messages;
  },
};
