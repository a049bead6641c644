import { dropAgeFloor } from "./drop-age-floor";
import { everyRuleEvaluated } from "./every-rule-evaluated";
import { keyTypeTimestamptz } from "./key-type-timestamptz";
import { leavesClosed } from "./leaves-closed";
import { leadMinimum } from "./lead-minimum";
import { lockBudget } from "./lock-budget";
import { maxDropsPerRun } from "./max-drops-per-run";
import { noDefaultPartition } from "./no-default-partition";
import { partitionCountCeiling } from "./partition-count-ceiling";
import { protectedEnvironment } from "./protected-environment";
import { publicationAllowList } from "./publication-allow-list";
import { publicationRowSecurity } from "./publication-row-security";
import { retentionDeclared } from "./retention-declared";
import { retentionMaximum } from "./retention-maximum";
import { retentionMinimum } from "./retention-minimum";
import { rlsRequired } from "./rls-required";
import { scheduleDeclared } from "./schedule-declared";
import { superuserForbidden } from "./superuser-forbidden";
import type { Rule } from "./support/rule";
import { tenantIndexPresent } from "./tenant-index-present";

/** Every rule of the pack, for packs of your own too: importing them starts nothing. */
export const RULES: readonly Rule[] = [
  retentionDeclared,
  retentionMinimum,
  retentionMaximum,
  leadMinimum,
  scheduleDeclared,
  maxDropsPerRun,
  dropAgeFloor,
  partitionCountCeiling,
  noDefaultPartition,
  keyTypeTimestamptz,
  tenantIndexPresent,
  superuserForbidden,
  protectedEnvironment,
  rlsRequired,
  leavesClosed,
  publicationAllowList,
  publicationRowSecurity,
  lockBudget,
  everyRuleEvaluated,
];
