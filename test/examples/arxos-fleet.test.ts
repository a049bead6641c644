// Four tables of one program (S2): the lists of its document, on the real engine.
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as checks from "../../examples/arxos-fleet/checks";
import { load } from "../../examples/arxos-fleet/load";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { withExample } from "./example";

const NOW = "2026-05-10T12:00:00Z";
const NEXT_MONTH = "2026-06-10T12:00:00Z";
const ROWS = 3_000;
/** The month of each table that its own retention lets expire by then. */
const EXPIRED = {
  audit_logs: "2025_05",
  object_history: "2025_05",
  slow_query_log: "2025_11",
  chat_messages: "2025_05",
};
const TABLES = Object.keys(checks.KEYS);

const database = withDatabase();
const folder = new ArchiveFolder();
const { pulumi } = withExample("arxos-fleet", database, NOW);
const up = () => pulumi("up", "--yes", "--skip-preview");

const kinds = async () => (await database.query<{ kind: string }>(checks.KINDS)).map(({ kind }) => kind).join("");
const integrity = (rows: number) => TABLES.map((table) => ({ table, rows, differing: 0 }));

/** One row for each table, at the time `at`. */
const write = (at: string) =>
  database.query(`
    insert into audit_logs (user_id, action, created_at) values (md5('user 1')::uuid, 'login', '${at}');
    insert into object_history (object_id, change, changed_at) values ('room_1', '{}', '${at}');
    insert into slow_query_log (severity, duration_ms, query, timestamp) values ('critical', 9000, 'select', '${at}');
    insert into chat_messages (user_id, body, created_at) values (md5('user 1')::uuid, 'hello', '${at}')`);

beforeAll(async () => {
  const client = await database.connect();
  try {
    await client.query(`alter schema public owner to ${database.user}; set role ${database.user}`);
    await load(client, ROWS, NOW);
  } finally {
    await client.end();
  }
  await pulumi("config", "set", "archive", `file://${folder.path}`);
});
afterAll(() => folder.remove());

test("is analysed first: four candidates with their keys, for tools and for a review", async () => {
  const { stdout } = await onDatabase(database, "analyze", "--json");
  const found = JSON.parse(stdout) as readonly { table: string; strategy: string; columns: readonly string[] }[];
  expect(Object.fromEntries(found.map(({ table, strategy, columns }) => [table, [strategy, ...columns]]))).toEqual(
    Object.fromEntries(Object.entries(checks.KEYS).map(([table, key]) => [`public.${table}`, ["range", key]])),
  );
  const report = (await onDatabase(database, "analyze", "--markdown")).stdout;
  for (const [table, key] of Object.entries(checks.KEYS)) {
    expect(report).toContain(`public.${table}`);
    expect(report).toContain(`range (${key})`);
  }
});

test("is converted one table after the other, each row of each compared", async () => {
  await pulumi("config", "set", "rollbackUntil", "2099-01-01");
  expect(await kinds()).toBe("rrrr");
  const said = await up();
  expect(await kinds()).toBe("pppp");
  for (const [at, table] of TABLES.entries()) {
    expect(said).toContain(`converting table "public.${table}": 3,000 rows compared, all equal`);
    const before = TABLES[at - 1];
    if (before !== undefined)
      expect(said.indexOf(`${table}-conversion creating`)).toBeGreaterThan(said.indexOf(`${before}-window created`));
  }
  expect(await database.query(checks.INTEGRITY)).toEqual(integrity(ROWS));
  await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
});

test("has the partitions of the document, its indexes on the tables, and a default partition for audit logs", async () => {
  const partitions = await database.query<{ partition: string; bounds: string }>(checks.PARTITIONS);
  const names = partitions.map(({ partition }) => partition);
  expect(names).toEqual(
    expect.arrayContaining(["audit_logs_p2025_05", "object_history_p2026_08", "slow_query_log_p2025_11"]),
  );
  expect(names).not.toContain("slow_query_log_p2025_10");
  expect(partitions.filter(({ bounds }) => bounds === "DEFAULT").map(({ partition }) => partition)).toEqual([
    "audit_logs_p_default",
  ]);
  expect(
    await database.query("select indexname as name from pg_indexes where indexname like 'idx\\_%' order by 1"),
  ).toEqual(
    ["audit_logs_user_created", "audit_logs_user_id", "chat_messages_user_created", "object_history_object_changed", "slow_query_log_severity"].map((name) => ({ name: `idx_${name}` })), // prettier-ignore
  );
  expect(await database.query(checks.RETENTION)).toEqual([
    { table_name: "audit_logs", retention: "12 months", reason: "compliance and audit requirements" },
    { table_name: "chat_messages", retention: "12 months", reason: "communication history" },
    { table_name: "object_history", retention: "12 months", reason: "change tracking and rollback" },
    { table_name: "slow_query_log", retention: "6 months", reason: "performance analysis and optimization" },
  ]);
});

