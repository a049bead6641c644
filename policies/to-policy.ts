import type { ResourceValidationPolicy } from "@pulumi/policy";
import { configure, type Rule } from "./rules/support/rule";

/** Hands a rule to the policy SDK: picks the resources it is for, reads their known properties, reports its messages. */
export function toPolicy(rule: Rule): ResourceValidationPolicy {
  return {
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    enforcementLevel: rule.enforcementLevel,
    remediationSteps: rule.remediation,
    configSchema: { properties: { ...rule.configProperties } },
    validateResource: (args, reportViolation) => {
      if (args.type !== rule.resourceType) args.notApplicable(`only for ${rule.resourceType}`);
      const config = configure(rule, args.getConfig<Record<string, unknown>>());
      for (const message of rule.evaluate(readKnown(args.props), config)) reportViolation(message);
    },
  };
}

/**
 * Copies the properties that are known, and lists those that are not. The SDK would end a rule at the first unknown
 * property and report that as advisory, whatever its level; the rules decide for themselves.
 */
function readKnown(props: Record<string, unknown>): { values: Record<string, unknown>; unknown: string[] } {
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const key of Object.keys(props)) {
    try {
      // Reads every level, and the SDK's proxy throws where one is unknown; plain JSON, so nothing else can throw.
      const text = JSON.stringify(props[key]);
      if (text !== undefined) values[key] = JSON.parse(text);
    } catch {
      unknown.push(key);
    }
  }
  return { values, unknown };
}
