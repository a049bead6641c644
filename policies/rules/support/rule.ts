/** A property of a policy's configuration, as JSON Schema; the engine validates `--policy-pack-config` by it. */
export interface ConfigProperty {
  readonly type: "string" | "integer" | "boolean" | "object" | "array";
  readonly description: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly enum?: string[];
  readonly items?: { type: "string"; enum?: string[] };
  readonly additionalProperties?:
    | { type: "string"; pattern: string }
    | { type: "array"; items: { type: "string" } }
    | {
        type: "object";
        properties: Record<string, { type: "string" }>;
        required: string[];
        additionalProperties: false;
      };
}

/** Input of a rule: the known properties of one resource, and the names of those that are not known yet. */
export interface KnownProperties {
  readonly values: Readonly<Record<string, unknown>>;
  readonly unknown: readonly string[];
  /** True if the resource must not be deleted (the option `protect`). Left out: not known. */
  readonly protect?: boolean;
}

/** A resource of a stack, with its connections to others. */
export interface StackResource extends KnownProperties {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URNs of the resources that each property was taken from: they connect resources whose names are not known yet. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  /** Type of its parent component. */
  readonly parentType: string | undefined;
}

/** Texts of every policy. */
interface RuleTexts<Config> {
  readonly name: string;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly enforcementLevel: "advisory" | "mandatory";
  /** Correction of a violation. */
  readonly remediation: string;
  readonly configProperties: Readonly<Record<keyof Config & string, ConfigProperty>>;
}

/** A policy as plain data and a pure function: no SDK, no clock, no environment. */
export interface Rule<Config = object> extends RuleTexts<Config> {
  readonly resourceType: string;
  /**
   * Returns each violation in one message: the value, the limit, and the settings that change either. A method, so that a list
   * can contain rules with different configurations.
   */
  evaluate(properties: KnownProperties, config: Config): readonly string[];
}

/**
 * A policy over all resources of a stack at once. The engine runs it after the steps: it stops a preview, but an update is
 * only reported as failed. What must never happen is refused by a {@link Rule}, or by the provider.
 */
export interface StackRule<Config = object> extends RuleTexts<Config> {
  /** Subject of the rule in its documentation: "archive buckets". */
  readonly subject: string;
  /** Types of the resources that it receives; of a thousand partitions none is read. */
  readonly types: readonly string[];
  /** Returns each violation in one message, in the form of {@link Rule.evaluate}. */
  evaluateStack(resources: readonly StackResource[], config: Config): readonly string[];
}

export type AnyRule = Rule | StackRule;

/** Returns the subject of a rule, a type or a text, for its documentation. */
export function describeRuleSubject(rule: AnyRule): string {
  return "resourceType" in rule ? `\`${rule.resourceType}\`` : `${rule.subject}, when all steps of the stack are known`;
}

export const WINDOW_TYPE = "pgpartition:index:PartitionWindow";
export const TABLE_TYPE = "pgpartition:index:Table";
export const CONVERSION_TYPE = "pgpartition:index:Conversion";
export const PROVIDER_TYPE = "pulumi:providers:pgpartition";
export const PUBLICATION_TYPE = "pgpartition:index:PublicationMember";

/** Fills in the defaults of the schema. The engine does so too; a pack without configuration must not judge without limits. */
export function configureRule<Config>(
  rule: Rule<Config> | StackRule<Config>,
  given: Readonly<Record<string, unknown>>,
): Config {
  const entries = Object.entries<ConfigProperty>(rule.configProperties);
  // The engine validated the given values by the same schema, so they have the declared types.
  return Object.fromEntries(entries.map(([name, property]) => [name, given[name] ?? property.default])) as Config;
}

/** Returns the last sentence of every message: both settings that decide. */
export function explainSettings(rule: string, programProperty: string, policyKey: string): string {
  return `Change ${programProperty} in the program, or ${rule}.${policyKey} in the policy configuration.`;
}
