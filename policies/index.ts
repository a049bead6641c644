import type * as policyTypes from "@pulumi/policy";
import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { explainMissingPackage } from "../core/problems/missing-package";
import { RULES } from "./rules";
import { type AnyRule, configureRule, type Rule, type StackResource, type StackRule } from "./rules/support/rule";

const { PolicyPack } = loadSdk();

/** The only module that starts a pack: rules are imported without starting one. */
new PolicyPack("pgpartition", {
  displayName: "Time-partitioned PostgreSQL tables",
  description: "Retention, lead, drops and locks, judged before any SQL runs",
  policies: RULES.map(toPolicy),
});

function loadSdk(): typeof policyTypes {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not be explained if it is missing
    return require("@pulumi/policy") as typeof policyTypes;
  } catch (error) {
    throw explainMissingPackage(error, "@pulumi/policy", "the policy pack pgpartition");
  }
}

/** Converts a rule to the policy SDK: selects its resources, reads the known properties, reports its messages. */
function toPolicy(rule: AnyRule): ResourceValidationPolicy | StackValidationPolicy {
  return "resourceType" in rule ? toResourcePolicy(rule) : toStackPolicy(rule);
}

function toResourcePolicy(rule: Rule): ResourceValidationPolicy {
  return {
    ...getTexts(rule),
    validateResource: (args, reportViolation) => {
      if (args.type !== rule.resourceType) args.notApplicable(`only for ${rule.resourceType}`);
      const config = configureRule(rule, args.getConfig<Record<string, unknown>>());
      const known = { ...readKnown(args.props), protect: args.opts.protect };
      for (const message of rule.evaluate(known, config)) reportViolation(message);
    },
  };
}

function toStackPolicy(rule: StackRule): StackValidationPolicy {
  return {
    ...getTexts(rule),
    validateStack: (args, reportViolation) => {
      const config = configureRule(rule, args.getConfig<Record<string, unknown>>());
      const resources = args.resources.filter(({ type }) => rule.types.includes(type)).map(readResource);
      for (const message of rule.evaluateStack(resources, config)) reportViolation(message);
    },
  };
}

function getTexts(rule: AnyRule): Omit<ResourceValidationPolicy, "validateResource"> {
  return {
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    enforcementLevel: rule.enforcementLevel,
    remediationSteps: rule.remediation,
    configSchema: { properties: { ...rule.configProperties } },
  };
}

function readResource(resource: PolicyResource): StackResource {
  const sources = Object.entries(resource.propertyDependencies);
  return {
    ...readKnown(resource.props),
    protect: resource.opts.protect,
    type: resource.type,
    name: resource.name,
    urn: resource.urn,
    sources: Object.fromEntries(sources.map(([property, from]) => [property, from.map(({ urn }) => urn)])),
    parentType: resource.parent?.type,
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
