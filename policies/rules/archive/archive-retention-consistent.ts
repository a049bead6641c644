import { findCertainExpiry, findSoonestExpiry } from "../../../core/archive/bucket/bucket-checks";
import { compareInstants, type Instant } from "../../../core/time/instant";
import { addSpan } from "../../../core/time/span";
import {
  type ArchiveUse,
  listArchiveUses,
  BUCKET_RULE_TYPES,
  getBucketFacts,
  isSettingUnknown,
} from "../support/stack-buckets";
import { explainSettings, type StackRule } from "../support/rule";
import { computeEnd, SPAN_PATTERN } from "../support/spans";
import { readWindow } from "../support/read-window";

interface ArchiveRetentionConfig {
  /** Shortest time from the creation of a row to the end of its archive, by data class. */
  readonly minimum: Readonly<Record<string, string>>;
  /** Longest such time, by data class: after it no copy may remain. */
  readonly maximum: Readonly<Record<string, string>>;
}

const spans = { type: "string", pattern: SPAN_PATTERN } as const;

export const archiveRetentionConsistent: StackRule<ArchiveRetentionConfig> = {
  name: "archive-retention-consistent",
  description:
    "Table and archive together retain rows for as long as their class requires, and no longer than it allows.",
  severity: "critical",
  enforcementLevel: "mandatory",
  remediation:
    "Change expireAfter, keepVersionsFor or objectLock.for of the ArchiveBucket, or window.retention of the table.",
  subject: "tables with their archive buckets",
  types: BUCKET_RULE_TYPES,
  configProperties: {
    minimum: {
      type: "object",
      description:
        'Shortest time that table and archive together retain a row, by data class, for example { "finance": "7 years" }.',
      additionalProperties: spans,
      default: {},
    },
    maximum: {
      type: "object",
      description:
        'Longest time, by data class, for example { "personal": "3 years" }: after it neither table nor bucket may have any rows left.',
      additionalProperties: spans,
      default: {},
    },
  },
  evaluateStack(resources, config) {
    return listArchiveUses(resources).flatMap((use) => {
      const { table, dataClass = "", retention } = readWindow(use.window);
      const [minimum, maximum] = [config.minimum[dataClass], config.maximum[dataClass]];
      const [least, most] = [minimum, maximum].map((span) => (span === undefined ? undefined : computeEnd(span)));
      if (retention === undefined || (!least && !most)) return [];
      const refuse = (found: string, limit: string, key: string): string =>
        `${table}: ${found}; data of class "${dataClass}" is retained ${limit}. ${explainSettings(this.name, "the bucket or window.retention", `${key}.${dataClass}`)}`;
      const kept = computeKept(use, retention);
      if (kept === "unknown") return [];
      if (kept === "elsewhere")
        return [
          refuse(
            `its archive (${use.to ?? "?"}) is in no bucket of this stack, so its end is unknown`,
            "within limits",
            minimum === undefined ? "maximum" : "minimum",
          ),
        ];
      return [
        ...(least && kept.first && compareInstants(kept.first, least) < 0
          ? [
              refuse(
                `table and archive lose rows after ${kept.firstText}`,
                `for at least "${minimum ?? ""}"`,
                "minimum",
              ),
            ]
          : []),
        ...(most && (!kept.last || compareInstants(most, kept.last) < 0)
          ? [refuse(`table and archive retain rows for ${kept.lastText}`, `for at most "${maximum ?? ""}"`, "maximum")]
          : []),
      ];
    });
  },
};

interface Kept {
  /** Instants at which the first rows may be lost, and at which the last are gone. Undefined: never. */
  readonly first: Instant | undefined;
  readonly last: Instant | undefined;
  readonly firstText: string;
  readonly lastText: string;
}

function computeKept({ bucket, prefix, to }: ArchiveUse, retention: string): Kept | "unknown" | "elsewhere" {
  // Nothing expires in a table: its privileges decide who may delete there.
  if (to?.startsWith("table://")) return { first: undefined, last: undefined, firstText: "ever", lastText: "ever" };
  if (!bucket) return to === undefined ? "unknown" : "elsewhere";
  if (isSettingUnknown(bucket, "lifecycle") || isSettingUnknown(bucket, "lock")) return "unknown";
  const facts = getBucketFacts(bucket);
  // Keys of an archive begin with its prefix and a slash.
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const [soonest, certain] = [findSoonestExpiry(facts, folder), findCertainExpiry(facts, folder)];
  const hot = retention === "forever" ? undefined : computeEnd(retention);
  const describeDays = (days: number | undefined): string =>
    days === undefined || hot === undefined ? "ever" : `"${retention}" and ${days} days`;
  return {
    first: addDays(hot, soonest),
    last: addDays(hot, certain),
    firstText: describeDays(soonest),
    lastText: describeDays(certain),
  };
}

function addDays(hot: Instant | undefined, days: number | undefined): Instant | undefined {
  return hot && days !== undefined ? addSpan(hot, { count: days, unit: "day" }, "UTC") : undefined;
}
