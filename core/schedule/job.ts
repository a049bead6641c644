import { quoteLiteral } from "../names/identifier";
import type { Problem } from "../problems/problem";
import type { RegisteredSchedule } from "../observed/registration";
import type { Statement } from "../sql/statement";

/** The job as declared. */
export interface WantedJob {
  readonly job: string;
  readonly cron: string;
  readonly zone: string;
  readonly command: string;
  readonly database: string;
  readonly user: string;
  readonly active: boolean;
}

/** A job as stored by pg_cron. */
export interface FoundJob {
  readonly jobId: string;
  readonly job: string;
  readonly cron: string;
  readonly command: string;
  readonly database: string;
  readonly user: string;
  readonly active: boolean;
  /** Its latest run in pg_cron's log. */
  readonly lastRun?: LastRun | undefined;
}

interface LastRun {
  /** ISO 8601; left out: it has not begun yet. */
  readonly at?: string | undefined;
  /** `succeeded`, `failed`, `running` and so on. */
  readonly status: string;
  readonly message?: string | undefined;
}

/** State of pg_cron for the connected role. */
export type CronFacts =
  | { readonly kind: "absent"; readonly because: "not installed" | "not created" }
  /** It stores its jobs in another database of the cluster. */
  | { readonly kind: "elsewhere"; readonly home: string }
  | { readonly kind: "closed"; readonly role: string }
  | {
      readonly kind: "here";
      readonly zone: string;
      readonly role: string;
      readonly superuser: boolean;
      readonly mayScheduleInDatabase: boolean;
      readonly mayAlter: boolean;
      readonly jobs: readonly FoundJob[];
    };

/** Scheduler that starts a job: pg_cron, or one outside the database. */
export type JobRunner = "pg_cron" | "external";

/** Statements that bring the job to its declaration, or the reason against them. */
export type JobPlan =
  /** Nothing inside the database starts it: use the crontab line or the systemd timer. */
  | { readonly kind: "external"; readonly why: string }
  | { readonly kind: "refused"; readonly problem: Problem }
  | {
      readonly kind: "scheduled";
      readonly found: FoundJob | undefined;
      /** In words: `it is not active`. */
      readonly differences: readonly string[];
      readonly statements: readonly Statement[];
      readonly note: string | undefined;
    };

/**
 * Compares the declared job with pg_cron. A job of that name that is not registered is taken over only if it runs the same; if
 * pg_cron is not available, nothing is half installed.
 */
export function planJob(wanted: WantedJob, facts: CronFacts, registered: RegisteredSchedule | undefined): JobPlan {
  switch (facts.kind) {
    case "absent":
    case "elsewhere":
      return { kind: "external", why: explainExternal(wanted, facts) };
    case "closed":
      return { kind: "refused", problem: refuseClosed(wanted, facts.role) };
    case "here":
      return planHere(wanted, facts, registered);
  }
}

type Here = Extract<CronFacts, { kind: "here" }>;

function planHere(wanted: WantedJob, facts: Here, registered: RegisteredSchedule | undefined): JobPlan {
  const ours = registered && facts.jobs.find((job) => job.jobId === registered.jobId && job.job === registered.job);
  const named = facts.jobs.filter((job) => job.job === wanted.job && job.jobId !== ours?.jobId);
  const same = named.find((job) => job.user === wanted.user && job.command === wanted.command);
  const problem =
    findUserProblem(wanted, facts) ??
    (same && !ours ? undefined : findConflict(wanted, named)) ??
    findRightsProblem(wanted, facts, ours ?? same);
  if (problem) return { kind: "refused", problem };
  const found = ours ?? same;
  const differences = found ? listDifferences(wanted, found) : ["it is missing"];
  return {
    kind: "scheduled",
    found,
    differences,
    statements: differences.length === 0 ? [] : buildStatements(wanted, facts, found),
    note: noteZone(wanted, facts),
  };
}

/** Reports another job of that name: pg_cron would change it in place, or store two that look alike. */
function findConflict(wanted: WantedJob, named: readonly FoundJob[]): Problem | undefined {
  const [other] = named;
  if (!other) return undefined;
  const what = other.user === wanted.user ? `runs something else: ${other.command}` : `belongs to role "${other.user}"`;
  return {
    path: "schedule.job",
    code: "conflict",
    message: `pg_cron has a job "${other.job}" (id ${other.jobId}) that ${what}.`,
    fix: `If it is no longer needed: SELECT cron.unschedule(${other.jobId}). Otherwise declare another schedule.job.`,
  };
}

function findUserProblem(wanted: WantedJob, facts: Here): Problem | undefined {
  if (wanted.user === facts.role || facts.superuser) return undefined;
  return {
    path: "schedule.user",
    code: "privileges",
    message: `role "${facts.role}" cannot schedule a job that runs as "${wanted.user}": pg_cron asks for a superuser.`,
    fix: "Leave schedule.user out, or connect as that role.",
  };
}

/**
 * Reports missing rights: scheduling for oneself needs only USAGE; an inactive job needs a function that pg_cron does not grant.
 */
function findRightsProblem(wanted: WantedJob, facts: Here, found: FoundJob | undefined): Problem | undefined {
  if (wanted.active || facts.mayAlter || facts.mayScheduleInDatabase) return undefined;
  if (found && listDifferences(wanted, found).length === 0) return undefined;
  return {
    path: "schedule.active",
    code: "privileges",
    message: `role "${facts.role}" may not have an inactive job.`,
    fix: `An administrator has to run: GRANT EXECUTE ON FUNCTION cron.alter_job, cron.schedule_in_database TO "${facts.role.replaceAll('"', '""')}".`,
  };
}

