// What a reviewer reads of five tables: one line over all, each kind of statement once, nothing twice; and where all of it is.
import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { resolveEngine } from "../../tools/stand-ins/engine/resolve";
import { pulumiEnvironment } from "../../tools/stand-ins/engine/environment";
import { pgpartition } from "../cli/support";
import { withDatabase } from "../support/database";
import { statementsDuring } from "../support/statement-log";
import { withEngine } from "./support";

const database = withDatabase();
const engine = withEngine(database);

const table = (name: string, changes: Partial<TableSpecArgs> = {}): TableSpecArgs => ({
  table: name,
  columns: { id: "bigint", at: "timestamptz", note: { type: "text", nullable: true } },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "3 months", retention: "6 months" },
  onExpire: "drop",
  grace: "7 days",
  indexes: { by_note: { columns: ["note"] } },
  ...changes,
});
const tables = {
  a: table("a"),
  b: table("b"),
  c: table("c", { defaultPartition: {} }),
  d: table("d", { grace: "none" }),
  e: table("e", { resources: "window" }),
};
const declare = (asOf: string, changed: Record<string, TableSpecArgs> = tables): void =>
  engine.declare({ tables: changed, asOf });

/** The paragraph of the stack, where the plan of all tables is. */
const planOf = (stdout: string): string => /pulumi:pulumi:Stack \(\S+\):\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? "";

async function plan(...args: readonly string[]) {
  const env = pulumiEnvironment(await resolveEngine(), { ...process.env, ...engine.project.env });
  return pgpartition(["plan", "--cwd", engine.project.folder, "--stack", "test", ...args], { env });
}

/** Statements of `up`, without those that keep the product's own books. */
async function changesDuring(body: () => Promise<unknown>): Promise<string[]> {
  const logged = await statementsDuring(database, async () => void (await body()));
  return logged
    .map(({ sql }) => sql.replace(/\n\s*/g, " ").trim())
    .filter((sql) => /^(create|alter|drop|lock)\b/i.test(sql) && !sql.includes('"pgpartition"'));
}

test("the first preview of five tables has one line over all, one for each table, and each kind of statement once", async () => {
  declare("2026-05-01T00:00:00Z");
  const { stdout } = await engine.pulumi(["preview"]);
  const said = planOf(stdout);
  expect(said).toMatch(/^ +5 tables: 50 to create; strongest lock SHARE UPDATE EXCLUSIVE \(5 of them\)\n/);
  expect(said.match(/create 10 partitions, [a-e]_p2025_11 to [a-e]_p2026_08 \[2025-11-01, 2026-09-01\)/g)).toHaveLength(
    5,
  );
  expect(said).toMatch(
    / 50 x BEGIN; CREATE TABLE …; CREATE INDEX .* for a_p2025_11, .*e_p2026_08 {2}-- parent SHARE UPDATE/,
  );
  expect(said.split("\n").length).toBeLessThan(25);
  // Under its window nothing is repeated, and its row names no clock and no digest.
  expect(stdout).not.toMatch(/^ {2}pgpartition:index:PartitionWindow \(/m);
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
});

test("a rolled month: what cannot be taken back first, and a row with no more than that something changes", async () => {
  await database.query("insert into public.d select n, '2025-11-05' from generate_series(1, 300) n");
  await database.query("analyze public.d");
  declare("2026-06-01T00:00:00Z");
  const { stdout } = await engine.pulumi(["preview"]);
  const said = planOf(stdout);
  expect(said).toMatch(
    /^ +5 tables: 1 to drop \(~300 rows, [^)]*\), 5 to detach \(.*, can come back until 2026-06-08\), 5 to create; strongest lock ACCESS EXCLUSIVE \(1 of them\)\n/,
  );
  expect(said).toMatch(/public\.d: 1 to drop \(~300 rows, [^)]*\), 1 to detach \(~300 rows, \d+ kB\), 1 to create;/);
  expect(said).toMatch(/ drop d_p2025_11 .*\n +detach d_p2025_11 .*\n +create d_p2026_09 /);
  expect(said).toMatch(/1\. BEGIN; LOCK TABLE … IN ACCESS EXCLUSIVE MODE; DROP TABLE …; COMMIT for d_p2025_11 /);
  expect(said).toMatch(
    /2\. 4 x ALTER TABLE … DETACH PARTITION … CONCURRENTLY for a_p2025_11, b_p2025_11, d_p2025_11, e_/,
  );
  // Without the engine's signs of life, whose number depends on how fast it is.
  expect(stdout.split("\n").filter((line) => line !== "" && !line.startsWith("@")).length).toBeLessThan(60);
  expect(stdout).toMatch(/PartitionWindow db-a-window +update \[diff: ~changes\]$/m);
  const json = JSON.parse((await engine.pulumi(["preview", "--json"])).stdout) as {
    steps: { urn: string; newState: { inputs: Record<string, unknown> } }[];
  };
  const inputs = json.steps.find(({ urn }) => urn.endsWith("::db-d-window"))?.newState.inputs;
  expect(inputs?.["changes"]).toMatch(/^1 to drop \(~300 rows, .*\), 1 to detach .*, 1 to create$/);
  expect(inputs?.["plan"]).toMatchObject({ dropCount: 1, detachCount: 1, createCount: 1, statementDigest: /./ });
});

test("pgpartition plan prints every statement that up runs, as text and as JSON", async () => {
  const text = await plan();
  expect(text.code, text.stderr).toBe(0);
  expect(text.stdout.split("\n")[0]).toMatch(/^5 tables: 1 to drop/);
  const printed = [...text.stdout.matchAll(/^\s+((?:CREATE|ALTER|DROP|LOCK) .*?);\s+-- /gm)].map(([, sql = ""]) => sql);
  const json = await plan("--json");
  const whole = JSON.parse(json.stdout) as { tables: { table: string; statements: { sql: string }[] }[] };
  expect(whole.tables.map((one) => one.table).sort()).toEqual(
    ["a", "b", "c", "d", "e"].map((name) => `public.${name}`),
  );
  const listed = whole.tables.flatMap(({ statements }) => statements.map(({ sql }) => sql.replace(/\n\s*/g, " ")));
  expect(listed.filter((sql) => /^(CREATE|ALTER|DROP|LOCK) /.test(sql)).sort()).toEqual([...printed].sort());
  const ran = await changesDuring(() => engine.pulumi(["up", "--yes", "--skip-preview"]));
  expect([...ran].sort()).toEqual([...printed].sort());
  const after = await plan();
  expect(after.stdout).toBe("no table changes\n");
});

test("where one table is refused, pgpartition plan fails as preview does, with its words", async () => {
  declare("2026-07-01T00:00:00Z", { ...tables, b: table("b", { window: { lead: "3 months", retention: "1 month" } }) });
  const refused = await engine.refused(["preview"]);
  expect(refused.stdout + refused.stderr).toMatch(/retention/);
  const failed = await plan();
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toBe("");
  expect(failed.stderr).toContain("`pulumi preview` failed, so there is no plan; its output is above");
});
