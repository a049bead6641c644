import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildExcludingCheck, mergeRanges } from "../../../../core/observed/key-excludes";
import { applyAttach, type DefaultShape, findMissingProof } from "../../../../core/partition/carry/default-shape";
import { removeDefaultStatements } from "../../../../core/partition/default/new-default";
import { createPartitionStatements } from "../../../../core/partition/create/partition-statements";
import type { ParentShape } from "../../../../core/partition/carry/parent";
import { detachStatement } from "../../../../core/partition/statements/retire-statements";
import { listHazards, findStrongestLocks } from "../../../../core/sql/statement";
import { parseInstant } from "../../../../core/time/instant";
import type { OpenInterval } from "../../../../core/time/interval";
import { JANUARY, PARENT, sqlOf } from "../../statements/support";

const key = PARENT.key;
const at = (text: string) => parseInstant(text, "UTC");
const range = (from: string | undefined, to: string | undefined): OpenInterval => ({
  from: from === undefined ? undefined : at(from),
  to: to === undefined ? undefined : at(to),
});
const year2024 = range("2024-01-01", "2025-01-01");
const before = buildExcludingCheck(key, [year2024])?.name ?? "";
const own = buildExcludingCheck(key, [JANUARY])?.name ?? "";

function withDefault(change: Partial<DefaultShape> = {}): ParentShape {
  const fallback: DefaultShape = {
    schema: "public",
    name: "p_default",
    managed: true,
    attached: [year2024],
    checks: [{ name: before, validated: true }],
    rows: 0,
    few: true,
    hidden: false,
    triggers: [],
    counted: undefined,
    columns: ["id", "ts"],
    ...change,
  };
  return { ...PARENT, defaultPartition: "public.p_default", fallback };
}
const partition = { ...JANUARY, name: "p_2025_01" };
const make = (change: Partial<DefaultShape> = {}) => createPartitionStatements(withDefault(change), partition);
const january = (rows: number, total = rows) => ({ counted: { total, ranges: [{ bounds: JANUARY, rows }] } });

/** Each statement in a few words, with its transaction and the lock on the default partition. */
const gist = (statements: ReturnType<typeof make>): string[] =>
  statements.map(({ sql, transaction, locks }) => {
    const lock = locks.find((one) => one.role === "default")?.mode;
    const words = sql
      .replace(/\s+/g, " ")
      .replaceAll('"', "")
      .replaceAll("public.", "")
      .replaceAll(own, "OWN")
      .replaceAll(before, "OLD");
    return `${(transaction ?? "alone").split(" ")[0]}: ${words.slice(0, 61).trim()}${lock ? ` [${lock}]` : ""}`;
  });

describe("the CHECK of a default partition", () => {
  it.each<[what: string, attached: OpenInterval[], condition: string | undefined]>([
    ["nothing attached", [], undefined],
    ["one range", [year2024], `NOT ("ts" >= '2024-01-01 00:00:00+00' AND "ts" < '2025-01-01 00:00:00+00')`],
    [
      "neighbours, in any order: from the first bound to the last",
      [range("2025-02-01", "2025-03-01"), year2024, range("2025-01-01", "2025-02-01")],
      `NOT ("ts" >= '2024-01-01 00:00:00+00' AND "ts" < '2025-03-01 00:00:00+00')`,
    ],
    [
      "a gap: it stays open for rows",
      [year2024, range("2025-02-01", "2025-03-01")],
      `NOT ("ts" >= '2024-01-01 00:00:00+00' AND "ts" < '2025-01-01 00:00:00+00') AND NOT ("ts" >= '2025-02-01 00:00:00+00' AND "ts" < '2025-03-01 00:00:00+00')`,
    ],
    [
      "open ends",
      [range(undefined, "2024-01-01"), range("2025-01-01", undefined)],
      `NOT ("ts" < '2024-01-01 00:00:00+00') AND NOT ("ts" >= '2025-01-01 00:00:00+00')`,
    ],
  ])("%s", (_what, attached, condition) => {
    expect(buildExcludingCheck(key, mergeRanges(attached))?.condition).toBe(condition);
  });

  it("no statement of a partition depends on which others the same update attaches, and in what order", () => {
    const months = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 });
    const month = (n: number) => JANUARY.from.toZonedDateTimeISO("UTC").add({ months: n });
    const bounds = (n: number) => ({ from: month(n).toInstant(), to: month(n + 1).toInstant() });
    const shapes: Partial<DefaultShape>[] = [{ rows: 12 }, { rows: 5_000_000, few: false }];
    fc.assert(
      fc.property(months, fc.constantFrom(...shapes), (numbers, change) => {
        let parent = withDefault(change);
        for (const n of numbers) {
          const next = { ...bounds(n), name: `p_${String(n)}` };
          expect(sqlOf(createPartitionStatements(parent, next))).toEqual(
            sqlOf(createPartitionStatements(withDefault(change), next)),
          );
          const { fallback } = parent;
          parent = { ...parent, fallback: fallback && applyAttach(fallback, key, bounds(n)) };
        }
        const { fallback } = parent;
        expect(fallback && findMissingProof(key, fallback)).toEqual(
          change.few === false ? undefined : expect.anything(),
        );
      }),
    );
  });
});

