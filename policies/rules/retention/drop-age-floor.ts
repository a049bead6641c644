import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface DropAgeFloorConfig {
  /** Whole days since the upper bound of a partition, below which it may not be retired. */
  readonly days: number;
}

export const dropAgeFloor: Rule<DropAgeFloorConfig> = {
  name: "drop-age-floor",
  description: "No young partition is retired, whatever the window.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Lengthen window.retention until the youngest partition in the plan is older than the floor.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    days: {
      type: "integer",
      description: "Whole days since the upper bound of a partition, below which it may not be retired.",
      minimum: 0,
      default: 30,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const youngest = getCompletePlan(window)?.youngestDrop;
    if (!youngest || youngest.ageDays >= config.days) return [];
    return [
      `${window.table}: the plan retires "${youngest.partition}", which ended ${youngest.to}, ${youngest.ageDays} days ago; ` +
        `nothing younger than ${config.days} days may be retired. ${explainSettings(this.name, "window.retention", "days")}`,
    ];
  },
};