function listDifferences(wanted: WantedJob, found: FoundJob): string[] {
  return [
    ...(found.job === wanted.job ? [] : [`it is called "${found.job}"`]),
    ...(found.cron === wanted.cron ? [] : [`its schedule is "${found.cron}"`]),
    ...(found.command === wanted.command ? [] : [`it runs ${found.command}`]),
    ...(found.database === wanted.database ? [] : [`it runs in database "${found.database}"`]),
    ...(found.user === wanted.user ? [] : [`it runs as "${found.user}"`]),
    ...(found.active === wanted.active ? [] : [`it is ${found.active ? "" : "not "}active`]),
  ];
}

/**
 * Returns the statements. A job that cannot be changed in place, or has another name, is scheduled again in the same transaction.
 */
function buildStatements(wanted: WantedJob, facts: Here, found: FoundJob | undefined): Statement[] {
  if (!found) return [scheduleStatement(wanted, facts)];
  if (facts.mayAlter && found.job === wanted.job) return [alterStatement(wanted, found)];
  const schedule = scheduleStatement(wanted, facts);
  return [{ ...unscheduleStatement(found), transaction: schedule.transaction }, schedule];
}

function scheduleStatement(wanted: WantedJob, facts: Here): Statement {
  const head = [wanted.job, wanted.cron, wanted.command].map(quoteLiteral).join(", ");
  const isOwn = wanted.user === facts.role;
  const user = isOwn ? "NULL" : quoteLiteral(wanted.user);
  const sql = facts.mayScheduleInDatabase
    ? `SELECT cron.schedule_in_database(${head}, ${quoteLiteral(wanted.database)}, ${user}, ${String(wanted.active)})`
    : `SELECT cron.schedule(${head})`;
  return buildCronStatement(sql, wanted.job, `SELECT cron.unschedule(${quoteLiteral(wanted.job)})`);
}

function alterStatement(wanted: WantedJob, found: FoundJob): Statement {
  const formatChanges = (to: WantedJob | FoundJob, from: WantedJob | FoundJob): string =>
    [
      ...(to.cron === from.cron ? [] : [`schedule := ${quoteLiteral(to.cron)}`]),
      ...(to.command === from.command ? [] : [`command := ${quoteLiteral(to.command)}`]),
      ...(to.database === from.database ? [] : [`database := ${quoteLiteral(to.database)}`]),
      ...(to.user === from.user ? [] : [`username := ${quoteLiteral(to.user)}`]),
      ...(to.active === from.active ? [] : [`active := ${String(to.active)}`]),
    ].join(", ");
  const alter = (list: string) => `SELECT cron.alter_job(job_id := ${found.jobId}, ${list})`;
  return buildCronStatement(alter(formatChanges(wanted, found)), wanted.job, alter(formatChanges(found, wanted)));
}

/** Unschedules a job, also for good: the partitions that it created stay. */
export function unscheduleStatement(found: FoundJob): Statement {
  const head = [found.job, found.cron, found.command].map(quoteLiteral).join(", ");
  return buildCronStatement(`SELECT cron.unschedule(${found.jobId})`, found.job, `SELECT cron.schedule(${head})`);
}

function buildCronStatement(sql: string, job: string, undo: string): Statement {
  return {
    sql,
    transaction: `schedule ${job}`,
    timeouts: "light",
    locks: [],
    hold: "instant",
    hazards: ["AUTOMATION"],
    undo,
  };
}

/** Notes a different time zone; PostgreSQL reports UTC as GMT. */
function noteZone(wanted: WantedJob, facts: Here): string | undefined {
  const normalizeZone = (zone: string) => (["GMT", "UTC", "Etc/UTC"].includes(zone) ? "UTC" : zone);
  if (normalizeZone(wanted.zone) === normalizeZone(facts.zone)) return undefined;
  return `pg_cron reads "${wanted.cron}" by its own time zone ${facts.zone} (cron.timezone), not by ${wanted.zone} as declared`;
}

function explainExternal(wanted: WantedJob, facts: Extract<CronFacts, { kind: "absent" | "elsewhere" }>): string {
  const way = "nothing in the database starts it; the outputs crontab and systemdTimer have the same schedule";
  if (facts.kind === "elsewhere") {
    const head = [wanted.job, wanted.cron, wanted.command, wanted.database, wanted.user].map(quoteLiteral).join(", ");
    return (
      `pg_cron stores its jobs in database "${facts.home}" (cron.database_name), not in "${wanted.database}": ${way}. ` +
      `Or run there: SELECT cron.schedule_in_database(${head}, ${String(wanted.active)})`
    );
  }
  return facts.because === "not created"
    ? `pg_cron is installed and not created here: ${way}. To have it, an administrator has to run: CREATE EXTENSION pg_cron, in the database that cron.database_name names (members of pg_read_all_settings see it)`
    : `pg_cron is not installed on this server: ${way}`;
}

function refuseClosed(wanted: WantedJob, role: string): Problem {
  return {
    path: "schedule",
    code: "privileges",
    message: `role "${role}" may not use pg_cron, so the job "${wanted.job}" cannot be created.`,
    fix: `An administrator has to run: GRANT USAGE ON SCHEMA cron TO "${role.replaceAll('"', '""')}".`,
  };
}
