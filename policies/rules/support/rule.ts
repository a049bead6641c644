/** A property of a policy's configuration, as JSON Schema; the engine validates `--policy-pack-config` by it. */
export interface ConfigProperty {
  readonly type: "string" | "integer" | "boolean" | "object" | "array";
  readonly description: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly items?: { type: "string"; enum?: string[] };
  readonly additionalProperties?: { type: "string"; pattern: string } | { type: "array"; items: { type: "string" } };
}

/** What a rule is given: the properties of one resource that are known, and the names of those that are not yet. */
export interface KnownProperties {
  readonly values: Readonly<Record<string, unknown>>;
  readonly unknown: readonly string[];
}

/** A policy as plain data and a pure function: no SDK, no clock, no environment. */
export interface Rule<Config = object> {
  readonly name: string;
  readonly description: string;
  readonly severity: "low" | "medium" | "high" | "critical";
  readonly enforcementLevel: "advisory" | "mandatory";
  /** What to do about a violation. */
  readonly remediation: string;
  readonly resourceType: string;
  readonly configProperties: Readonly<Record<keyof Config & string, ConfigProperty>>;
  /** Each violation in one message: the value, the limit, and the settings that change either. A method, so that a list can hold rules with different configurations. */
  evaluate(properties: KnownProperties, config: Config): readonly string[];
}

export const WINDOW_TYPE = "pgpartition:index:PartitionWindow";
export const TABLE_TYPE = "pgpartition:index:Table";
export const PROVIDER_TYPE = "pulumi:providers:pgpartition";
export const PUBLICATION_TYPE = "pgpartition:index:PublicationMember";

/** Fills in the defaults of the schema. The engine does so too; a pack that was never configured must not judge by nothing. */
export function configure<Config>(rule: Rule<Config>, given: Readonly<Record<string, unknown>>): Config {
  const entries = Object.entries<ConfigProperty>(rule.configProperties);
  // The engine validated what was given by the same schema, so the values have the declared types.
  return Object.fromEntries(entries.map(([name, property]) => [name, given[name] ?? property.default])) as Config;
}

/** The last sentence of every message: both settings that decide. */
export function settings(rule: string, programProperty: string, policyKey: string): string {
  return `Change ${programProperty} in the program, or ${rule}.${policyKey} in the policy configuration.`;
}
