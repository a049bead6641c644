// Messages and usage logs (S4): the lists of its document, on the real engine.
import { beforeAll, expect, test } from "vitest";
import * as checks from "../../examples/atlas-messages/checks";
import { load } from "../../examples/atlas-messages/load";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { withExample } from "./example";

const NOW = "2026-05-10T12:00:00Z";
const ROWS = 4_000;

const database = withDatabase();
const { pulumi } = withExample("atlas-messages", database, NOW);
const up = () => pulumi("up", "--yes", "--skip-preview");
const kinds = async () => (await database.query<{ kind: string }>(checks.KINDS)).map(({ kind }) => kind).join("");

const rowsOfAll = (rows: number) => ({
  messages: rows,
  messages_partitioned: rows,
  usage_logs: rows,
  usage_logs_partitioned: rows,
});

/** What a role reads. */
async function readAs(role: string, sql: string): Promise<unknown[]> {
  const client = await database.connect();
  try {
    await client.query(`select set_config('request.user', md5('user 7')::uuid::text, false); set role ${role}`);
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  const client = await database.connect();
  try {
    await client.query(`alter schema public owner to ${database.user}`);
    await load(client, ROWS, NOW);
    await client.query(`alter table public.messages owner to ${database.user}; alter table public.usage_logs owner to ${database.user};
      grant usage on schema public to authenticated, service_role`);
  } finally {
    await client.end();
  }
});

test("copies both tables while they are in use, and every row is found again", async () => {
  await pulumi("config", "set", "rollbackUntil", "2099-01-01");
  const said = await up();
  for (const table of ["messages", "usage_logs"])
    expect(said).toContain(`converting table "public.${table}": 4,000 rows compared, all equal`);
  expect(await kinds()).toBe("rprp");
  expect(await database.query(checks.COUNTS)).toEqual([rowsOfAll(ROWS)]);
  expect(await database.query(checks.MISSING)).toEqual([{ rows: 0 }]);
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});

test("covers thirty-six months from 2024-01, with the indexes of the document", async () => {
  const partitions = (await database.query<{ partition: string }>(checks.PARTITIONS)).map(({ partition }) => partition);
  for (const table of ["messages", "usage_logs"]) {
    const own = partitions.filter((name) => name.startsWith(table));
    expect([own.length, own[0], own.at(-1)]).toEqual([36, `${table}_2024_01`, `${table}_2026_12`]);
  }
  for (const { runway_ends } of await database.query<{ runway_ends: Date }>(checks.RUNWAY))
    expect(runway_ends).toEqual(new Date("2027-01-01Z"));
  expect(
    await database.query(
      "select indexname as name from pg_indexes where tablename = 'messages_partitioned' order by 1",
    ),
  ).toEqual(
    ["conversation_id_idx", "created_at", "pkey", "role", "user_id"].map((name) => ({
      name: `messages_partitioned_${name}`,
    })),
  );
});

test("keeps the row security of the original: own messages, and usage for the service role alone", async () => {
  expect(await database.query(checks.ROW_SECURITY)).toEqual([
    { table: "messages_partitioned", secured: true, policy: "own_messages", roles: ["authenticated"] },
    { table: "usage_logs_partitioned", secured: true, policy: null, roles: null },
  ]);
  const count = (of: string) => `select count(*)::int as rows, count(distinct user_id)::int as users from ${of}`;
  expect(await readAs("authenticated", count("public.messages_partitioned"))).toEqual([{ rows: ROWS / 40, users: 1 }]);
  expect(await readAs("service_role", count("public.messages_partitioned"))).toEqual([{ rows: ROWS, users: 40 }]);
  expect(await readAs("service_role", count("public.usage_logs_partitioned"))).toEqual([{ rows: ROWS, users: 40 }]);
  await expect(readAs("authenticated", count("public.usage_logs_partitioned"))).rejects.toThrow(/permission denied/);
  // A query that names a partition does not get around it.
  await expect(readAs("authenticated", count("public.messages_2024_01"))).rejects.toThrow(/permission denied/);
});

test("reads one partition for a month, and is monitored by the names of the document", async () => {
  const plan = await database.query<{ "QUERY PLAN": string }>(`explain (costs off) ${checks.JANUARY}`);
  const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
  expect([...new Set(text.match(/messages_\d{4}_\d\d(?= )/g))]).toEqual(["messages_2024_01"]);
  const sizes = await database.query<{ row_estimate: number }>(checks.SIZES);
  expect(sizes).toHaveLength(36);
  expect(sizes.reduce((sum, { row_estimate }) => sum + row_estimate, 0)).toBe(ROWS);
  expect(await database.query(checks.PERFORMANCE)).toContainEqual(
    expect.objectContaining({ partition_name: "messages_2024_01", dead: 0 }),
  );
  expect(await pulumi("stack", "output", "alerts")).toContain("PgpartitionCreationFailed");
});

test("is pointed over, back and over again with every row that either table was given, and ends with both as they are", async () => {
  const write = (suffix: string) =>
    database.query(`
      insert into public.messages${suffix} (user_id, conversation_id, role, content, created_at)
      values (md5('user 7')::uuid, md5('conversation 7')::uuid, 'user', 'since', '${NOW}');
      insert into public.usage_logs${suffix} (user_id, event, created_at) values (md5('user 7')::uuid, 'since', '${NOW}')`);
  const follow = async () => {
    for (const table of ["messages", "usage_logs"])
      expect(await onDatabase(database, "convert", "run", `public.${table}`, "--once")).toMatchObject({ code: 0 });
  };
  await write("_partitioned");
  await follow();
  const own = "select count(*)::int as rows from public.messages";
  expect(await readAs("authenticated", own)).toEqual([{ rows: ROWS / 40 + 1 }]);
  await write("");
  await follow();
  expect(await readAs("authenticated", `${own}_partitioned`)).toEqual([{ rows: ROWS / 40 + 2 }]);
  await write("_partitioned");
  await pulumi("config", "rm", "rollbackUntil");
  await up();
  expect(await database.query(checks.COUNTS)).toEqual([rowsOfAll(ROWS + 3)]);
  expect(await kinds()).toBe("rprp");
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});
