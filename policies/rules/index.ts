import { dropAgeFloor } from "./drop-age-floor";
import { everyRuleEvaluated } from "./every-rule-evaluated";
import { leadMinimum } from "./lead-minimum";
import { lockBudget } from "./lock-budget";
import { maxDropsPerRun } from "./max-drops-per-run";
import { partitionCountCeiling } from "./partition-count-ceiling";
import { protectedEnvironment } from "./protected-environment";
import { publicationAllowList } from "./publication-allow-list";
import { publicationRowSecurity } from "./publication-row-security";
import { retentionDeclared } from "./retention-declared";
import { retentionMaximum } from "./retention-maximum";
import { retentionMinimum } from "./retention-minimum";
import { scheduleDeclared } from "./schedule-declared";
import type { Rule } from "./support/rule";

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
  protectedEnvironment,
  publicationAllowList,
  publicationRowSecurity,
  lockBudget,
  everyRuleEvaluated,
];
