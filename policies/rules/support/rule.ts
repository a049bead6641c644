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

/** What a rule is given: the properties of one resource that are known, and the names of those that are not yet. */
export interface KnownProperties {
  readonly values: Readonly<Record<string, unknown>>;
  readonly unknown: readonly string[];
  /** Whether the resource may not be deleted (the option `protect`). Left out: nobody said. */
  readonly protect?: boolean;
}

/** A resource of a stack, with what connects it to others. */
export interface StackResource extends KnownProperties {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URNs of the resources that each property was taken from: they connect resources whose names are not known yet. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  /** Type of the component that it is a child of. */
  readonly parentType: string | undefined;
}

/** What every policy says about itself. */
interface RuleTexts<Config> {
  readonly name: string;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly enforcementLevel: "advisory" | "mandatory";
  /** What to do about a violation. */
  readonly remediation: string;
  readonly configProperties: Readonly<Record<keyof Config & string, ConfigProperty>>;
}

/** A policy as plain data and a pure function: no SDK, no clock, no environment. */
export interface Rule<Config = object> extends RuleTexts<Config> {
  readonly resourceType: string;
  /** Each violation in one message: the value, the limit, and the settings that change either. A method, so that a list can hold rules with different configurations. */
  evaluate(properties: KnownProperties, config: Config): readonly string[];
}

/**
 * A policy over all resources of a stack at once. The engine asks it when the steps are over: a preview is stopped by it, an
 * update is only reported as failed. What must never happen is refused by a {@link Rule}, or by the provider.
 */
export interface StackRule<Config = object> extends RuleTexts<Config> {
  /** What it looks at, for people: "archive buckets". */
  readonly subject: string;
  /** Types of the resources that it is given; of a thousand partitions none is read. */
  readonly types: readonly string[];
  /** Each violation in one message, as {@link Rule.evaluate} writes them. */
  evaluateStack(resources: readonly StackResource[], config: Config): readonly string[];
}

export type AnyRule = Rule | StackRule;

/** Type, or what else a rule is for, as its documentation names it. */
export function judgedBy(rule: AnyRule): string {
  return "resourceType" in rule ? `\`${rule.resourceType}\`` : `${rule.subject}, when all steps of the stack are known`;
}

export const WINDOW_TYPE = "pgpartition:index:PartitionWindow";
export const TABLE_TYPE = "pgpartition:index:Table";
export const PROVIDER_TYPE = "pulumi:providers:pgpartition";
export const PUBLICATION_TYPE = "pgpartition:index:PublicationMember";

/** Fills in the defaults of the schema. The engine does so too; a pack that was never configured must not judge by nothing. */
export function configure<Config>(
  rule: Rule<Config> | StackRule<Config>,
  given: Readonly<Record<string, unknown>>,
): Config {
  const entries = Object.entries<ConfigProperty>(rule.configProperties);
  // The engine validated what was given by the same schema, so the values have the declared types.
  return Object.fromEntries(entries.map(([name, property]) => [name, given[name] ?? property.default])) as Config;
}

/** The last sentence of every message: both settings that decide. */
export function settings(rule: string, programProperty: string, policyKey: string): string {
  return `Change ${programProperty} in the program, or ${rule}.${policyKey} in the policy configuration.`;
}
