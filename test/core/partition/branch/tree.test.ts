import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBranchSteps } from "../../../../core/partition/branch/create-branch";
import {
  branchSpec,
  desiredBranches,
  flatten,
  nameProblems,
  type SourceValues,
} from "../../../../core/partition/branch/tree";
import { shortHash } from "../../../../core/names/identifier";
import type { ObservedTable } from "../../../../core/observed/table";
import { levelsFromWire, levelsToWire } from "../../../../core/levels/wire";
import type { TableSpecArgs } from "../../../../core/declare/table/args";
import { parseTableSpec, requireTableSpec } from "../../../../core/declare/table/parse";
import { planFromSpec } from "../../../../core/plan/spec-plan";
import { plannedParent } from "../../../../core/partition/carry/parent";
import { parseInstant } from "../../../../core/time/instant";
import { planWindow } from "../../../../core/window/window";

const AS_OF = parseInstant("2025-03-10", "UTC");

const ARGS: TableSpecArgs = {
  table: "petri_observations",
  columns: { id: "uuid", program_id: "text", site_id: "text", created_at: "timestamptz" },
  primaryKey: ["id", "program_id", "site_id", "created_at"],
  partitionBy: [
    { list: "program_id", values: ["abc-123", "def-123"], name: "petri_obs_prog_{value}" },
    {
      list: "site_id",
      values: { from: "sites", column: "site_id", parent: "program_id" },
      name: "{base}_site_{value}",
    },
    {
      range: "created_at",
      every: "month",
      name: "{base}_{yyyy}_{mm}",
      overrides: [{ when: { site_id: "def-456" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
    },
  ],
  window: { lead: "1 month", retention: "1 month" },
  onExpire: "drop",
};

const SITES: SourceValues = [
  undefined,
  [
    { value: "def-456", parent: "abc-123", active: true },
    { value: "xyz-789", parent: "abc-123", active: false },
    { value: "z", parent: "def-123", active: true },
  ],
];

const spec = (changes: Partial<TableSpecArgs> = {}) => requireTableSpec({ ...ARGS, ...changes }, "test");
const problemsOf = (changes: Partial<TableSpecArgs>) => {
  const parsed = parseTableSpec({ ...ARGS, ...changes });
  return parsed.ok ? [] : parsed.problems.map(({ path, code }) => `${path} ${code}`);
};

describe("the tree of branches", () => {
  test("names every branch after the values above it, as the document of the system does", () => {
    const names = [...flatten(desiredBranches(spec().window, SITES))].map(
      ({ name, active }) => `${name} ${String(active)}`,
    );
    expect(names).toEqual([
      "petri_obs_prog_abc123 true",
      "petri_obs_prog_abc123_site_def456 true",
      "petri_obs_prog_abc123_site_xyz789 false",
      "petri_obs_prog_def123 true",
      "petri_obs_prog_def123_site_z true",
    ]);
  });

  test("cuts by another length where an override fits", () => {
    const { window } = spec();
    const weekly = planWindow(branchSpec(window, ["abc-123", "def-456"]), AS_OF, "petri_obs_prog_abc123_site_def456");
    expect(weekly.desired[0]?.name).toBe("petri_obs_prog_abc123_site_def456_2025_w07");
    // The component sends the start of the shortest interval: by that of the month the weeks would come too late.
    expect(planWindow(window, AS_OF).asOf.toString()).toBe("2025-03-10T00:00:00Z");
    const monthly = planWindow(branchSpec(window, ["def-123", "z"]), AS_OF, "petri_obs_prog_def123_site_z");
    expect(monthly.desired.map(({ name }) => name)).toEqual([
      "petri_obs_prog_def123_site_z_2025_02",
      "petri_obs_prog_def123_site_z_2025_03",
      "petri_obs_prog_def123_site_z_2025_04",
    ]);
  });

  test("distinguishes values that are read and would have one name, and refuses those that the program itself names", () => {
    const values: SourceValues = [
      undefined,
      ["a-1", "a1", "A1", "---", "!"].map((value) => ({ value, parent: "abc-123", active: true })),
    ];
    const branches = desiredBranches(spec().window, values);
    expect(nameProblems(branches)).toEqual([]);
    const names = Object.fromEntries([...flatten(branches)].map(({ path, name }) => [path.join("/"), name]));
    // The first by bytes has the name; what has nothing left of it is known by a hash alone.
    expect(names).toEqual({
      "abc-123": "petri_obs_prog_abc123",
      "def-123": "petri_obs_prog_def123",
      "abc-123/A1": "petri_obs_prog_abc123_site_a1",
      "abc-123/a-1": `petri_obs_prog_abc123_site_a1_${shortHash('["abc-123","a-1"]')}`,
      "abc-123/a1": `petri_obs_prog_abc123_site_a1_${shortHash('["abc-123","a1"]')}`,
      "abc-123/---": "petri_obs_prog_abc123_site_cb3f91d5",
      "abc-123/!": `petri_obs_prog_abc123_site_${shortHash("!")}`,
    });
    const given = spec({
      partitionBy: [
        { list: "program_id", values: ["p", "q"] },
        { list: "site_id", values: ["one"], name: "{table}_{value}" },
        { range: "created_at" },
      ],
    }).window;
    expect(nameProblems(desiredBranches(given, []))).toMatchObject([
      { code: "name-collision", message: expect.stringContaining('"p" / "one"') as string },
    ]);
  });

  test("an existing one keeps its name, whatever other values come and go, and its parts are named after it", () => {
    const { window } = spec();
    const read = (...values: string[]): SourceValues => [
      undefined,
      values.map((value) => ({ value, parent: "abc-123", active: true })),
    ];
    const site = "petri_obs_prog_abc123_site_its";
    const nameIn = (values: SourceValues, there: Readonly<Record<string, readonly string[]>>) => {
      const branches = Object.entries(there).map(([name, path]) => ({ path, leaf: { name } }));
      const table = { branches } as unknown as ObservedTable;
      const found = [...flatten(desiredBranches(window, values, table))];
      return (value: string) => found.find(({ path }) => path.at(-1) === value)?.name;
    };
    const hashed = `${site}_${shortHash('["abc-123","it\'s"]')}`;
    // The name is of a branch whose value has gone.
    expect(nameIn(read("it's"), { [site]: ["abc-123", "its"] })("it's")).toBe(hashed);
    // The value has come back, and the other has its own name.
    const both = nameIn(read("its", "it's"), { [site]: ["abc-123", "its"], [hashed]: ["abc-123", "it's"] });
    expect([both("its"), both("it's")]).toEqual([site, hashed]);
    // By another hand.
    const adopted = nameIn(read("new"), { theirs: ["abc-123"] });
    expect([adopted("abc-123"), adopted("new")]).toEqual(["theirs", "theirs_site_new"]);
    // One that has ended and has nothing does not take a name from one in use.
    const ended: SourceValues = [
      undefined,
      [
        { value: "it's", parent: "abc-123", active: false },
        { value: "its", parent: "abc-123", active: true },
      ],
    ];
    expect(nameIn(ended, {})("its")).toBe(site);
  });

  test("whatever is read: every branch that can be created has a name of its own that fits, in any order of the rows", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 70 }),
      fc.constantFrom("its", "it's", "ITS", "i-t-s", "é", "e\u0301", "", " ", "a_site_b", "a_site", "b"),
    );
    const row = fc.record({ value, parent: fc.constantFrom("abc-123", "def-123", undefined), active: fc.boolean() });
    const rows = fc
      .array(row, { maxLength: 30 })
      .map((all) => all.filter(({ value: text }) => !text.includes("\0")))
      .map((all) => [...new Map(all.map((one) => [`${one.parent ?? ""}/${one.value}`, one])).values()])
      .map((all) =>
        all.filter(
          (one) => one.parent === undefined || !all.some((o) => o.value === one.value && o.parent === undefined),
        ),
      );
    for (const template of ["{base}_site_{value}", "{table}_{value}", "petri_obs_prog_{value}"])
      fc.assert(
        fc.property(rows, (read) => {
          const levels = spec({
            partitionBy: [
              { list: "program_id", values: ["abc-123", "def-123"], name: "petri_obs_prog_{value}" },
              { list: "site_id", values: { from: "sites", column: "site_id", parent: "program_id" }, name: template },
              { range: "created_at" },
            ],
          }).window;
          const branches = [...flatten(desiredBranches(levels, [undefined, read]))];
          expect(nameProblems(desiredBranches(levels, [undefined, read]))).toEqual([]);
          const names = branches.filter(({ nameless }) => !nameless).map(({ name }) => name);
          expect(new Set([...names, levels.table]).size).toBe(names.length + 1);
          expect(names.every((name) => name !== "" && Buffer.byteLength(name) <= 63)).toBe(true);
          const turned = desiredBranches(levels, [undefined, [...read].reverse()]);
          expect(new Map([...flatten(turned)].map(({ path, name }) => [path.join("/"), name]))).toEqual(
            new Map(branches.map(({ path, name }) => [path.join("/"), name])),
          );
        }),
      );
  });

  test("has names of its own for all values, at most 63 bytes", () => {
    const value = fc.string({ minLength: 1, maxLength: 80 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 20 }), (values) => {
        const branches = desiredBranches(
          spec({
            partitionBy: [
              { list: "program_id", values: ["p"] },
              { list: "site_id", values: values.length > 0 ? values : ["one"], slug: false },
              { range: "created_at" },
            ],
          }).window,
          [],
        );
        const names = [...flatten(branches)].map(({ name }) => name);
        expect(nameProblems(branches)).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThanOrEqual(63);
      }),
    );
  });

  test("travels without loss", () => {
    const { levels } = spec().window;
    expect(levelsFromWire(JSON.parse(JSON.stringify(levelsToWire(levels))) as never)).toEqual(levels);
  });

  test("is created window by window without being asked, and static plans name given values alone", () => {
    expect(spec().window.resources).toBe("window");
    const plan = planFromSpec(
      spec({
        partitionBy: [
          { list: "program_id", values: ["a", "b"] },
          { hash: "site_id", modulus: 2 },
          { range: "created_at" },
        ],
      }),
      AS_OF,
      "test",
    );
    expect(plan.create.map(({ partition, reason }) => `${partition}: ${reason}`)).toEqual([
      "petri_observations_a: in the window; the database was not asked whether it exists",
      "petri_observations_b: in the window; the database was not asked whether it exists",
    ]);
    expect(plan.statementCount).toBeGreaterThan(12);
  });
});

