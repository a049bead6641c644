import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface SuperuserForbiddenConfig {
  /** True if a superuser is refused. */
  readonly forbidden: boolean;
}

export const superuserForbidden: Rule<SuperuserForbiddenConfig> = {
  name: "superuser-forbidden",
  description: "The role that changes the tables may do that and no more.",
  severity: "high",
  enforcementLevel: "advisory",
  remediation:
    "Connect as a role that owns the tables and may create in their schemas: docs/troubleshooting.md, Missing rights, has its grants.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    forbidden: {
      type: "boolean",
      description: "True: a superuser is refused. False only for environments whose data is not needed.",
      default: true,
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const role = getCompletePlan(window)?.role;
    if (!config.forbidden || !role?.superuser) return [];
    return [
      `${window.table}: the connection's role "${role.name}" is a superuser, for whom no right and no row security holds. ${explainSettings(this.name, "the connection's user", "forbidden")}`,
    ];
  },
};