test("is validated: months to come, nothing in the default partition, sizes and changes of each partition", async () => {
  expect(await database.query(checks.UNCOVERED)).toEqual([]);
  expect(await database.query(checks.IN_DEFAULT)).toEqual([]);
  const imbalance = await database.query<{ table_name: string; largest_partition: string }>(checks.IMBALANCE);
  expect(imbalance.map(({ table_name }) => table_name).sort()).toEqual([...TABLES].sort());
  for (const { largest_partition } of imbalance) expect(largest_partition).toMatch(/_p202[56]_\d\d$/);
  const sizes = await database.query<{ partition_name: string; row_count: number }>(checks.SIZES);
  expect(sizes.reduce((sum, { row_count }) => sum + row_count, 0)).toBe(4 * ROWS);
  expect(await database.query(checks.CHANGES)).toContainEqual(
    expect.objectContaining({ partition: "chat_messages_p2026_04", updates: 0, deletes: 0 }),
  );
  // A month made by hand; without it the default partition takes the row, and validation shows it.
  await database.query(
    "insert into audit_logs (user_id, action, created_at) values (md5('x')::uuid, 'far', '2031-03-10Z')",
  );
  await database.query("analyze audit_logs");
  expect(await database.query(checks.IN_DEFAULT)).toEqual([
    { table_name: "audit_logs", partition_name: "audit_logs_p_default", row_estimate: "1" },
  ]);
  await database.query("delete from audit_logs where action = 'far'");
});

test("reads one month for a month, and every partition where the key is not compared as it is", async () => {
  const read = async (sql: string) => {
    const plan = await database.query<{ "QUERY PLAN": string }>(`explain (costs off) ${sql}`);
    const text = plan.map((line) => line["QUERY PLAN"]).join("\n");
    return [...new Set(text.match(/\w+_p\d{4}_\d\d(?= )|\w+_p_default/gm))].sort();
  };
  const month = await read(checks.MONTH.replace("$1", "'2026-01-01Z'").replace("$2", "'2026-02-01Z'"));
  expect(month).toEqual(["audit_logs_p2026_01"]);
  const asText = await read("select * from audit_logs where created_at::text like '2026-01%'");
  expect(asText.length).toBeGreaterThan(16);
  const object = await read(checks.OF_OBJECT.replace("$1", "'room_1'").replace("$2", `'${NOW}'`));
  expect(object[0]).toBe("object_history_p2026_04");
});

test("is taken back at once, all four with every row written since, and swapped again", async () => {
  await write(NOW);
  await pulumi("config", "set", "until", "verify");
  await up();
  expect(await kinds()).toBe("rrrr");
  for (const table of TABLES)
    expect(await database.query(`select count(*)::int as rows from ${table}`)).toEqual([{ rows: ROWS + 1 }]);
  await pulumi("config", "rm", "until");
  await write(NOW);
  await up();
  expect(await kinds()).toBe("pppp");
  expect(await database.query(checks.INTEGRITY)).toEqual(integrity(ROWS + 2));
});

test("retires each table by its own retention, and archives what is kept for compliance", async () => {
  await pulumi("config", "rm", "rollbackUntil");
  await pulumi("config", "set", "pgpartition:asOf", NEXT_MONTH);
  await up();
  const shown = await pulumi("preview");
  for (const [table, month] of Object.entries(EXPIRED)) expect(shown).toContain(` detach ${table}_p${month} `);
  await up();
  const left = async (table: string) =>
    (await database.query<{ partition: string }>(checks.PARTITIONS)).filter(({ partition }) => partition === table);
  for (const [table, month] of Object.entries(EXPIRED)) {
    expect(await left(`${table}_p${month}`)).toEqual([]);
    // Detached with a grace of seven days; with an archive it is proved and gone.
    const [found] = await database.query<{ found: boolean }>(
      `select to_regclass('${table}_p${month}') is not null as found`,
    );
    expect(found?.found).toBe(table !== "audit_logs");
  }
  const archived = await onDatabase(database, "archives", "public.audit_logs", "--verify");
  expect(archived).toMatchObject({ code: 0 });
  expect(archived.stdout).toMatch(/2025-05-01T00:00:00Z\/2025-06-01T00:00:00Z +\d+ rows/);
  expect(readdirSync(folder.path)).toHaveLength(1);
});