describe("the statements of a branch", () => {
  const branch = (children: number) => ({
    name: "p",
    path: ["a"],
    level: {
      kind: "list" as const,
      column: "program_id",
      values: ["a"],
      name: "",
      slug: true,
      cleanupAfter: undefined,
    },
    cut: { strategy: "list" as const, column: "site_id" },
    partitions: [],
    children: Array.from({ length: children }, (_, index) => ({
      name: `p_${String(index)}`,
      path: ["a", String(index)],
      level: { kind: "list" as const, column: "site_id", values: [], name: "", slug: true, cleanupAfter: undefined },
      cut: { strategy: "range" as const, column: "created_at" },
      partitions: planWindow(spec().window, AS_OF, `p_${String(index)}`).desired,
      children: [],
    })),
  });
  const root = { schema: "public", name: "petri_observations", path: [] };
  const ends = (references: readonly string[], done: readonly string[] = []) =>
    createBranchSteps({ ...plannedParent(spec()), references }, root, branch(2), new Set(done)).map(
      ({ statements }) => `${String(statements.length)} ${statements.at(-1)?.sql.split("\n")[0] ?? ""}`,
    );

  test("build from below and attach last", () => {
    expect(ends([])).toEqual([
      '1 CREATE TABLE "public"."p" (',
      `8 ALTER TABLE "public"."p" ATTACH PARTITION "public"."p_0" FOR VALUES IN ('0')`,
      `8 ALTER TABLE "public"."p" ATTACH PARTITION "public"."p_1" FOR VALUES IN ('1')`,
      `1 ALTER TABLE "public"."petri_observations" ATTACH PARTITION "public"."p" FOR VALUES IN ('a')`,
    ]);
  });

  test("attach first where foreign keys would hold the referenced table for all of it", () => {
    expect(ends(["public.r"])[1]).toMatch(/petri_observations" ATTACH PARTITION "public"."p" /);
  });

  test("continue with what an interrupted run left", () => {
    expect(ends([], ["p", "p_0"])).toHaveLength(2);
  });
});

describe("declarations that are refused", () => {
  test.each([
    ["no time level", [{ list: "program_id", values: ["a"] }], "partitionBy levels"],
    ["two time levels", [{ range: "created_at" }, { range: "created_at" }], "partitionBy levels"],
    ["LIST below time", [{ range: "created_at" }, { list: "program_id", values: ["a"] }], "partitionBy[1] levels"],
    ["five levels", Array.from({ length: 5 }, () => ({ range: "created_at" })), "partitionBy invalid-value"],
    [
      "an unknown column",
      [{ list: "nope", values: ["a"] }, { range: "created_at" }],
      "partitionBy[0].list unknown-column",
    ],
    [
      "one column twice",
      [{ list: "site_id", values: ["a"] }, { hash: "site_id", modulus: 2 }, { range: "created_at" }],
      "partitionBy[1].hash levels",
    ],
    [
      "a value twice",
      [{ list: "site_id", values: ["a", "a"] }, { range: "created_at" }],
      "partitionBy[0].values levels",
    ],
    [
      "slugs that meet",
      [{ list: "site_id", values: ["a-b", "ab"] }, { range: "created_at" }],
      "partitionBy[0].values name-collision",
    ],
    [
      "a name without value",
      [{ list: "site_id", values: ["a"], name: "x" }, { range: "created_at" }],
      "partitionBy[0].name name-template",
    ],
    [
      "a parent without level above",
      [{ list: "site_id", values: { from: "s", column: "c", parent: "p" } }, { range: "created_at" }],
      "partitionBy[0].values.parent levels",
    ],
    [
      "an override by no level",
      [
        { list: "site_id", values: ["a"] },
        { range: "created_at", overrides: [{ when: { x: "y" }, every: "day" as const }] },
      ],
      "partitionBy[1].overrides[0].when.x levels",
    ],
  ])("%s", (_, partitionBy, expected) => {
    expect(problemsOf({ partitionBy: partitionBy as TableSpecArgs["partitionBy"] })).toContain(expected);
  });

  test("partitions as resources, a key column outside the primary key or nullable", () => {
    expect(problemsOf({ resources: "partition" })).toContain("resources levels");
    expect(problemsOf({ primaryKey: ["id", "created_at"] })).toContain("primaryKey key-not-in-primary-key");
    expect(problemsOf({ columns: { ...ARGS.columns, site_id: { type: "text", nullable: true } } })).toContain(
      "partitionBy[1].list key-nullable",
    );
  });
});
