import { describe, expect, it } from "vitest";
import { judge, type Judged, type Outcome } from "../../../core/bench/judge";
import { type PlanFacts, readPlan } from "../../../core/bench/read-plan";
import { renderMarkdownReport, renderReport } from "../../../core/bench/render-report";
import { buildReport, findRegressions } from "../../../core/bench/report";
import { toSideRun } from "../../../core/bench/side-run";
import type { Sides } from "../../../core/bench/sides";

const SIDES: Sides = {
  named: { schema: "app", table: "events" },
  before: { table: { schema: "app", table: "events" }, kind: "plain", leaves: ["app.events"], keys: [] },
  after: {
    table: { schema: "app", table: "events_copy" },
    kind: "partitioned",
    leaves: ["app.e_1", "app.e_2", "app.e_3"],
    keys: ["at"],
  },
  notes: [],
};

const PLAN: PlanFacts = {
  planningMs: 1,
  executionMs: 9,
  rows: 5,
  hitBlocks: 3,
  readBlocks: 1,
  cost: 100,
  partitions: ["app.events"],
  inFull: [],
  indexes: ["events_at"],
  hasKeyCondition: true,
  tree: {},
};

const AFTER: PlanFacts = { ...PLAN, partitions: ["app.e_1"], indexes: ["e_1_at"] };

/** A statement that took as long as these plans say, in every round. */
function measure(before: Partial<PlanFacts>, after: Partial<PlanFacts>, name = "recent", calls?: number): Judged {
  const outcome: Outcome = {
    kind: "measured",
    before: toSideRun([{ ...PLAN, ...before }]),
    after: toSideRun([{ ...AFTER, ...after }]),
  };
  return judge({ name, sql: "select 1", ...(calls === undefined ? {} : { calls, meanMs: 1 }) }, outcome, SIDES);
}

function tell({ reasons }: Judged): string {
  return reasons.map(({ text, fix }) => `${text}${fix === undefined ? "" : ` -> ${fix}`}`).join("\n");
}

describe("the judgement of one statement", () => {
  it.each([
    ["slower", { executionMs: 21 }, 2.2],
    ["faster", { executionMs: 4 }, 0.5],
    ["alike", { executionMs: 10.9 }, 1.19],
    ["alike", { executionMs: 8 }, 0.9],
    ["results differ", { executionMs: 21, rows: 4 }, 2.2],
  ] as const)("is %s with %j", (verdict, after, ratio) => {
    const judged = measure({}, after);
    expect([judged.verdict, judged.ratio]).toEqual([verdict, expect.closeTo(ratio, 5)]);
  });

  it("does not tell apart what differs by less than a tenth of a millisecond", () => {
    const short = { planningMs: 0.01 };
    expect(measure({ ...short, executionMs: 0.02 }, { ...short, executionMs: 0.1 }).verdict).toBe("alike");
    expect(measure({ ...short, executionMs: 0.02 }, { ...short, executionMs: 0.2 }).verdict).toBe("slower");
  });

  it("names every reason of a loss that the plans show, with the way on", () => {
    const all = { partitions: SIDES.after.leaves, executionMs: 30 };
    expect(tell(measure({}, { ...all, hasKeyCondition: false }))).toBe(
      'reads all 3 partitions: no condition on "at" -> Add a condition on "at" where the caller knows a range',
    );
    expect(tell(measure({}, all))).toBe(
      "reads all 3 partitions: its condition on the key excludes none\nthe plans show no reason; --json has both",
    );
    expect(tell(measure({}, { executionMs: 30, inFull: ["app.e_1"], indexes: [] }))).toContain(
      'reads 1 of 3 partitions\nreads that partition in full, and before by "events_at" -> An index on the same columns',
    );
    expect(tell(measure({}, { planningMs: 12 }))).toContain("planning takes 12 ms of 21 ms, before 1 ms -> ");
    expect(tell(measure({}, { executionMs: 30, rows: 4 }))).toContain(
      "rows: 5 before, 4 after; the times do not compare -> ",
    );
  });

  it("names the reason of a gain as plainly, without a way on", () => {
    expect(tell(measure({ inFull: ["app.events"], indexes: [] }, { executionMs: 1 }))).toBe(
      'reads 1 of 3 partitions\nuses "e_1_at"; before the table was read in full',
    );
    expect(tell(measure({}, { executionMs: 1, partitions: SIDES.after.leaves, hasKeyCondition: false }))).toBe(
      'reads all 3 partitions: no condition on "at"',
    );
  });

  it("says what was not run, and what fails after alone", () => {
    const statement = { name: "one", sql: "select 1" };
    const planned: Outcome = {
      kind: "planned",
      why: "it has parameters",
      before: PLAN,
      after: { ...AFTER, executionMs: undefined, partitions: SIDES.after.leaves },
    };
    expect(tell(judge(statement, planned, SIDES))).toBe(
      "planned only: it has parameters\nthe values of its condition on the key decide which partitions it reads",
    );
    const failed = judge(statement, { kind: "failed", on: "after", message: "oops" }, SIDES);
    expect([failed.verdict, tell(failed)]).toEqual([
      "fails",
      expect.stringMatching(/^fails after, and runs before: oops -> /),
    ]);
    expect(judge(statement, { kind: "left out", why: "no query" }, SIDES).verdict).toBe("left out");
  });

  it("is by the median of the rounds, without the first one", () => {
    const rounds = [900, 1, 40, 2].map((executionMs) => ({ ...PLAN, executionMs, readBlocks: executionMs }));
    expect(toSideRun(rounds)).toMatchObject({ totalMs: 3, planningMs: 1, executionMs: 2, firstMs: 901, hits: 9 / 52 });
    expect(toSideRun([{ ...PLAN, hitBlocks: 0, readBlocks: 0 }]).hits).toBeUndefined();
  });
});

