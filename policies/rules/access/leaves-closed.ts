import { type Rule, settings, TABLE_TYPE } from "../support/rule";
import { EXPOSED_SCHEMAS, readTable } from "../support/read-table";

interface LeavesClosedConfig {
  /** Schemas whose tables an API exposes. */
  readonly schemas: readonly string[];
}

export const leavesClosed: Rule<LeavesClosedConfig> = {
  name: "leaves-closed",
  description: "Partitions in a schema that an API shows are closed to everybody who names them.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    'Leave rowSecurity.leafAccess at "closed", or declare a leafSchema that no API shows: an API shows every partition as a table of its own.',
  resourceType: TABLE_TYPE,
  configProperties: { schemas: EXPOSED_SCHEMAS },
  evaluate(properties, config) {
    const { table, leafSchema, rowSecurity, unknown } = readTable(properties);
    const change = settings(this.name, "rowSecurity.leafAccess or leafSchema", "schemas");
    if (unknown) return [`${table}: the access to its partitions is not known yet. ${change}`];
    if (leafSchema === undefined || !config.schemas.includes(leafSchema)) return [];
    if (rowSecurity?.["enable"] === true && rowSecurity["leafAccess"] === "closed") return [];
    const found =
      rowSecurity?.["enable"] === true
        ? `leafAccess is ${JSON.stringify(rowSecurity["leafAccess"])}`
        : "row security is not on";
    return [`${table}: ${found}, and an API shows its partitions in schema "${leafSchema}". ${change}`];
  },
};
