import { type Instant, parseInstant } from "../../../core/time/instant";
import { addSpan, parseSpan } from "../../../core/time/span";
import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { computeEnd, isShorter, SPAN_PATTERN } from "../support/spans";
import { readWindow } from "../support/read-window";

interface LeadMinimumConfig {
  /** Shortest time ahead of now for which partitions must exist. */
  readonly minimum: string;
}

export const leadMinimum: Rule<LeadMinimumConfig> = {
  name: "lead-minimum",
  description: "Partitions are created far enough ahead that a missed update stops no writer.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Lengthen window.lead of the table, or move its until.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    minimum: {
      type: "string",
      description: "How far ahead of now partitions must at least be created.",
      pattern: SPAN_PATTERN,
      default: "1 month",
    },
  },
  evaluate(properties, config) {
    const { table, lead, asOf } = readWindow(properties);
    if (lead === undefined) return [];
    const tooShort =
      typeof lead === "string"
        ? isShorter(computeEnd(lead), computeEnd(config.minimum))
        : isShorter(read(lead.until), computeLead(asOf, config.minimum));
    if (!tooShort) return [];
    const leadText = typeof lead === "string" ? `"${lead}"` : `until ${lead.until} (as of ${asOf ?? "?"})`;
    return [
      `${table}: lead is ${leadText}; at least "${config.minimum}" is required. ${explainSettings(this.name, "window.lead", "minimum")}`,
    ];
  },
};

function computeLead(asOf: string | undefined, minimum: string): Instant | undefined {
  const from = read(asOf);
  const span = parseSpan(minimum);
  return from && span ? addSpan(from, span, "UTC") : undefined;
}

/** Reads an instant; undefined for other values, which Check refuses. */
function read(text: string | undefined): Instant | undefined {
  try {
    return text === undefined ? undefined : parseInstant(text, "UTC");
  } catch {
    return undefined;
  }
}