describe("the report of all statements", () => {
  const judged = [
    measure({}, {}, "alike"),
    measure({}, { executionMs: 4 }, "gain"),
    judge({ name: "left", sql: "delete" }, { kind: "left out", why: "no query" }, SIDES),
    measure({}, { executionMs: 20 }, "loss"),
    measure({}, { executionMs: 99 }, "great loss"),
    judge({ name: "broken", sql: "select 2" }, { kind: "failed", on: "after", message: "oops" }, SIDES),
    judge({ name: "odd", sql: "select 3" }, { kind: "failed", on: "before", message: "oops" }, SIDES),
    measure({}, { executionMs: 99, rows: 1 }, "other"),
  ];
  const report = buildReport(SIDES, 5, judged);

  it("has losses first, the largest in front, and the best and worst by name", () => {
    const names = report.statements.map(({ statement }) => statement.name);
    expect(names).toEqual(["broken", "odd", "other", "great loss", "loss", "alike", "gain", "left"]);
    expect(report).toMatchObject({ best: { name: "gain", ratio: 0.5 }, worst: { name: "great loss", ratio: 10 } });
    expect(report.total).toEqual({ weight: "once", beforeMs: 40, afterMs: 136 });
    const text = renderReport(report);
    expect(text.indexOf("great loss")).toBeLessThan(text.indexOf("\ngain "));
    expect(text).toContain("10 times slower");
    expect(text).toMatch(/^gain +10 ms +5 ms +2 times faster +1 of 3 +75 %, 75 %$/m);
    expect(text).toContain("Left out:\n\n  left: no query");
    expect(text).toContain(
      "2 failing on one side, 1 with different results, 2 slower, 1 alike, 1 faster, 1 left out. Worst: great loss",
    );
    expect(renderMarkdownReport(report)).toContain(
      "| loss | 10 ms | 21 ms | 2.1 times slower | 1 of 3 | 75 %, 75 % | reads 1 of 3 partitions; ",
    );
  });

  it("weights the statements of the statistics by their calls, and shows their text", () => {
    const often = buildReport(SIDES, 1, [
      measure({}, { executionMs: 4 }, "a", 100),
      measure({}, { executionMs: 19 }, "b", 1),
    ]);
    expect(often.total).toEqual({ weight: "calls", beforeMs: 1010, afterMs: 520 });
    expect(renderReport(often)).toContain("    100 calls of 1 ms: select 1");
    expect(renderReport(often)).toContain(
      "All measured ones, by their calls: 1.01 s before, 520 ms after, 1.9 times faster.",
    );
  });

  it("fails for what is slower than a limit, or fails after alone", () => {
    const find = (limit: number) => findRegressions(report, limit).map(({ statement }) => statement.name);
    expect(find(1.5)).toEqual(["broken", "great loss", "loss"]);
    expect(find(5)).toEqual(["broken", "great loss"]);
    expect(buildReport(SIDES, 1, [])).toMatchObject({ total: undefined, best: undefined, worst: undefined });
  });
});

describe("the plan of EXPLAIN", () => {
  const scan = (name: string, more: object = {}) => ({
    "Node Type": "Seq Scan",
    "Relation Name": name,
    Schema: "app",
    "Actual Loops": 1,
    ...more,
  });
  const read = (plans: readonly object[]) =>
    readPlan(
      [
        {
          Plan: { "Node Type": "Append", "Total Cost": 7, "Actual Rows": 2, Plans: plans },
          "Planning Time": 0.5,
          "Execution Time": 3,
        },
      ],
      SIDES.after,
    );

  it("has the partitions that were executed, those read in full, and the indexes of the others", () => {
    const bitmap = {
      "Node Type": "BitmapOr",
      Plans: [
        {
          "Node Type": "Bitmap Index Scan",
          "Index Name": "e_2_at",
          "Index Cond": '(e_2."at" > now())',
          "Actual Loops": 1,
        },
      ],
    };
    const plan = read([
      scan("e_1", { Filter: "(e_1.note = 'at')" }),
      scan("e_2", { "Node Type": "Bitmap Heap Scan", Plans: [bitmap] }),
      scan("e_3", { "Actual Loops": 0, Filter: "(at < now())" }),
      scan("other"),
    ]);
    expect(plan).toMatchObject({
      planningMs: 0.5,
      executionMs: 3,
      rows: 2,
      partitions: ["app.e_1", "app.e_2"],
      inFull: ["app.e_1"],
      indexes: ["e_2_at"],
      hasKeyCondition: true,
    });
    expect(read([scan("e_1", { Filter: "(e_1.format = 1)" })]).hasKeyCondition).toBe(false);
  });

  it("is refused where the answer is none", () => {
    expect(() => readPlan([{}], SIDES.after)).toThrow("is no plan");
    expect(() => readPlan(undefined, SIDES.after)).toThrow("is no plan");
  });
});
