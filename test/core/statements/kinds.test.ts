import { describe, expect, test } from "vitest";
import { formatStatementKinds } from "../../../core/sql/statement-kinds";
import { renderPlan } from "../../../core/plan/change/render";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { clocksAt, World } from "../support/world";
import type { Statement } from "../../../core/sql/statement";

const statement = (sql: string, more: Partial<Statement> = {}): Statement => ({
  sql,
  transaction: undefined,
  timeouts: "strong",
  locks: [],
  hold: "instant",
  hazards: [],
  undo: "",
  ...more,
});

const create = (name: string, literal: string) => [
  statement(`CREATE TABLE "s"."${name}" ()`, { transaction: name }),
  statement(`ALTER TABLE "s"."t" ATTACH PARTITION "s"."${name}" FOR VALUES FROM ('${literal}')`, { transaction: name }),
];
const detach = (name: string) => [statement(`ALTER TABLE "s"."t" DETACH PARTITION "s"."${name}" CONCURRENTLY`)];
const drop = (name: string) => [
  statement(`LOCK TABLE "s"."${name}"`, { transaction: `drop ${name}` }),
  statement(`DROP TABLE "s"."${name}"`, { transaction: `drop ${name}`, hazards: ["DELETES_DATA"] }),
];

describe("kinds of statements", () => {
  test("each is printed once in full, whole transactions, with the number and names of all", () => {
    const lines = formatStatementKinds([...create("a", "1"), ...create("b", "2"), ...create("c", "it''s")]);
    expect(lines.map((line) => line.replace(/;  -- .*/, ";"))).toEqual([
      "-- 3 times, for a, b, c:",
      "BEGIN;",
      'CREATE TABLE "s"."a" ();',
      `ALTER TABLE "s"."t" ATTACH PARTITION "s"."a" FOR VALUES FROM ('1');`,
      "COMMIT;",
    ]);
  });

  test("what deletes comes first, then what detaches, then the rest in its order", () => {
    const lines = formatStatementKinds([...create("a", "1"), ...detach("b"), ...drop("c"), ...create("d", "1")]);
    expect(lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('"')[0]?.trim())).toEqual([
      "BEGIN;",
      "LOCK TABLE",
      "DROP TABLE",
      "COMMIT;",
      "ALTER TABLE",
      "BEGIN;",
      "CREATE TABLE",
      "ALTER TABLE",
      "COMMIT;",
    ]);
  });

  test("two that differ in locks, hazards or words are two kinds", () => {
    const plain = statement('LOCK TABLE "a"');
    const locked = statement('LOCK TABLE "b"', { locks: [{ relation: "s.b", role: "partition", mode: "SHARE" }] });
    const risky = statement('LOCK TABLE "c"', { hazards: ["AUTHZ"] });
    const other = statement('LOCK TABLE ONLY "d"');
    expect(formatStatementKinds([plain, locked, risky, other])).toHaveLength(4);
  });
});

test("a plan of hundreds of statements shows the detach and the drop of fifty partitions by name, and nothing is cut", () => {
  const spec = windowSpec({
    partitionBy: [{ range: "ts", every: "day" }],
    window: { lead: "60 days", retention: "10 days" },
    onExpire: "drop",
    grace: "none",
    maxDropsPerUpdate: 50,
  });
  const world = new World();
  const at = parseInstant("2025-03-01T00:00:00Z", "UTC");
  const clocks = clocksAt(at, { asOf: at });
  world.up(spec, clocks);
  const later = parseInstant("2025-05-15T00:00:00Z", "UTC");
  const { plan } = world.plan(spec, clocksAt(later, { asOf: later }));
  const text = renderPlan("public.workflow_events", plan);
  expect(plan.statementCount).toBeGreaterThan(200);
  expect(plan.dropCount).toBe(50);
  expect(text).toMatch(/-- 50 times, for (\w+, ){49}\w+:\n +BEGIN;\n +LOCK TABLE .*\n +DROP TABLE /);
  expect(text).toMatch(/-- 50 times, for (\w+, ){49}\w+:\n +ALTER TABLE .* DETACH PARTITION /);
  expect(text.indexOf("DROP TABLE")).toBeLessThan(text.indexOf("CREATE TABLE"));
  for (const { partition } of plan.retire) expect(text).toContain(`drop ${partition}`);
  expect(text).not.toMatch(/of the same kinds/);
  expect(text.split("\n").length).toBeLessThan(150);
});