describe("a partition next to a default one", () => {
  it("is attached in one transaction, and nothing of an empty one is read", () => {
    const statements = make();
    expect(gist(statements)).toEqual([
      "create: CREATE TABLE p_2025_01 ( LIKE p INCLUDING DEFAULTS INCLUDING",
      "create: CREATE INDEX p_2025_01_run_idx ON p_2025_01 USING btree (run_",
      "create: ALTER TABLE p ATTACH PARTITION p_2025_01 FOR VALUES FROM ('20 [ACCESS EXCLUSIVE]",
    ]);
    expect(listHazards(statements)).toEqual(["LOCK_DEFAULT_AX"]);
    expect(findStrongestLocks(statements).map(({ role, mode }) => `${role} ${mode}`)).toEqual([
      "parent SHARE UPDATE EXCLUSIVE",
      "default ACCESS EXCLUSIVE",
    ]);
  });

  it("reports that rows are read under the lock only where some exist, and few", () => {
    expect(listHazards(make({ rows: 12 }))).toEqual(["LOCK_DEFAULT_AX", "SCAN_DEFAULT"]);
    expect(listHazards(make({ rows: 5_000_000, few: false }))).toEqual(["LOCK_DEFAULT_AX", "SCAN_PARTITION"]);
    const undeclared = { managed: false, checks: [] };
    expect(listHazards(make({ ...undeclared, rows: 12 }))).toEqual(["LOCK_DEFAULT_AX", "SCAN_DEFAULT"]);
    expect(listHazards(make({ ...undeclared, rows: 0 }))).toEqual(["LOCK_DEFAULT_AX"]);
    expect(sqlOf(make(undeclared))).toEqual(sqlOf(createPartitionStatements(PARENT, partition)));
  });

  it("takes its rows along: out before ATTACH, in after it, all in one transaction", () => {
    expect(gist(make({ rows: 7, ...january(7) })).slice(2)).toEqual([
      "create: LOCK TABLE ONLY p IN SHARE UPDATE EXCLUSIVE MODE",
      "create: LOCK TABLE ONLY p_default IN ACCESS EXCLUSIVE MODE [ACCESS EXCLUSIVE]",
      "create: CREATE TEMPORARY TABLE pgpartition_moved (LIKE p_default) ON",
      "create: WITH moved AS (DELETE FROM ONLY p_default WHERE ts >= '2025-0 [ROW EXCLUSIVE]",
      "create: ALTER TABLE p ATTACH PARTITION p_2025_01 FOR VALUES FROM ('20 [ACCESS EXCLUSIVE]",
      "create: INSERT INTO p_2025_01 (id, ts) OVERRIDING SYSTEM VALUE SELECT",
    ]);
  });

  it("keeps triggers of users quiet and row security out of the way, and leaves both as they were", () => {
    const trigger = { name: "seen", fires: "origin", inherited: "origin", onDelete: true, onInsert: true } as const;
    const triggers = [trigger, { ...trigger, name: "own", fires: "always", inherited: undefined } as const];
    const sent = sqlOf(make({ rows: 7, ...january(7), hidden: true, triggers })).filter((sql) =>
      /TRIGGER|FORCE/.test(sql),
    );
    expect(sent).toEqual([
      'ALTER TABLE "public"."p_default" NO FORCE ROW LEVEL SECURITY',
      'ALTER TABLE "public"."p_default" DISABLE TRIGGER "seen"',
      'ALTER TABLE "public"."p_default" DISABLE TRIGGER "own"',
      'ALTER TABLE "public"."p_default" ENABLE TRIGGER "seen"',
      'ALTER TABLE "public"."p_default" ENABLE ALWAYS TRIGGER "own"',
      'ALTER TABLE "public"."p_default" FORCE ROW LEVEL SECURITY',
      'ALTER TABLE "public"."p_2025_01" NO FORCE ROW LEVEL SECURITY',
      'ALTER TABLE "public"."p_2025_01" DISABLE TRIGGER "seen"',
      'ALTER TABLE "public"."p_2025_01" ENABLE TRIGGER "seen"',
      'ALTER TABLE "public"."p_2025_01" FORCE ROW LEVEL SECURITY',
    ]);
  });

  it("a large one is read ahead, under a lock that stops no session", () => {
    const statements = make({ rows: 5_000_000, few: false });
    expect(gist(statements).filter((line) => line.includes("default"))).toEqual([
      "exclude: ALTER TABLE p_default ADD CONSTRAINT OWN CHECK (NOT (ts >= '2 [ACCESS EXCLUSIVE]",
      "validate: ALTER TABLE p_default VALIDATE CONSTRAINT OWN [SHARE UPDATE EXCLUSIVE]",
    ]);
    expect(statements[0]?.sql).toMatch(/ NOT VALID$/);
    const interrupted = [
      { name: before, validated: true },
      { name: own, validated: false },
    ];
    expect(gist(make({ rows: 5_000_000, few: false, checks: interrupted }))[0]).toMatch(/^validate: .*VALIDATE/);
  });

  it("a few rows among many are moved without that lock; only ATTACH takes it", () => {
    const lines = gist(make({ rows: 5_000_000, few: false, ...january(7, 5_000_000) })).filter((line) =>
      line.includes("default"),
    );
    expect(lines.map((line) => /^\w+|\[.*\]/g[Symbol.match](line)?.join(" "))).toEqual([
      "exclude [ACCESS EXCLUSIVE]",
      "create",
      "create [ROW EXCLUSIVE]",
      "create [SHARE UPDATE EXCLUSIVE]",
    ]);
  });

  it("too many rows, all of one range: the default partition becomes that partition, and an empty one takes its place", () => {
    const statements = make({ rows: 12_000, few: false, ...january(12_000) });
    const sent = sqlOf(statements);
    expect(sent[0]).toMatch(
      /ADD CONSTRAINT "holds_range_[0-9a-f]{8}" CHECK \("ts" IS NOT NULL AND "ts" >= '2025-01-01 00:00:00\+00' AND .*\) NOT VALID$/,
    );
    expect(gist(statements).slice(1)).toEqual([
      expect.stringMatching(/^validate: ALTER TABLE p_default VALIDATE CONSTRAINT holds_range_/),
      "create: LOCK TABLE ONLY p IN ACCESS EXCLUSIVE MODE",
      "create: ALTER TABLE p DETACH PARTITION p_default [ACCESS EXCLUSIVE]",
      "create: ALTER TABLE p_default RENAME TO p_2025_01",
      "create: ALTER INDEX IF EXISTS p_default_pkey RENAME TO p_2025_01_pkey",
      "create: ALTER INDEX IF EXISTS p_default_run_idx RENAME TO p_2025_01_r",
      "create: ALTER TABLE p ATTACH PARTITION p_2025_01 FOR VALUES FROM ('20",
      "create: ALTER TABLE p_2025_01 DROP CONSTRAINT IF EXISTS OLD",
      expect.stringMatching(/^create: ALTER TABLE p_2025_01 DROP CONSTRAINT IF EXISTS holds_range_/),
      "create: CREATE TABLE p_default ( LIKE p INCLUDING DEFAULTS INCLUDING",
      "create: CREATE INDEX p_default_run_idx ON p_default USING btree (run_",
      "create: ALTER TABLE p ATTACH PARTITION p_default DEFAULT",
    ]);
    expect(listHazards(statements)).toEqual(["LOCK_PARENT_AX", "LOCK_DEFAULT_AX", "SCAN_PARTITION"]);
  });
});

