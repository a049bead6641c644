import { DEFAULT_ABORT_UPLOADS } from "../../defaults";
import { type Report, requireValid } from "../../problems/problem";
import type { ArchiveBucketSettingsArgs, ArchiveStorageClass } from "../../declare/archive/bucket-args";
import { parseSpanDays } from "../../store/days";

/** Bucket settings in days, as S3 counts. */
export interface ArchiveBucketSettings {
  /** Ends in a slash, or is empty. */
  readonly prefix: string;
  readonly expireDays: number | undefined;
  /** Days that an overwritten or expired version is retained. Undefined: forever. */
  readonly versionDays: number | undefined;
  /** Days that objects must be retained. */
  readonly legalDays: number;
  readonly lock: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number } | undefined;
  readonly storage: readonly { readonly days: number; readonly storageClass: ArchiveStorageClass }[];
  readonly abortUploadDays: number;
}

/**
 * Reads the arguments; throws with every problem at once. S3 counts days: a month counts as 31 and a year as 366, so that nothing
 * ends a day too soon.
 */
export function requireArchiveBucket(args: ArchiveBucketSettingsArgs, subject: string): ArchiveBucketSettings {
  return requireValid(subject, (report) => parseBucket(args, report));
}

function parseBucket(args: ArchiveBucketSettingsArgs, report: Report): ArchiveBucketSettings {
  const settings = {
    prefix: parsePrefix(args.prefix ?? "", report),
    expireDays: args.expireAfter === undefined ? undefined : parseDays(args.expireAfter, "expireAfter", report),
    versionDays: parseVersionDays(args, report),
    legalDays: args.legalMinimum === undefined ? 0 : parseDays(args.legalMinimum, "legalMinimum", report),
    lock: args.objectLock && {
      mode: args.objectLock.mode === "compliance" ? ("COMPLIANCE" as const) : ("GOVERNANCE" as const),
      days: parseDays(args.objectLock.for, "objectLock.for", report),
    },
    storage: (args.storage ?? []).map((step, index) => ({
      days: parseDays(step.after, `storage[${index}].after`, report),
      storageClass: step.class,
    })),
    abortUploadDays: parseDays(args.abortUploadsAfter ?? DEFAULT_ABORT_UPLOADS, "abortUploadsAfter", report),
  };
  // A length that could not be read is reported already, and is compared with nothing.
  reportConflicts(settings, report);
  return settings;
}

function parseDays(text: string, path: string, report: Report): number {
  const days = parseSpanDays(text);
  if (days !== undefined) return days;
  report(
    path,
    `"${text}" is not a length of days.`,
    'Write a whole number and day, week, month or year, such as "90 days".',
  );
  return Number.NaN;
}

function parsePrefix(text: string, report: Report): string {
  if (text === "") return "";
  if (/^\/|\/\/|[*?\\]/.test(text))
    report("prefix", `"${text}" is not a folder.`, 'Write names with slashes between them, such as "archive/orders".');
  return text.endsWith("/") ? text : `${text}/`;
}

function parseVersionDays(args: ArchiveBucketSettingsArgs, report: Report): number | undefined {
  if (args.keepVersionsFor !== undefined) return parseDays(args.keepVersionsFor, "keepVersionsFor", report);
  // An invalid text is reported once, at its property.
  return args.expireAfter === undefined ? undefined : parseSpanDays(args.expireAfter);
}

function reportConflicts(settings: ArchiveBucketSettings, report: Report): void {
  const { expireDays = Infinity, versionDays = Infinity, legalDays, lock, storage } = settings;
  if (expireDays < legalDays)
    report(
      "expireAfter",
      `objects would be deleted after ${expireDays} days; the legal minimum is ${legalDays}.`,
      "Let expireAfter be as long as legalMinimum, or longer.",
    );
  else if (Math.max(versionDays, lock?.days ?? 0) < legalDays)
    report(
      "keepVersionsFor",
      `an object that was overwritten would be lost after ${versionDays} days; the legal minimum is ${legalDays}.`,
      "Let keepVersionsFor be as long as legalMinimum, or lock objects for as long.",
    );
  if (lock && expireDays < lock.days)
    report(
      "expireAfter",
      `objects would expire after ${expireDays} days, and are locked for ${lock.days}.`,
      "Let expireAfter be longer than objectLock.for.",
    );
  storage.forEach((step, index) => {
    const before = storage[index - 1];
    if (before && before.days >= step.days)
      report(
        `storage[${index}].after`,
        `${step.storageClass} begins after ${step.days} days, ${before.storageClass} before it after ${before.days}.`,
        "Write the steps soonest first.",
      );
    if (step.days >= expireDays)
      report(
        `storage[${index}].after`,
        `${step.storageClass} begins after ${step.days} days, when objects have expired (${expireDays}).`,
        "Remove the step, or lengthen expireAfter.",
      );
  });
}
