import { archiveBucketBaseline } from "./archive/archive-bucket-baseline";
import { archiveRetentionConsistent } from "./archive/archive-retention-consistent";
import { archiveVerifiedBeforeDrop } from "./archive/archive-verified-before-drop";
import { conversionOnline } from "./conversion/conversion-online";
import { conversionFormerTable } from "./conversion/conversion-former-table";
import { conversionProof } from "./conversion/conversion-proof";
import { conversionWayBack } from "./conversion/conversion-way-back";
import { dropAgeFloor } from "./retention/drop-age-floor";
import { everyRuleEvaluated } from "./environment/every-rule-evaluated";
import { keyTypeTimestamptz } from "./window/key-type-timestamptz";
import { partitionsClosed } from "./access/partitions-closed";
import { leadMinimum } from "./window/lead-minimum";
import { legalHold } from "./retention/legal-hold";
import { lockBudget } from "./window/lock-budget";
import { maxDropsPerRun } from "./retention/max-drops-per-run";
import { noDefaultPartition } from "./window/no-default-partition";
import { noDropWithoutArchive } from "./archive/no-drop-without-archive";
import { partitionCountCeiling } from "./window/partition-count-ceiling";
import { protectedEnvironment } from "./environment/protected-environment";
import { publicationAllowList } from "./access/publication-allow-list";
import { publicationRowSecurity } from "./access/publication-row-security";
import { retentionChangeDirection } from "./retention/retention-change-direction";
import { retentionDeclared } from "./retention/retention-declared";
import { retentionMaximum } from "./retention/retention-maximum";
import { retentionMinimum } from "./retention/retention-minimum";
import { renamedRule } from "./access/renamed-rule";
import { rlsRequired } from "./access/rls-required";
import { scheduleDeclared } from "./window/schedule-declared";
import { superuserForbidden } from "./access/superuser-forbidden";
import type { AnyRule } from "./support/rule";
import { tableProtected } from "./environment/table-protected";
import { tenantIndexPresent } from "./access/tenant-index-present";

/** Every rule of the pack, also for custom packs: importing them starts nothing. */
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
  partitionsClosed,
  renamedRule,
  publicationAllowList,
  publicationRowSecurity,
  lockBudget,
  conversionOnline,
  conversionProof,
  conversionWayBack,
  conversionFormerTable,
  everyRuleEvaluated,
];