describe("other ways of a default partition", () => {
  it("with it a partition is detached by the plain form, which stops the table for an instant", () => {
    const detach = detachStatement(withDefault(), { schema: "public", name: "p_2024_01" });
    expect(detach.sql).toBe('ALTER TABLE "public"."p" DETACH PARTITION "public"."p_2024_01"');
    expect(detach.hazards).toEqual(["LOCK_PARENT_AX", "LOCK_DEFAULT_AX"]);
    const itself = detachStatement(withDefault(), { schema: "public", name: "p_default" });
    expect(itself.locks.map(({ role, mode }) => `${role} ${mode}`)).toEqual([
      "parent ACCESS EXCLUSIVE",
      "partition ACCESS EXCLUSIVE",
    ]);
    expect(itself.hazards).toEqual(["LOCK_PARENT_AX", "LOCK_DEFAULT_AX"]);
  });

  it("is removed in one transaction that fails where a row is left", () => {
    expect(sqlOf(removeDefaultStatements(PARENT, { schema: "public", name: "p_default" }))).toEqual([
      'ALTER TABLE "public"."p" DETACH PARTITION "public"."p_default"',
      'ALTER TABLE "public"."p_default" ADD CONSTRAINT holds_nothing CHECK (false)',
      'DROP TABLE "public"."p_default"',
    ]);
  });
});
