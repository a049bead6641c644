import { beforeEach, expect, it } from "vitest";
import type { NoScheduleArgs, ScheduleArgs } from "../../components";
import { quoteLiteral } from "../../core/names/identifier";
import { parseCron } from "../../core/declare/schedule/cron";
import { entryOf, partitions, list } from "../provider/support";
import { asSuperuser } from "../support/database";
import { withCronServer } from "../support/harness/cron-server";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";
import { apply, column, failure } from "./support";

const database = withCronServer();
beforeEach(() => database.query("select cron.unschedule(jobid) from cron.job"));
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const at = (schedule?: ScheduleArgs | NoScheduleArgs) =>
  program("2025-03-10T00:00:00Z", { window, ...(schedule ? { schedule } : {}) });
const nightly = at({ cron: "0 2 * * *", job: "nightly" });
const call = `CALL "pgpartition".ensure_window('"app"."events"')`;
const jobs =
  "select concat_ws(' ', jobname, '[' || schedule || ']', username, database, active::text, command) from cron.job order by jobid";

const refresh = (of = nightly) => withPlugin(database, of, (plugin) => deployment.refresh(plugin));
/** As the product's role: a job is its maker's. */
const byHand = (sql: string) => database.query(`set role ${database.user}; ${sql}; reset role`);
const outputs = () => entryOf(deployment, "events-schedule").outputs;

it("the job is shown in preview, created, found unchanged, changed and removed", async () => {
  await apply(database, deployment, at());
  const seen = await preview(database, deployment, nightly);
  expect(seen.messages.join("\n")).toContain(
    `job "nightly": it is missing\n  BEGIN;\n  SELECT cron.schedule_in_database('nightly', '0 2 * * *', 'CALL "pgpartition".ensure_window(''"app"."events"'')', 'postgres', NULL, true);  -- no lock that others see | instant | AUTOMATION`,
  );
  expect(await column(database, jobs)).toEqual([]);
  expect(await apply(database, deployment, nightly)).toEqual(["create events-schedule", "update events-window"]);
  expect(await column(database, jobs)).toEqual([`nightly [0 2 * * *] ${database.user} postgres true ${call}`]);
  expect(outputs()).toMatchObject({ runner: "pg_cron", jobId: expect.any(String) as string, command: call });
  expect(await apply(database, deployment, nightly)).toEqual([]);
  expect((await refresh()).result).toEqual([]);
  expect(await apply(database, deployment, nightly)).toEqual([]);

  const id = outputs()["jobId"];
  const later = at({ cron: "30 3 * * sun", job: "nightly", active: false });
  expect(await apply(database, deployment, later)).toEqual(["update events-schedule", "update events-window"]);
  expect(await column(database, jobs)).toEqual([`nightly [30 3 * * sun] ${database.user} postgres false ${call}`]);
  expect(outputs()["jobId"]).toBe(id);
  await apply(database, deployment, at({ cron: "30 3 * * sun", job: "weekly" }));
  expect(await column(database, jobs)).toEqual([`weekly [30 3 * * sun] ${database.user} postgres true ${call}`]);

  expect(await apply(database, deployment, at({ none: "updates run every hour" }))).toEqual([
    "update events-window",
    "delete events-schedule",
  ]);
  expect(await column(database, jobs)).toEqual([]);
  expect(await column(database, "select schedule from pgpartition.registry")).toEqual(["null"]);
});

