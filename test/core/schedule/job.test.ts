import { describe, expect, it } from "vitest";
import { warnOfJob } from "../../../core/schedule/health";
import { type CronFacts, type FoundJob, planJob, type WantedJob } from "../../../core/schedule/job";
import { formatCrontab, formatEnsureWindowCall, formatSystemdUnits } from "../../../core/schedule/texts";
import { parseCron } from "../../../core/declare/schedule/cron";
import { parseInstant } from "../../../core/time/instant";

const wanted: WantedJob = {
  job: "nightly",
  cron: "0 2 * * *",
  zone: "UTC",
  command: formatEnsureWindowCall("pgpartition", { schema: "app", table: "events" }),
  database: "shop",
  user: "owner",
  active: true,
};
const found: FoundJob = { ...wanted, jobId: "7" };
const registered = { job: "nightly", jobId: "7", since: "2025-03-01T00:00:00+00:00" };

function here(changes: Partial<Extract<CronFacts, { kind: "here" }>> = {}): CronFacts {
  const rights = { superuser: false, mayScheduleInDatabase: true, mayAlter: true };
  return { kind: "here", zone: "GMT", role: "owner", ...rights, jobs: [], ...changes };
}

function statements(facts: CronFacts, change: Partial<WantedJob> = {}, ours = true): readonly string[] {
  const plan = planJob({ ...wanted, ...change }, facts, ours ? registered : undefined);
  if (plan.kind !== "scheduled") throw new Error(JSON.stringify(plan));
  return plan.statements.map((statement) => statement.sql);
}

function refusal(facts: CronFacts, change: Partial<WantedJob> = {}, ours = false): string {
  const plan = planJob({ ...wanted, ...change }, facts, ours ? registered : undefined);
  return plan.kind === "refused" ? `${plan.problem.message} ${plan.problem.fix}` : plan.kind;
}

const call = `'CALL "pgpartition".ensure_window(''"app"."events"'')'`;

describe("the job", () => {
  it("is created in its database, by constants", () => {
    expect(statements(here(), {}, false)).toEqual([
      `SELECT cron.schedule_in_database('nightly', '0 2 * * *', ${call}, 'shop', NULL, true)`,
    ]);
  });

  it("needs no more than USAGE where it runs for its own role", () => {
    const plain = here({ mayScheduleInDatabase: false, mayAlter: false });
    expect(statements(plain, {}, false)).toEqual([`SELECT cron.schedule('nightly', '0 2 * * *', ${call})`]);
    expect(refusal(plain, { active: false })).toContain("GRANT EXECUTE ON FUNCTION cron.alter_job");
  });

  it("is left alone when it is as declared", () => {
    expect(statements(here({ jobs: [found] }))).toEqual([]);
  });

  it("is adopted if an equal one exists, and gets the declared schedule", () => {
    const other = { ...found, cron: "0 3 * * *", active: false };
    expect(statements(here({ jobs: [other] }), {}, false)).toEqual([
      "SELECT cron.alter_job(job_id := 7, schedule := '0 2 * * *', active := true)",
    ]);
  });

  it("is changed in place, or created again in one transaction by a role that may not change it", () => {
    const changed = here({ jobs: [{ ...found, command: "select 1" }] });
    expect(statements(changed)).toEqual([`SELECT cron.alter_job(job_id := 7, command := ${call})`]);
    const plan = planJob(
      wanted,
      { ...changed, mayAlter: false, mayScheduleInDatabase: false } as CronFacts,
      registered,
    );
    expect(plan.kind === "scheduled" && plan.statements.map(({ sql, transaction }) => [sql, transaction])).toEqual([
      ["SELECT cron.unschedule(7)", "schedule nightly"],
      [`SELECT cron.schedule('nightly', '0 2 * * *', ${call})`, "schedule nightly"],
    ]);
  });

  it("gets another name as another job", () => {
    expect(statements(here({ jobs: [found] }), { job: "early" })).toEqual([
      "SELECT cron.unschedule(7)",
      `SELECT cron.schedule_in_database('early', '0 2 * * *', ${call}, 'shop', NULL, true)`,
    ]);
  });

  it("never replaces one that does something else, or belongs to another role", () => {
    const foreign = here({ jobs: [{ ...found, command: "select _rotate()" }] });
    expect(refusal(foreign)).toContain("runs something else: select _rotate()");
    expect(refusal(foreign)).toContain("SELECT cron.unschedule(7)");
    expect(refusal(here({ jobs: [{ ...found, user: "dba" }], superuser: true }))).toContain('belongs to role "dba"');
  });

  it("runs as another role only by a superuser", () => {
    expect(refusal(here(), { user: "dba" })).toContain("pg_cron asks for a superuser");
    expect(statements(here({ superuser: true, role: "dba" }), {}, false)).toEqual([
      `SELECT cron.schedule_in_database('nightly', '0 2 * * *', ${call}, 'shop', 'owner', true)`,
    ]);
  });

  it("reports that pg_cron reads it by another zone", () => {
    const plan = planJob({ ...wanted, zone: "Europe/Berlin" }, here(), undefined);
    expect(plan.kind === "scheduled" && plan.note).toContain("by its own time zone GMT (cron.timezone)");
    const same = planJob(wanted, here(), undefined);
    expect(same.kind === "scheduled" && same.note).toBeUndefined();
  });

  it.each<[string, CronFacts, string]>([
    ["is not installed", { kind: "absent", because: "not installed" }, "pg_cron is not installed on this server"],
    ["is not created", { kind: "absent", because: "not created" }, "CREATE EXTENSION pg_cron"],
    [
      "lives in another database",
      { kind: "elsewhere", home: "postgres" },
      `SELECT cron.schedule_in_database('nightly', '0 2 * * *', ${call}, 'shop', 'owner', true)`,
    ],
  ])("B15 is left to cron or systemd where pg_cron %s", (_, facts, text) => {
    const plan = planJob(wanted, facts, undefined);
    expect(plan.kind === "external" && plan.why).toContain(text);
    expect(plan.kind === "external" && plan.why).toContain("crontab and systemdTimer");
  });

  it("B15 is refused with the grant where pg_cron is closed", () => {
    expect(refusal({ kind: "closed", role: 'o"wner' })).toContain('GRANT USAGE ON SCHEMA cron TO "o""wner"');
  });
});

