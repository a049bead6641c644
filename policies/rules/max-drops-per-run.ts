import { type Rule, settings, WINDOW_TYPE } from "./support/rule";
import { completePlan, readWindow } from "./support/window";

export interface MaxDropsPerRunConfig {
  /** Most partitions of a table that one update may detach, and most that it may drop. */
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
      description: "Most partitions of a table that one update may detach, and most that it may drop.",
      minimum: 0,
      default: 3,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const plan = completePlan(window);
    if (!plan) return [];
    const change = settings(this.name, "maxDropsPerUpdate or confirmDrops", "maximum");
    const counts = [["detaches", plan.detachCount] as const, ["drops", plan.dropCount] as const];
    return counts
      .filter(([, count]) => count > config.maximum)
      .map(
        ([verb, count]) =>
          `${window.table}: the plan ${verb} ${count} partitions; at most ${config.maximum} in one update. ${change}`,
      );
  },
};