it.each<[string, string, string]>([
  ["switched off", "select cron.alter_job(jobid, active => false) from cron.job", "it is not active"],
  [
    "moved to another hour",
    "select cron.alter_job(jobid, schedule => '0 5 * * *') from cron.job",
    'its schedule is "0 5 * * *"',
  ],
  [
    "made to run something else",
    "select cron.alter_job(jobid, command => 'select 1') from cron.job",
    "it runs select 1",
  ],
  ["dropped", "select cron.unschedule(jobid) from cron.job", "it is missing"],
])("J01 a job that was %s by hand is seen by a refresh, and mended with it or without", async (_, change, words) => {
  await apply(database, deployment, nightly);
  const before = await column(database, jobs);
  await database.query(change);
  const seen = await preview(database, deployment, nightly);
  expect(named(seen.steps)).toEqual(["update events-schedule"]);
  expect(seen.messages.join("\n")).toContain(words);
  await apply(database, deployment, nightly);
  expect(await column(database, jobs)).toEqual(before);
  expect(await apply(database, deployment, nightly)).toEqual([]);

  await database.query(change);
  expect((await refresh()).result).toEqual([expect.stringContaining("::events-schedule")]);
  const mended = await apply(database, deployment, nightly);
  expect(mended).toEqual([words === "it is missing" ? "create events-schedule" : "update events-schedule"]);
  expect(await column(database, jobs)).toEqual(before);
  expect((await refresh()).result).toEqual([]);
  expect(await apply(database, deployment, nightly)).toEqual([]);
});

it("an equal job is adopted, and brought to the declared hour; one that runs something else is refused in preview", async () => {
  await byHand(`select cron.schedule('nightly', '0 9 * * *', ${quoteLiteral(call)})`);
  await apply(database, deployment, nightly);
  expect(await column(database, jobs)).toEqual([`nightly [0 2 * * *] ${database.user} postgres true ${call}`]);
  await apply(database, deployment, at());
  await byHand("select cron.schedule('agent_logs_rotate_daily', '0 2 * * *', 'select _agent_logs_rotate()')");
  const taken = at({ cron: "0 2 * * *", job: "agent_logs_rotate_daily" });
  const { error } = await preview(database, deployment, taken);
  expect(error).toContain("runs something else: select _agent_logs_rotate()");
  expect(error).toContain("SELECT cron.unschedule(");
  expect((await up(database, deployment, taken)).error).toContain("runs something else");
  expect(await column(database, "select command from cron.job")).toEqual(["select _agent_logs_rotate()"]);
});

it("a job of that name that belongs to another role is refused, with the role", async () => {
  await database.query("create role somebody; grant usage on schema cron to somebody");
  const client = await database.connect();
  await client.query("set role somebody");
  await client.query("select cron.schedule('nightly', '0 9 * * *', 'select 1')");
  await client.end();
  // pg_cron shows others' jobs to a superuser alone; names are each role's own.
  const superuser = asSuperuser(database);
  expect((await preview(superuser, deployment, nightly)).error).toContain('belongs to role "somebody"');
  expect((await up(superuser, deployment, nightly)).error).toContain('belongs to role "somebody"');
  if (database.url !== superuser.url) {
    await reset(database);
    await apply(database, new Deployment(), nightly);
    expect(await column(database, "select username from cron.job order by 1")).toEqual([database.user, "somebody"]);
  }
  await database.query("select cron.unschedule(jobid) from cron.job");
  await database.query("drop owned by somebody; drop role somebody");
});

it("lost state: the job is adopted; import finds it by its name; and the next update has nothing to do", async () => {
  await apply(database, deployment, nightly);
  const lost = new Deployment();
  await apply(database, lost, nightly);
  expect(await column(database, jobs)).toHaveLength(1);
  const { result } = await withPlugin(database, nightly, async (plugin) => {
    const urn = entryOf(lost, "events-schedule").urn;
    expect(await list(plugin, "CronJob")).toEqual(["app.events#nightly"]);
    return [await plugin.read(urn, "app.events#nightly"), await plugin.read(urn, "app.events#other")] as const;
  });
  const [found, other] = result;
  expect(other).toBeUndefined();
  if (!found) throw new Error("not imported");
  const entry = entryOf(lost, "events-schedule");
  lost.state.set(entry.urn, { ...entry, ...found });
  expect(await apply(database, lost, nightly)).toEqual([]);
});

