import { type Hazard, HAZARDS } from "../../../core/sql/statement";
import { type Rule, explainSettings, WINDOW_TYPE } from "../support/rule";
import { getCompletePlan, readWindow } from "../support/read-window";

interface LockBudgetConfig {
  /** Hazards that the statements of a plan may have, by name. */
  readonly allowed: readonly string[];
  /** Additional hazards for single tables, as `schema.table`. */
  readonly byTable: Readonly<Record<string, readonly string[]>>;
}

/** Property of the program that causes each hazard. */
const CAUSES: Readonly<Record<Hazard, string>> = {
  LOCK_PARENT_AX: "columns, checks, onExpire or defaultPartition",
  LOCK_DEFAULT_AX: "defaultPartition",
  LOCK_PARTITION_AX: "rowSecurity, replicaIdentity or the owner of the table",
  LOCK_PARTITION_INDEX_AX: "indexes",
  LOCK_REF_WRITE: "foreignKeys",
  LOCK_REF_AX: "foreignKeys or onExpire",
  LOCK_REFERRING_WRITE: "the foreign keys of the tables that refer to it",
  LOCK_REFERRING_AX: "the foreign keys of the tables that refer to it",
  LOCK_WRITES_SHORT: "indexes or foreignKeys",
  LOCK_WRITES_LONG: "convertFrom",
  SCAN_DEFAULT: "defaultPartition",
  SCAN_REFERRING: "the foreign keys of the tables that refer to it",
  SCAN_PARTITION: "window.retention, or a new check, foreign key or NOT NULL",
  INDEX_BUILD: "indexes",
  INDEX_DROPPED: "indexes or uniques",
  COPIES_PARTITION: "storage",
  AUTHZ: "rowSecurity or grants",
  REPLICATION: "replicaIdentity or publications",
  AUTOMATION: "schedule",
  DELETES_DATA: "onExpire or dropColumns",
  WAITS_OLD_XACTS: "onExpire",
  NON_TRANSACTIONAL: "onExpire",
};

/** Hazards of a normal roll of a table with foreign keys; all others must be allowed explicitly. */
const ROUTINE: readonly Hazard[] = [
  "LOCK_PARTITION_INDEX_AX",
  "LOCK_REF_WRITE",
  "LOCK_REFERRING_WRITE",
  "LOCK_WRITES_SHORT",
  "INDEX_BUILD",
  "WAITS_OLD_XACTS",
  "NON_TRANSACTIONAL",
];

export const lockBudget: Rule<LockBudgetConfig> = {
  name: "lock-budget",
  description: "The statements of a plan have only the hazards that are allowed by name.",
  severity: "high",
  enforcementLevel: "mandatory",
  remediation:
    "Look at the statements in the preview, then change what causes the hazard, or allow it by name for this environment.",
  resourceType: WINDOW_TYPE,
  configProperties: {
    allowed: {
      type: "array",
      description: "Hazards that the statements of a plan may have, by name.",
      items: { type: "string", enum: Object.keys(HAZARDS) },
      default: [...ROUTINE],
    },
    byTable: {
      type: "object",
      description:
        'More of them for single tables, for example { "public.events": ["LOCK_DEFAULT_AX", "LOCK_PARENT_AX"] } where a default partition is allowed.',
      additionalProperties: { type: "array", items: { type: "string" } },
      default: {},
    },
  },
  evaluate(properties, config) {
    const window = readWindow(properties);
    const allowed = [...config.allowed, ...(config.byTable[window.table] ?? [])];
    const refused = (getCompletePlan(window)?.hazards ?? []).filter((hazard) => !allowed.includes(hazard));
    return refused.map((hazard) => {
      const change = explainSettings(this.name, CAUSES[hazard] ?? "what the preview shows for it", "allowed");
      return `${window.table}: the plan has the hazard ${hazard} (${HAZARDS[hazard] ?? "unknown"}); allowed are ${allowed.join(", ") || "none"}. ${change}`;
    });
  },
};
