import { PROVIDER_TYPE, type Rule, explainSettings } from "../support/rule";

interface ProtectedEnvironmentConfig {
  /** True if this environment is protected. */
  readonly protected: boolean;
}

export const protectedEnvironment: Rule<ProtectedEnvironmentConfig> = {
  name: "protected-environment",
  description: "In a protected environment no simulated clock decides, and no destroy may drop a table.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Remove trustAsOf and allowDestroy from the provider's configuration.",
  resourceType: PROVIDER_TYPE,
  configProperties: {
    protected: {
      type: "boolean",
      description: "True: this environment is protected. False only for environments whose data is not needed.",
      default: true,
    },
  },
  evaluate({ values, unknown }, config) {
    if (!config.protected) return [];
    const trust = formatFound("trustAsOf", values["trustAsOf"], unknown);
    const destroy = formatFound("allowDestroy", values["allowDestroy"], unknown);
    return [
      ...(isOff(trust)
        ? []
        : [
            `trustAsOf is ${trust}; in a protected environment it must be false. ${explainSettings(this.name, "trustAsOf", "protected")}`,
          ]),
      ...(isOff(destroy)
        ? []
        : [
            `allowDestroy is ${destroy}; in a protected environment it must be empty. ${explainSettings(this.name, "allowDestroy", "protected")}`,
          ]),
    ];
  },
};

/** Reads provider configuration, which is JSON text or plain values. */
function formatFound(name: string, value: unknown, unknown: readonly string[]): string {
  if (unknown.includes(name)) return "not known yet";
  const text = typeof value === "string" ? value.trim() : (JSON.stringify(value) ?? "");
  return text;
}

/** Counts everything else as on, also an unknown value: a protected environment does not guess. */
function isOff(text: string): boolean {
  return ["", "false", "[]", "null"].includes(text.replace(/\s/g, ""));
}
