// The log of agents (S0): the lists of its document, on the real engine and a server with pg_cron.
import { afterAll, beforeAll, expect, test } from "vitest";
import * as checks from "../../examples/agent-logs/checks";
import { load } from "../../examples/agent-logs/load";
import { withCronServer } from "../support/harness/cron-server";
import { withExample } from "./example";

const NOW = "2026-05-10T12:00:00Z";
const ROWS = 24_000;
const COMPANY = "select md5('company 7')::uuid::text as company";

const database = withCronServer();
const { pulumi } = withExample("agent-logs", database, NOW);

const months = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => {
    const at = new Date(`${from}-01T00:00:00Z`);
    at.setUTCMonth(at.getUTCMonth() + index);
    return `agent_logs_${at.toISOString().slice(0, 7).replace("-", "")}`;
  });

beforeAll(async () => {
  if (database.missing() !== undefined) return;
  const client = await database.connect();
  try {
    await client.query(`alter schema public owner to ${database.user}`);
    await load(client, ROWS, NOW);
    await client.query(`alter table public.agent_logs owner to ${database.user}`);
    await client.query(`alter publication supabase_realtime owner to ${database.user}`);
  } finally {
    await client.end();
  }
});
afterAll(async () => {
  if (database.missing() === undefined) await database.query("select cron.unschedule(jobid) from cron.job");
});

test("copies and compares its rows while the table stays in use, and swaps in the next update", async () => {
  expect(await database.query(checks.SIZE)).toMatchObject([{ bytes: expect.stringMatching(/^\d{7}$/) as string }]);
  await pulumi("config", "set", "rollbackUntil", "2099-01-01");
  await pulumi("config", "set", "until", "verify");
  await pulumi("up", "--yes", "--skip-preview");
  await database.query(
    "insert into public.agent_logs (company_id, ts, level, msg) values (md5('company 7')::uuid, $1, 'info', 'meanwhile')",
    [NOW],
  );
  await pulumi("config", "rm", "until");
  const preview = await pulumi("preview");
  expect(preview).toContain("swapped in one transaction; the former table stays as public.agent_logs_legacy");
  await pulumi("up", "--yes", "--skip-preview");
  expect(await database.query(checks.COUNTS)).toEqual([{ current: ROWS + 1, former: ROWS + 1 }]);
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});

test("has a partition for each month, and both hot indexes on all of them", async () => {
  const partitions = await database.query<{ partition: string }>(checks.PARTITIONS);
  expect(partitions.map(({ partition }) => partition)).toEqual(expect.arrayContaining(months("2025-04", 15)));
  expect(await database.query(checks.WITHOUT_HOT_INDEXES)).toEqual([]);
});

test("reads the last hour of a company from one partition, by the hot index", async () => {
  const [row] = await database.query<{ company: string }>(COMPANY);
  const plan = await database.query<{ "QUERY PLAN": string }>(
    `explain ${checks.HOT_PATH}`.replace("$1", `'${row?.company ?? ""}'`).replace("$2", `'${NOW}'`),
  );
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  expect(text).toContain("idx_agent_logs_202605_company_ts");
  expect(text).not.toContain("agent_logs_202604");
});

test("shows members of a company the rows of that company alone", async () => {
  const client = await database.connect();
  try {
    await client.query("select set_config('request.user', md5('member 7')::uuid::text, false)");
    await client.query("set role authenticated");
    const { rows } = await client.query(
      "select count(*)::int as rows, count(distinct company_id)::int as companies from public.agent_logs",
    );
    expect(rows).toEqual([{ rows: ROWS / 20 + 1, companies: 1 }]);
  } finally {
    await client.end();
  }
  expect(await database.query(checks.POLICIES)).toMatchObject([
    { name: "company_members_read", roles: ["authenticated"], cmd: "SELECT" },
  ]);
});

test("goes on streaming, is rotated by its job, and answers the names that callers use", async () => {
  expect(await database.query(checks.PUBLICATIONS)).toContainEqual({ name: "supabase_realtime" });
  expect(await database.query(checks.JOB)).toEqual([
    { jobname: "agent_logs_rotate_daily", schedule: "0 2 * * *", active: true },
  ]);
  const listNames = async () =>
    (await database.query<{ partition: string }>(checks.PARTITIONS)).map(({ partition }) => partition);
  const [last = ""] = (await listNames()).slice(-1);
  const [, next = ""] = months(last.replace(/.*(....)(..)$/, "$1-$2"), 2);
  await database.query(`select public._ensure_agent_logs_month_part('${next.slice(-6, -2)}-${next.slice(-2)}-01')`);
  expect(await listNames()).toContain(next);
  await database.query("select public._agent_logs_rotate()");
});

test("is watched by month, by partition and by index", async () => {
  await database.query("analyze public.agent_logs");
  const volume = await database.query(checks.WRITE_VOLUME.replace("$1", "'2025-12-01Z'"));
  expect(volume).toHaveLength(6);
  expect(volume[0]).toMatchObject({ month: "2026-05", companies: 20 });
  expect(await database.query(checks.HEALTH)).toContainEqual(
    expect.objectContaining({ partition: "agent_logs_202604", dead: 0 }),
  );
  expect((await database.query(checks.INDEX_USE)).length).toBeGreaterThan(0);
  expect(await database.query(checks.EXPIRED.replace("$1", `'${NOW}'`))).toEqual([]);
});

test("is swapped back, with every row written since, and streams as before", async () => {
  await database.query(
    "insert into public.agent_logs (company_id, ts, level, msg) values (md5('company 7')::uuid, $1, 'info', 'since')",
    [NOW],
  );
  await pulumi("config", "set", "until", "verify");
  await pulumi("up", "--yes", "--skip-preview");
  expect(
    await database.query(
      "select relkind, (select count(*)::int from public.agent_logs) as rows from pg_class where oid = 'public.agent_logs'::regclass",
    ),
  ).toEqual([{ relkind: "r", rows: ROWS + 2 }]);
  expect(await database.query(checks.PUBLICATIONS)).toEqual([{ name: "supabase_realtime" }]);
  expect(await database.query(checks.POLICIES)).toMatchObject([{ name: "company_members_read" }]);
});
