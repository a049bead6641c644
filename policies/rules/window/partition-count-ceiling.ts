import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface PartitionCountCeilingConfig {
  /** Most partitions of one table after the update. */
  readonly maximum: number;
}

export const partitionCountCeiling: Rule<PartitionCountCeilingConfig> = {
  name: "partition-count-ceiling",
  description: "A table has no more partitions than the planner and its users can handle.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation: "Use longer intervals (partitionBy.every), a shorter window.retention or a smaller window.lead.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    maximum: {
      type: "integer",
      description: "Most partitions of one table after the update.",
      minimum: 1,
      default: 500,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const plan = getCompletePlan(window);
    if (!plan) return [];
    const after = plan.partitionCount + plan.createCount - plan.detachCount;
    if (after <= config.maximum) return [];
    const change = explainSettings(this.name, "partitionBy.every, window.retention or window.lead", "maximum");
    return [`${window.table}: it will have ${after} partitions; at most ${config.maximum}. ${change}`];
  },
};
