import type { RegisteredSchedule } from "../observed/registration";
import { compareInstants, formatInstant, type Instant, pickLater, parseInstant } from "../time/instant";
import { findLastDue, parseCron } from "../declare/schedule/cron";
import type { FoundJob } from "./job";

/** Delay from which on a run counts as missing, not just late. */
const PATIENCE_MINUTES = 60;

/** Returns warnings about a job that is as declared: sentences for people. */
export function warnOfJob(
  found: FoundJob,
  registered: RegisteredSchedule | undefined,
  zone: string,
  now: Instant,
): string[] {
  const run = found.lastRun;
  const failed =
    run?.status === "failed"
      ? [`the last run of job "${found.job}" failed${formatAt(run.at)}: ${run.message ?? "no message"}`]
      : [];
  return [...failed, ...warnOfSilence(found, registered, zone, now)];
}

function warnOfSilence(
  found: FoundJob,
  registered: RegisteredSchedule | undefined,
  zone: string,
  now: Instant,
): string[] {
  const schedule = parseCron(found.cron);
  if (!found.active || "problem" in schedule || !registered) return [];
  const since = parseInstant(registered.since, "UTC");
  const last = found.lastRun?.at === undefined ? undefined : parseInstant(found.lastRun.at, "UTC");
  const due = findLastDue(schedule, now.subtract({ minutes: PATIENCE_MINUTES }), zone);
  const seen = last ? pickLater(last, since) : since;
  if (!due || compareInstants(due, seen) <= 0) return [];
  const heard = last ? `has not run since ${formatInstant(last)}` : "never ran";
  return [
    `job "${found.job}" ${heard}, although its time was ${formatInstant(due)} (${found.cron}): check that pg_cron runs (shared_preload_libraries, cron.max_running_jobs) and may connect`,
  ];
}

function formatAt(time: string | undefined): string {
  return time === undefined ? "" : ` at ${time}`;
}
