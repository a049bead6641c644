import { type Rule, explainSettings, TABLE_TYPE } from "../support/rule";
import { EXPOSED_SCHEMAS, readTable } from "../support/read-table";

interface RlsRequiredConfig {
  /** Schemas whose tables an API exposes. */
  readonly schemas: readonly string[];
  /** True if row security must apply to the owner of the table too. */
  readonly force: boolean;
}

export const rlsRequired: Rule<RlsRequiredConfig> = {
  name: "rls-required",
  description: "A table of a schema that an API shows has row-level security.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation: "Declare rowSecurity with its policies for the table, or put it into a schema that no API shows.",
  resourceType: TABLE_TYPE,
  configProperties: {
    schemas: EXPOSED_SCHEMAS,
    force: {
      type: "boolean",
      description: "Whether row security must apply to the owner of the table too.",
      default: false,
    },
  },
  evaluate(properties, config) {
    const { table, schema, rowSecurity, unknown } = readTable(properties);
    if (unknown)
      return [`${table}: its row security is not known yet. ${explainSettings(this.name, "rowSecurity", "schemas")}`];
    if (schema === undefined || !config.schemas.includes(schema)) return [];
    if (rowSecurity?.["enable"] !== true) {
      const found = rowSecurity ? "switched off" : "not declared";
      return [
        `${table}: row security is ${found}, and an API shows schema "${schema}". ${explainSettings(this.name, "rowSecurity", "schemas")}`,
      ];
    }
    if (!config.force || rowSecurity["force"] === true) return [];
    return [
      `${table}: row security does not apply to the owner of the table. ${explainSettings(this.name, "rowSecurity.force", "force")}`,
    ];
  },
};
