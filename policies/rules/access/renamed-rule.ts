import { type Rule, TABLE_TYPE } from "../support/rule";
import { partitionsClosed } from "./partitions-closed";

interface RenamedRuleConfig {
  readonly schemas: readonly string[];
}

/** Name that {@link partitionsClosed} had: the engine ignores the configuration of a policy that no pack has. */
export const renamedRule: Rule<RenamedRuleConfig> = {
  name: "leaves-closed",
  description: `Refuses a configuration under this name: the policy is named ${partitionsClosed.name} now.`,
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: `Rename the key "leaves-closed" of the policy configuration to "${partitionsClosed.name}".`,
  resourceType: TABLE_TYPE,
  configProperties: {
    schemas: {
      type: "array",
      description: `Moved to ${partitionsClosed.name}.`,
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(_properties, { schemas }) {
    if (schemas.length === 0) return [];
    return [
      `the policy "${this.name}" is named "${partitionsClosed.name}" now. Rename the key in the policy configuration.`,
    ];
  },
};
