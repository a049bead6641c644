import { type Rule, explainSettings, TABLE_TYPE } from "../support/rule";
import { EXPOSED_SCHEMAS, readTable } from "../support/read-table";

interface PartitionsClosedConfig {
  /** Schemas whose tables an API exposes. */
  readonly schemas: readonly string[];
}

export const partitionsClosed: Rule<PartitionsClosedConfig> = {
  name: "partitions-closed",
  description: "Partitions in a schema that an API shows are closed to everybody who names them.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    'Leave rowSecurity.partitionAccess at "closed", or declare a partitionSchema that no API shows: an API shows every partition as a table of its own.',
  resourceType: TABLE_TYPE,
  configProperties: { schemas: EXPOSED_SCHEMAS },
  evaluate(properties, config) {
    const { table, partitionSchema, rowSecurity, unknown } = readTable(properties);
    const change = explainSettings(this.name, "rowSecurity.partitionAccess or partitionSchema", "schemas");
    if (unknown) return [`${table}: the access to its partitions is not known yet. ${change}`];
    if (partitionSchema === undefined || !config.schemas.includes(partitionSchema)) return [];
    if (rowSecurity?.["enable"] === true && rowSecurity["partitionAccess"] === "closed") return [];
    const found =
      rowSecurity?.["enable"] === true
        ? `partitionAccess is ${JSON.stringify(rowSecurity["partitionAccess"])}`
        : "row security is not on";
    return [`${table}: ${found}, and an API shows its partitions in schema "${partitionSchema}". ${change}`];
  },
};
