// The observations by program, site and month (S3): the lists of its document, on the real engine and a server with pg_cron.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as checks from "../../examples/petri-observations/checks";
import { load } from "../../examples/petri-observations/load";
import { withCronServer } from "../support/harness/cron-server";
import { withExample } from "./example";

const NOW = "2026-05-10T12:00:00Z";
const ROWS = 24_000;

const database = withCronServer();
const { pulumi, refused } = withExample("petri-observations", database, NOW);
const archive = mkdtempSync(join(tmpdir(), "petri-archive-"));

const TABLES = ["petri_observations", "pilot_programs", "sites", "users"];
const observe = (id: number, program: string, site: string, at = `'${NOW}'`) =>
  `insert into public.petri_observations (observation_id, company_id, program_id, site_id, created_at)
   values (md5('later ${id}')::uuid, md5('company 3')::uuid, '${program}', '${site}', ${at});`;
const explain = async (query: string): Promise<string> =>
  (await database.query<{ "QUERY PLAN": string }>(`explain ${query}`)).map((line) => line["QUERY PLAN"]).join("\n");
const listPartitions = () => database.query<{ partition: string; holds: boolean }>(checks.PARTITIONS);

beforeAll(async () => {
  if (database.missing() !== undefined) return;
  const client = await database.connect();
  try {
    await client.query(`alter schema public owner to ${database.user}`);
    await load(client, ROWS, NOW);
    for (const table of TABLES) await client.query(`alter table public.${table} owner to ${database.user}`);
    await client.query(`alter schema partition_mgmt owner to ${database.user}`);
  } finally {
    await client.end();
  }
  await pulumi("config", "set", "archive", `file://${archive}`);
  await pulumi("config", "set", "rollbackUntil", "2099-01-01");
});
afterAll(async () => {
  rmSync(archive, { recursive: true });
  if (database.missing() === undefined) await database.query("select cron.unschedule(jobid) from cron.job");
});

const metrics = async () => {
  await database.query("refresh materialized view concurrently public.mv_daily_metrics");
  return database.query("select sum(rows)::int as rows from public.mv_daily_metrics");
};

test("is refused as long as a materialised view is bound to it, and not if that reads a view of it", async () => {
  await database.query(checks.makeDailyMetrics("public.petri_observations"));
  expect(await refused("preview")).toMatch(
    /materialised view "public\.mv_daily_metrics" is bound to the table .* Let it read a view of the table/,
  );
  await database.query("drop materialized view public.mv_daily_metrics");
  await database.query(checks.VIEW_FOR_METRICS);
  await database.query(checks.makeDailyMetrics("public.petri_observed"));
});

test("copies and compares its rows while the table stays in use, and swaps in the next update", async () => {
  expect(await database.query(checks.SIZE)).toMatchObject([{ bytes: expect.stringMatching(/^\d{7}$/) as string }]);
  await pulumi("config", "set", "until", "verify");
  await pulumi("up", "--yes", "--skip-preview");
  // A program and a site that come before the swap.
  await database.query(`
    insert into public.pilot_programs values ('mno-777', '2999-01-01');
    insert into public.sites values ('first', 'mno-777');
    ${observe(1, "mno-777", "first")} ${observe(2, "abc-123", "xyz-789")}`);
  await pulumi("config", "rm", "until");
  const preview = await pulumi("preview");
  expect(preview).toContain("swapped in one transaction; the former table stays as public.petri_observations_old");
  await pulumi("up", "--yes", "--skip-preview");
  expect(await database.query(checks.DIFFERENT_COUNTS)).toEqual([]);
  expect(await database.query("select count(*)::int as rows from public.petri_observations")).toEqual([
    { rows: ROWS + 2 },
  ]);
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});

test("has its programs, sites and months under names without hyphens, and weeks for one site", async () => {
  const names = (await listPartitions()).map(({ partition }) => partition);
  expect(names).toEqual(
    expect.arrayContaining([
      "petri_obs_prog_abc123",
      "petri_obs_prog_abc123_site_def456",
      "petri_obs_prog_abc123_site_def456_2025_06",
      "petri_obs_prog_abc123_site_xyz789_2026_w19",
      "petri_obs_prog_def123_site_ghi012_2026_06",
      "petri_obs_prog_mno777_site_first_2026_05",
      "petri_obs_prog_old001_site_jkl345_2025_06",
    ]),
  );
  expect(names.join(" ")).not.toContain("-");
  expect(names).not.toContain("petri_obs_prog_old001_site_jkl345_2026_05");
  expect(await database.query(checks.SITES_WITHOUT_BRANCH)).toEqual([]);
});

