import { archiveBucketBaseline } from "./archive-bucket-baseline";
import { archiveRetentionConsistent } from "./archive-retention-consistent";
import { archiveVerifiedBeforeDrop } from "./archive-verified-before-drop";
import { dropAgeFloor } from "./drop-age-floor";
import { everyRuleEvaluated } from "./every-rule-evaluated";
import { keyTypeTimestamptz } from "./key-type-timestamptz";
import { leavesClosed } from "./leaves-closed";
import { leadMinimum } from "./lead-minimum";
import { legalHold } from "./legal-hold";
import { lockBudget } from "./lock-budget";
import { maxDropsPerRun } from "./max-drops-per-run";
import { noDefaultPartition } from "./no-default-partition";
import { noDropWithoutArchive } from "./no-drop-without-archive";
import { partitionCountCeiling } from "./partition-count-ceiling";
import { protectedEnvironment } from "./protected-environment";
import { publicationAllowList } from "./publication-allow-list";
import { publicationRowSecurity } from "./publication-row-security";
import { retentionChangeDirection } from "./retention-change-direction";
import { retentionDeclared } from "./retention-declared";
import { retentionMaximum } from "./retention-maximum";
import { retentionMinimum } from "./retention-minimum";
import { rlsRequired } from "./rls-required";
import { scheduleDeclared } from "./schedule-declared";
import { superuserForbidden } from "./superuser-forbidden";
import type { AnyRule } from "./support/rule";
import { tableProtected } from "./table-protected";
import { tenantIndexPresent } from "./tenant-index-present";

/** Every rule of the pack, for packs of your own too: importing them starts nothing. */
export const RULES: readonly AnyRule[] = [
  retentionDeclared,
  retentionMinimum,
  retentionMaximum,
  retentionChangeDirection,
  legalHold,
  noDropWithoutArchive,
  archiveVerifiedBeforeDrop,
  archiveBucketBaseline,
  archiveRetentionConsistent,
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
  tableProtected,
  rlsRequired,
  leavesClosed,
  publicationAllowList,
  publicationRowSecurity,
  lockBudget,
  everyRuleEvaluated,
];
