import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface TenantIndexConfig {
  /** Columns that identify a tenant; an index has to begin with one of them. */
  readonly columns: readonly string[];
  /** Data classes whose tables are judged. */
  readonly dataClasses: readonly string[];
  /** Further tables that are judged, as `schema.table`. */
  readonly tables: readonly string[];
}

export const tenantIndexPresent: Rule<TenantIndexConfig> = {
  name: "tenant-index-present",
  description: "Rows of one tenant are found by an index on every partition, not by reading all of it.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation:
    "Declare an index that begins with the tenant column: it is built CONCURRENTLY on each partition while writers continue.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    columns: {
      type: "array",
      description: "Columns that distinguish tenants; an index must begin with one of them.",
      items: { type: "string" },
      default: ["tenant_id"],
    },
    dataClasses: {
      type: "array",
      description: "Data classes whose tables are judged.",
      items: { type: "string" },
      default: [],
    },
    tables: {
      type: "array",
      description: "Further tables that are judged, as `schema.table`.",
      items: { type: "string" },
      default: [],
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const { table, dataClass } = window;
    const judged = config.tables.includes(table) || (dataClass !== undefined && config.dataClasses.includes(dataClass));
    const leading = getCompletePlan(window)?.leadingColumns;
    if (!judged || leading === undefined || leading.some((column) => config.columns.includes(column))) return [];
    const found = leading.length > 0 ? `indexes begin with ${leading.join(", ")}` : "it has no index";
    return [
      `${table}: no index begins with a tenant column (${config.columns.join(", ") || "none is named"}); ${found}. ${explainSettings(this.name, "indexes", "columns")}`,
    ];
  },
};