it("H02 a name that is SQL remains a name, and a schedule that is SQL is refused before anything is asked", async () => {
  await database.query("create table public.canary (alive boolean)");
  const name = `n'); drop table public.canary; --`;
  await apply(database, deployment, at({ cron: "0 2 * * *", job: name }));
  expect(await column(database, "select jobname from cron.job")).toEqual([name]);
  await apply(database, deployment, at());
  expect(await column(database, jobs)).toEqual([]);
  expect(() => at({ cron: "0 2 * * *'); drop table public.canary; --" })).not.toThrow();
  const run = up(database, deployment, at({ cron: "0 2 * * *'); drop table public.canary; --" }));
  await expect(run.then(({ error }) => error)).resolves.toContain("is not a schedule");
  await database.query("drop table public.canary");
});

it("an owner without superuser needs USAGE on schema cron, and the error names it; the job runs as the owner", async () => {
  // The role has no right in a management schema that it did not make.
  await database.query("drop schema pgpartition cascade");
  await database.query("create role table_owner login password 'p'; grant create on database postgres to table_owner");
  await database.query("alter schema app owner to table_owner");
  const url = database.url.replace(/\/\/[^@]*@/, "//table_owner:p@");
  const closed = await preview({ url }, deployment, nightly);
  expect(closed.error).toContain('GRANT USAGE ON SCHEMA cron TO "table_owner"');
  await database.query("grant usage on schema cron to table_owner");
  await apply({ url }, deployment, nightly);
  expect(await column(database, jobs)).toEqual([`nightly [0 2 * * *] table_owner postgres true ${call}`]);
  expect(await apply({ url }, deployment, nightly)).toEqual([]);
  await database.query("update cron.job set active = false");
  expect(await apply({ url }, deployment, nightly)).toEqual(["update events-schedule"]);
  expect(await column(database, jobs)).toEqual([`nightly [0 2 * * *] table_owner postgres true ${call}`]);
  const as = async (user: string) => (await preview({ url }, deployment, at({ cron: "0 2 * * *", user }))).error;
  expect(await as("postgres")).toContain("pg_cron asks for a superuser");
  const inactive = await preview({ url }, deployment, at({ cron: "0 2 * * *", job: "nightly", active: false }));
  expect(inactive.error).toContain("GRANT EXECUTE ON FUNCTION cron.alter_job");

  // A superuser may schedule for others, as long as these could do the work.
  const other = new Deployment("faults", "test");
  const scheduled = (user: string) =>
    preview(asSuperuser(database), other, at({ cron: "0 2 * * *", job: "other", user }));
  expect((await scheduled("nobody_here")).error).toContain('role "nobody_here" does not exist');
  expect((await scheduled("pg_monitor")).error).toContain('it is no member of "table_owner"');
  expect((await scheduled("table_owner")).error).toBeUndefined();
  await apply({ url }, deployment, at());
  expect(await column(database, jobs)).toEqual([]);
  await database.query("drop owned by table_owner cascade; drop role table_owner");
});

it("reports that the job would run in another database, or by another clock", async () => {
  const elsewhere = await preview(database, deployment, at({ cron: "0 2 * * *", database: "template1" }));
  expect(elsewhere.error).toContain('the job would run in database "template1"');
  const berlin = await preview(database, deployment, at({ cron: "0 2 * * *", zone: "Europe/Berlin" }));
  expect(berlin.error).toBeUndefined();
  expect(berlin.messages.join("\n")).toContain("by its own time zone GMT (cron.timezone)");
});

it("a job that never ran although it was due, and one that failed, are warnings of preview and refresh", async () => {
  await apply(database, deployment, nightly);
  expect((await preview(database, deployment, nightly)).messages).toEqual([]);
  await database.query(`update pgpartition.registry set schedule = schedule || '{"since": "2020-01-01T00:00:00Z"}'`);
  const warned = (await preview(database, deployment, nightly)).messages.join("\n");
  expect(warned).toContain('job "nightly" never ran, although its time was');
  await database.query(`insert into cron.job_run_details (jobid, runid, database, username, command, status, return_message, start_time, end_time)
    select jobid, nextval('cron.runid_seq'), database, username, command, 'failed', 'ERROR: nothing is prepared', now(), now() from cron.job`);
  const { messages } = await refresh();
  expect(messages.join("\n")).toContain('the last run of job "nightly" failed');
  expect(messages.join("\n")).toContain("ERROR: nothing is prepared");
  expect(outputs()).toMatchObject({ lastStatus: "failed", lastError: "ERROR: nothing is prepared" });
  expect(await apply(database, deployment, nightly)).toEqual([]);
});

