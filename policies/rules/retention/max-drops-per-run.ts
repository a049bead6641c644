import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface MaxDropsPerRunConfig {
  /** Most partitions of a table that one update may detach, and most that it may drop; one that spans several intervals of the grid counts as these, and one without a beginning or end as 1,001. */
  readonly maximum: number;
}

export const maxDropsPerRun: Rule<MaxDropsPerRunConfig> = {
  name: "max-drops-per-run",
  description: "One update retires few partitions, so that a wrong clock or a wrong number is noticed early.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Retire in several updates by a lower maxDropsPerUpdate, and confirm fewer bounds in confirmDrops.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    maximum: {
      type: "integer",
      description:
        "Most partitions of a table that one update may detach, and most that it may drop; one that spans several intervals of the grid counts as these, and one without a beginning or end as 1,001.",
      minimum: 0,
      default: 3,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const plan = getCompletePlan(window);
    if (!plan) return [];
    const change = explainSettings(this.name, "maxDropsPerUpdate or confirmDrops", "maximum");
    const counts = [
      ["detaches", plan.detachCount, plan.detachIntervals] as const,
      ["drops", plan.dropCount, plan.dropIntervals] as const,
    ];
    return counts
      .filter(([, count, intervals = count]) => intervals > config.maximum)
      .map(([verb, count, intervals]) => {
        const what = `${count} partitions${intervals === undefined ? "" : `, which span ${intervals} intervals`}`;
        return `${window.table}: the plan ${verb} ${what}; at most ${config.maximum} in one update. ${change}`;
      });
  },
};