test("reads one site, or one program by its function, from their partitions alone", async () => {
  const site = checks.SITE_GROWTH.replace("$1", "'abc-123'").replace("$2", "'def-456'").replace("$3", "'2026-04-01'");
  const one = await explain(site);
  expect(one).toMatch(/abc123_site_def456_2026_04/);
  expect(one).not.toMatch(/xyz789|def123|old001|def456_2026_03/);
  const called = await explain(
    "select * from public.get_observations_optimized(md5('company 3')::uuid, 'abc-123', '2026-05-04')",
  );
  expect(called).toMatch(/abc123_site_xyz789_2026_w19/);
  expect(called).not.toMatch(/Function Scan|def123|old001|_2026_w18|_2026_04/);
  // A submission is in one of them, but which one only a second layout would tell.
  expect(await explain(checks.SUBMISSION.replace("$1", "md5('submission 7')::uuid"))).toMatch(/abc123[^]*def123/);
});

test("shows users the observations of their company alone, in the table and by the function", async () => {
  const client = await database.connect();
  try {
    await client.query("select set_config('request.user', md5('user 3')::uuid::text, false)");
    await client.query("set role authenticated");
    const { rows } = await client.query(
      `select count(*)::int as rows, count(distinct company_id)::int as companies,
         (select count(*)::int from public.get_observations_optimized(md5('company 2')::uuid, 'abc-123', '2025-01-01')) as others
       from public.petri_observations`,
    );
    expect(rows).toEqual([{ rows: ROWS / 5 + 2, companies: 1, others: 0 }]);
    await expect(client.query("select from public.petri_obs_prog_abc123")).rejects.toThrow(/permission denied/);
  } finally {
    await client.end();
  }
  expect(await database.query(checks.POLICIES)).toMatchObject([
    { name: "company_isolation_petri", roles: ["authenticated"], cmd: "ALL" },
  ]);
});

test("gets a branch with a new site at insert, and with a new program by its job and by the function", async () => {
  await database.query(`
    insert into public.pilot_programs values ('new-1', '2999-01-01');
    insert into public.sites values ('s-1', 'new-1');
    ${observe(3, "new-1", "s-1", "now()")}`);
  expect(await database.query(checks.SITES_WITHOUT_BRANCH)).toEqual([]);
  await database.query("alter table public.sites disable trigger user");
  await database.query(`
    insert into public.pilot_programs values ('new-2', '2999-01-01');
    insert into public.sites values ('s-2', 'new-2');`);
  await database.query("alter table public.sites enable trigger user");
  expect(await database.query(checks.SITES_WITHOUT_BRANCH)).toEqual([{ program_id: "new-2", site_id: "s-2" }]);
  await database.query("select * from partition_mgmt.precreate_program_partitions()");
  expect(await database.query(checks.SITES_WITHOUT_BRANCH)).toEqual([]);
  await database.query("select partition_mgmt.schedule_maintenance()");
  expect(await database.query(checks.JOB)).toEqual([
    { jobname: "petri_maintenance", schedule: "0 2 * * *", active: true },
  ]);
});

test("is watched by partition, and feeds the materialised view", async () => {
  await database.query("select * from partition_mgmt.analyze_all_partitions()");
  const stats = await database.query("select * from partition_mgmt.v_partition_stats");
  expect(stats.length).toBe((await listPartitions()).filter(({ holds }) => holds).length);
  expect(await database.query(checks.LARGE)).toEqual([]);
  expect(await database.query(checks.EMPTY)).toContainEqual({ partition: "petri_obs_prog_def123_site_ghi012_2026_06" });
  expect(await metrics()).toEqual([{ rows: ROWS + 3 }]);
});

test("is swapped back, with every row written since", async () => {
  await database.query(observe(4, "def-123", "ghi-012"));
  await pulumi("config", "set", "until", "verify");
  await pulumi("up", "--yes", "--skip-preview");
  expect(
    await database.query(
      "select relkind, (select count(*)::int from public.petri_observations) as rows from pg_class where oid = 'public.petri_observations'::regclass",
    ),
  ).toEqual([{ relkind: "r", rows: ROWS + 4 }]);
  expect(await metrics()).toEqual([{ rows: ROWS + 4 }]);
  expect(await database.query(checks.POLICIES)).toMatchObject([{ name: "company_isolation_petri" }]);
  await expect(database.query(observe(1, "abc-123", "def-456"))).rejects.toThrow(/duplicate key/);
});
