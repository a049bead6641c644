import { type Rule, explainSettings, TABLE_TYPE } from "../support/rule";
import { readTable } from "../support/read-table";

interface TableProtectedConfig {
  /** True if tables have to be protected. */
  readonly required: boolean;
}

export const tableProtected: Rule<TableProtectedConfig> = {
  name: "table-protected",
  description: "Pulumi refuses to delete a table of a protected environment; its partitions still come and go.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation: "Give PartitionedTable or PartitionedDatabase the option protect: true.",
  resourceType: TABLE_TYPE,
  configProperties: {
    required: {
      type: "boolean",
      description:
        "Whether tables need the option `protect`. Without it a destroy still drops none that allowDestroy does not name.",
      default: false,
    },
  },
  evaluate(properties, config) {
    if (!config.required || properties.protect === true) return [];
    const { table } = readTable(properties);
    return [`${table}: it is not protected. ${explainSettings(this.name, "the option protect", "required")}`];
  },
};
