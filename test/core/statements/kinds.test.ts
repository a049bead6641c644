import { describe, expect, test } from "vitest";
import { formatStatementKinds } from "../../../core/sql/statement-kinds";
import { renderReports } from "../../../core/plan/report/render-report";
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
  test("each has one line with its number of transactions and their names, without names and values in its words", () => {
    const lines = formatStatementKinds([...create("a", "1"), ...create("b", "2"), ...create("c", "it''s")]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^1\. 3 x BEGIN; CREATE TABLE …; ALTER TABLE … ATTACH PARTITION … FOR VALUES FROM …; COMMIT for a, b, c {2}-- /,
    );
  });

  test("what deletes comes first, then what detaches, then the rest in its order; a short single one is printed as it is", () => {
    const lines = formatStatementKinds([...create("a", "1"), ...detach("b"), ...drop("c"), ...create("d", "1")]);
    expect(lines.map((line) => line.replace(/ {2}-- .*/, ""))).toEqual([
      "1. BEGIN; LOCK TABLE …; DROP TABLE …; COMMIT for c",
      '2. ALTER TABLE "s"."t" DETACH PARTITION "s"."b" CONCURRENTLY;',
      "3. 2 x BEGIN; CREATE TABLE …; ALTER TABLE … ATTACH PARTITION … FOR VALUES FROM …; COMMIT for a, d",
    ]);
  });

  test("the name of a kind is that of the partition, not of the table that it leaves", () => {
    const leave = (table: string, name: string) =>
      statement(`ALTER TABLE "s"."${table}" DETACH PARTITION "s"."${name}"`, {
        locks: [
          { relation: `s.${table}`, role: "parent", mode: "ACCESS EXCLUSIVE" },
          { relation: `s.${name}`, role: "partition", mode: "ACCESS EXCLUSIVE" },
        ],
      });
    const lines = formatStatementKinds([leave("t", "p"), leave("u", "q")]);
    expect(lines).toEqual([
      "1. 2 x ALTER TABLE … DETACH PARTITION … for p, q  -- parent ACCESS EXCLUSIVE; partition ACCESS EXCLUSIVE | instant | lock_timeout 100 ms, tried again",
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
  const text = renderReports([{ table: "public.workflow_events", plan }]);
  expect(plan.statementCount).toBeGreaterThan(200);
  expect(plan.dropCount).toBe(50);
  expect(text).toMatch(/ 50 x BEGIN; LOCK TABLE … IN ACCESS EXCLUSIVE MODE; DROP TABLE …; COMMIT for (\w+, ){49}\w+ /);
  expect(text).toMatch(/ 50 x ALTER TABLE … DETACH PARTITION … CONCURRENTLY for (\w+, ){49}\w+ /);
  expect(text.indexOf("DROP TABLE")).toBeLessThan(text.indexOf("CREATE TABLE"));
  for (const { partition } of plan.retire) expect(text).toContain(`drop ${partition}`);
  expect(text.split("\n").length).toBeLessThan(60);
  const whole = renderReports([{ table: "public.workflow_events", plan }], { whole: true });
  for (const { sql } of plan.statements) expect(whole).toContain(`${sql.replace(/\n\s*/g, " ")};  -- `);
  for (const { partition } of [...plan.create, ...plan.retire])
    expect(whole).toMatch(new RegExp(`^  \\w+ ${partition} `, "m"));
});
