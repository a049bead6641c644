import { beforeEach, expect, it } from "vitest";
import { withCronServer } from "../support/harness/cron-server";
import { up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { EXPORTER_GRANTS, presentProgram } from "./support";

const database = withCronServer();
const deployment = withDeployment(database);
const states = async () =>
  database.query<{ job: string; state: string; message: string | null; idle: number | null }>(
    "select job, state, last_message as message, round(extract(epoch from idle) / 3600)::int as idle from pgpartition.job_health()",
  );

// It never runs by itself: the tests write its history.
beforeEach(async () => {
  if (database.missing() !== undefined) return;
  expect((await up(database, deployment, presentProgram())).error).toBeUndefined();
  await database.query("delete from cron.job_run_details");
  await database.query(`with made as (select cron.schedule('ours', '0 0 29 2 *', 'select 1') as id)
    update pgpartition.registry set schedule = jsonb_build_object('job', 'ours', 'jobId', made.id::text, 'since', now() - interval '5 hours')
    from made where table_name = 'events'`);
});

const ran = (status: string, message: string, hoursAgo: number) =>
  database.query(
    `insert into cron.job_run_details (jobid, runid, status, return_message, start_time, end_time)
     select jobid, nextval('cron.runid_seq'), $1, $2, now() - $3 * interval '1 hour', now() - $3 * interval '1 hour' from cron.job where jobname = 'ours'`,
    [status, message, hoursAgo],
  );

it("reports for each managed job whether it ran, how that ended and how long ago", async () => {
  expect(await states()).toEqual([{ job: "ours", state: "never ran", message: null, idle: 5 }]);
  await ran("succeeded", "CALL", 3);
  expect(await states()).toEqual([{ job: "ours", state: "succeeded", message: "CALL", idle: 3 }]);
  await ran("failed", "no partition", 1);
  expect(await states()).toEqual([{ job: "ours", state: "failed", message: "no partition", idle: 1 }]);
  await database.query("select cron.alter_job(jobid, active := false) from cron.job where jobname = 'ours'");
  expect(await states()).toMatchObject([{ state: "inactive" }]);
  await database.query("select cron.unschedule('ours')");
  expect(await states()).toMatchObject([{ state: "missing", idle: null }]);
});

it("says that a job is hidden from a role to which pg_cron does not show it", async () => {
  await database.query("drop role if exists watcher");
  await database.query("create role watcher");
  for (const grant of EXPORTER_GRANTS("watcher", "pgpartition")) await database.query(grant);
  try {
    for (const grants of [
      "select 1",
      "grant usage on schema cron to watcher; grant select on all tables in schema cron to watcher",
    ]) {
      await database.query(grants);
      await database.query("set role watcher");
      expect(await states()).toEqual([{ job: "ours", state: "hidden", message: null, idle: null }]);
      await database.query("reset role");
    }
  } finally {
    await database.query("reset role");
    await database.query("drop owned by watcher");
    await database.query("drop role watcher");
    await database.query("select cron.unschedule('ours')");
  }
});
