import type { CronFacts, FoundJob } from "../../core/schedule/job";
import { formatInstant } from "../../core/time/instant";
import type { Database } from "../database";
import { parseTime } from "../catalog/observation";
import { query } from "../queries";
import type { TableName } from "../../core/names/table-name";
import { getSqlState } from "../connect/sqlstate";

/** Current state of pg_cron, with the connected database and role. */
export interface CronReading {
  readonly facts: CronFacts;
  readonly database: string;
  readonly role: string;
}

const known = new WeakMap<Database, Promise<CronReading>>();

/**
 * Reads pg_cron once for all tables of a run: one statement, two for a stack without a recorded job.
 *
 * @param expected a job of this stack was recorded, so pg_cron most likely exists here
 */
export function readCron(database: Database, expected: boolean): Promise<CronReading> {
  const before = known.get(database);
  if (before) return before;
  const reading = read(database, expected);
  known.set(database, reading);
  reading.catch(() => known.delete(database));
  return reading;
}

/** Forgets what was read, after a change of a job, and under the lock of its table. */
export function forgetCron(database: Database): void {
  known.delete(database);
}

/** Returns what a role other than the connected one lacks for running a job; empty: nothing. */
export async function listMissingForJob(database: Database, user: string, table: TableName): Promise<string[]> {
  const values = [user, table.schema, table.table, database.managementSchema];
  const row = (await database.read(query("job-role"), values))[0] ?? {};
  if (row["exists"] !== true) return [`role "${user}" does not exist`];
  return [
    ...(row["owns"] === false ? [`it is no member of "${String(row["owner"])}", the owner of the table`] : []),
    ...(row["uses"] === false ? [`it may not use management schema "${database.managementSchema}"`] : []),
  ];
}

/** Errors of reading the jobs if pg_cron is absent, closed to this role, or older than 1.3. */
const NOT_HERE = ["3F000", "42P01", "42501", "42703"];

async function read(database: Database, expected: boolean): Promise<CronReading> {
  if (expected) {
    const jobs = await readJobs(database);
    if (jobs) return jobs;
  }
  const row = (await database.read(query("cron")))[0] ?? {};
  const place = { database: String(row["database"]), role: String(row["role"]) };
  if (row["created"] === true) {
    const jobs = row["usable"] === true ? await readJobs(database) : undefined;
    return jobs ?? { ...place, facts: { kind: "closed", role: place.role } };
  }
  const { home } = row;
  if (typeof home === "string" && home !== place.database) return { ...place, facts: { kind: "elsewhere", home } };
  const because = row["installed"] === true ? "not created" : "not installed";
  return { ...place, facts: { kind: "absent", because } };
}

async function readJobs(database: Database): Promise<CronReading | undefined> {
  try {
    const row = (await database.read(query("cron-jobs")))[0] ?? {};
    return {
      database: String(row["database"]),
      role: String(row["role"]),
      facts: {
        kind: "here",
        zone: String(row["zone"]),
        role: String(row["role"]),
        superuser: row["superuser"] === true,
        mayScheduleInDatabase: row["may_schedule_in_database"] === true,
        mayAlter: row["may_alter"] === true,
        // The query names the columns.
        jobs: ((row["jobs"] ?? []) as readonly JobRow[]).map(toJob),
      },
    };
  } catch (error) {
    if (NOT_HERE.includes(getSqlState(error) ?? "")) return undefined;
    throw error;
  }
}

interface JobRow extends Omit<FoundJob, "lastRun"> {
  readonly run: { readonly at: string | null; readonly status: string | null; readonly message: string | null } | null;
}

function toJob({ run, ...job }: JobRow): FoundJob {
  if (!run) return job;
  const at = run.at === null ? undefined : formatInstant(parseTime(run.at));
  return { ...job, lastRun: { at, status: run.status ?? "unknown", message: run.message ?? undefined } };
}
