import { archiveVerifiedBeforeDrop } from "../archive/archive-verified-before-drop";
import { dropAgeFloor } from "../retention/drop-age-floor";
import { keyTypeTimestamptz } from "../window/key-type-timestamptz";
import { leadMinimum } from "../window/lead-minimum";
import { legalHold } from "../retention/legal-hold";
import { lockBudget } from "../window/lock-budget";
import { maxDropsPerRun } from "../retention/max-drops-per-run";
import { noDropWithoutArchive } from "../archive/no-drop-without-archive";
import { partitionCountCeiling } from "../window/partition-count-ceiling";
import { retentionChangeDirection } from "../retention/retention-change-direction";
import { retentionDeclared } from "../retention/retention-declared";
import { retentionMaximum } from "../retention/retention-maximum";
import { retentionMinimum } from "../retention/retention-minimum";
import { superuserForbidden } from "../access/superuser-forbidden";
import { type KnownProperties, type Rule, WINDOW_TYPE } from "../support/rule";
import { readWindow } from "../support/read-window";
import { tenantIndexPresent } from "../access/tenant-index-present";

/** Rules that judge a plan's effects on the live database. */
const NEED_PLAN = [
  maxDropsPerRun,
  dropAgeFloor,
  partitionCountCeiling,
  tenantIndexPresent,
  superuserForbidden,
  lockBudget,
  retentionChangeDirection,
  legalHold,
  noDropWithoutArchive,
  archiveVerifiedBeforeDrop,
];

/** Declared properties that other rules judge. */
const NEED_PROPERTIES = [
  { rule: retentionDeclared, properties: ["retention", "reason", "owner", "dataClass"] },
  { rule: retentionMinimum, properties: ["retention", "dataClass"] },
  { rule: retentionMaximum, properties: ["retention", "dataClass", "onExpire", "grace"] },
  { rule: leadMinimum, properties: ["lead", "asOf"] },
  { rule: keyTypeTimestamptz, properties: ["key"] },
  { rule: retentionChangeDirection, properties: ["approvedBy"] },
  { rule: legalHold, properties: ["holds"] },
];

/**
 * Reports once for each table which rules could not be judged, so that silence always means "judged and good". A separate
 * policy, because then its level is set like any other's: advisory on a laptop, mandatory where the data matters.
 */
export const everyRuleEvaluated: Rule<Record<string, never>> = {
  name: "every-rule-evaluated",
  description: "Every rule must be judged: by a plan of the live database, and by properties that are known.",
  severity: "medium",
  enforcementLevel: "advisory",
  remediation: "Preview where the database can be reached, with values that are known before the update.",
  resourceType: WINDOW_TYPE,
  configProperties: {},
  evaluate(properties) {
    const window = readWindow(properties);
    const messages: string[] = [];
    if ("missingBecause" in window.plan) {
      const names = NEED_PLAN.map((rule) => rule.name).join(", ");
      messages.push(
        `${window.table}: not evaluated: ${names}, because ${window.plan.missingBecause}. Preview where the database can be reached; every-rule-evaluated.enforcementLevel in the policy configuration sets how much that matters.`,
      );
    }
    return [...messages, ...listUnknownProperties(window.table, properties)];
  },
};

function listUnknownProperties(table: string, { unknown }: KnownProperties): string[] {
  return NEED_PROPERTIES.flatMap(({ rule, properties }) => {
    const missing = properties.filter((property) => unknown.includes(property));
    if (missing.length === 0) return [];
    return [
      `${table}: not evaluated: ${rule.name}, because ${missing.join(", ")} will be known only during the update. Use plain values in the program; every-rule-evaluated.enforcementLevel in the policy configuration sets how much that matters.`,
    ];
  });
}