it("every schedule that a program may declare is one that pg_cron reads", async () => {
  const texts = [
    "* * * * *",
    "*/5 0-6/2,23 1,15 jan-mar,12 *",
    "0 2 * * sun",
    "59 23 31 12 7",
    "0 0 1 * mon-fri/2",
    "5 4 29 FEB *",
  ];
  for (const text of texts) {
    expect(parseCron(text)).not.toHaveProperty("problem");
    expect(await failure(database.query("select cron.schedule('read', $1, 'select 1')", [text])), text).toBe(
      "no error",
    );
  }
});

it("B15 pg_cron in another database of the cluster: the statement to run there is shown, and nothing is half installed", async () => {
  await database.query(`create database shop owner ${database.user}`);
  const shop = await database.connect({ database: "shop" });
  await shop.query(`create schema app authorization ${database.user}`);
  const url = database.url.replace(/\/postgres$/, "/shop");
  const blind = await preview({ url }, deployment, nightly);
  if (database.user !== database.superuser.user)
    expect(blind.messages.join("\n")).toContain("in the database that cron.database_name names");
  await database.query(`grant pg_read_all_settings to ${database.user}`);
  const seen = await preview({ url }, deployment, nightly);
  expect(seen.error).toBeUndefined();
  const text = seen.messages.join("\n");
  expect(text).toContain('pg_cron stores its jobs in database "postgres" (cron.database_name), not in "shop"');
  const statement = /SELECT cron\.schedule_in_database\(.*\)$/m.exec(text)?.[0] ?? "";
  await apply({ url }, deployment, nightly);
  expect(outputs()).toMatchObject({ runner: "external" });
  expect(await column(database, jobs)).toEqual([]);
  expect(await apply({ url }, deployment, nightly)).toEqual([]);
  // What preview printed is what works.
  await database.query(statement);
  expect(await column(database, jobs)).toEqual([`nightly [0 2 * * *] ${database.user} shop true ${call}`]);
  await shop.end();
  await until(
    async () => (await column(database, "select 1 from pg_stat_activity where datname = 'shop'")).length === 0,
  );
  await database.query("drop database shop");
  await database.query(`revoke pg_read_all_settings from ${database.user}`);
});

it("pg_cron runs the job: partitions are created in separate transactions, nothing is retired, and its run is in the outputs", async () => {
  const minutely = at({ cron: "* * * * *", job: "minutely" });
  await apply(database, deployment, minutely);
  const before = await partitions(database);
  const ended =
    "select status from cron.job_run_details d join cron.job j using (jobid) where j.jobname = 'minutely' and d.end_time is not null";
  await until(async () => (await column(database, ended)).length > 0, 100_000);
  expect(await column(database, ended)).toContain("succeeded");
  const after = await partitions(database);
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after.length).toBeGreaterThan(before.length + 10);
  const made = await column(
    database,
    "select count(distinct xmin::text) || ' of ' || count(*) from pgpartition.ledger where run = 'schedule'",
  );
  expect(made).toEqual([`${String(after.length - before.length)} of ${String(after.length - before.length)}`]);
  await refresh(minutely);
  expect(outputs()).toMatchObject({ lastStatus: "succeeded", lastRun: expect.stringMatching(/^20/) as string });
  expect(await failure(database.query("insert into app.events (id, at) values (1, now())"))).toBe("no error");
  await apply(database, deployment, at());
}, 150_000);