describe("a job that is as declared", () => {
  const now = parseInstant("2025-03-10T12:00:00Z", "UTC");
  const warnings = (change: Partial<FoundJob>) => warnOfJob({ ...found, ...change }, registered, "GMT", now);

  it("is quiet when it ran when it was due", () => {
    expect(warnings({ lastRun: { at: "2025-03-10T02:00:01Z", status: "succeeded" } })).toEqual([]);
  });

  it("is reported if it never ran although its time has passed", () => {
    expect(warnings({})).toEqual([expect.stringContaining("never ran, although its time was 2025-03-10T02:00:00Z")]);
    const young = { ...registered, since: "2025-03-10T03:00:00Z" };
    expect(warnOfJob(found, young, "GMT", now)).toEqual([]);
  });

  it("is reported if it stopped running", () => {
    expect(warnings({ lastRun: { at: "2025-03-05T02:00:01Z", status: "succeeded" } })).toEqual([
      expect.stringContaining("has not run since 2025-03-05T02:00:01Z"),
    ]);
    expect(warnings({ active: false })).toEqual([]);
  });

  it("is reported with its error if it failed", () => {
    const lastRun = { at: "2025-03-10T02:00:01Z", status: "failed", message: "nothing is prepared" };
    expect(warnings({ lastRun })).toEqual([
      'the last run of job "nightly" failed at 2025-03-10T02:00:01Z: nothing is prepared',
    ]);
  });
});

describe("the same schedule outside the database", () => {
  const text = (cron: string) => {
    const schedule = parseCron(cron);
    if ("problem" in schedule) throw new Error(schedule.problem);
    return formatSystemdUnits({ ...wanted, schema: "app", table: "events" }, schedule);
  };

  it("is a line of a crontab that the shell reads as it is meant", () => {
    const odd = {
      ...wanted,
      schema: "app",
      table: "a'b",
      database: "50% off",
      command: formatEnsureWindowCall("m", { schema: "app", table: "a'b" }),
    };
    expect(formatCrontab(odd, wanted.cron)).toBe(
      "CRON_TZ=UTC\n0 2 * * * psql --no-psqlrc --set=ON_ERROR_STOP=1 --username=owner '--dbname=50\\% off' " +
        `'--command=CALL "m".ensure_window('\\''"app"."a'\\'''\\''b"'\\'')'\n`,
    );
    expect(formatCrontab({ ...odd, command: "a\nb" }, wanted.cron)).toMatch(/^#/);
  });

  it("is a timer of systemd", () => {
    expect(text("0 2 * * *")).toContain("OnCalendar=*-*-* 02:00:00 UTC\n");
    expect(text("*/30 4 * 1,2 mon-fri")).toContain("OnCalendar=Mon,Tue,Wed,Thu,Fri *-01,02-* 04:00,30:00 UTC\n");
    expect(text("0 2 1 * sun").match(/OnCalendar=.*/g)).toEqual([
      "OnCalendar=*-*-01 02:00:00 UTC",
      "OnCalendar=Sun *-*-* 02:00:00 UTC",
    ]);
    expect(text("0 2 * * *")).toContain(`"--command=CALL \\"pgpartition\\".ensure_window('\\"app\\".\\"events\\"')"`);
    expect(text("0 2 * * *")).toMatch(/# nightly\.service\n[^]*# nightly\.timer\n/);
  });
});
