// Which partitions and branches a copy gets, whatever rows there are.
import fc from "fast-check";
import { expect, test } from "vitest";
import { addFoundValues, type BranchRows } from "../../../core/conversion/copy/branch-rows";
import { planCopyPartitions } from "../../../core/conversion/copy/copy-partitions";
import { requireTableSpec } from "../../../core/declare/table/parse";
import { compareInstants, type Instant, parseInstant } from "../../../core/time/instant";
import { overlaps } from "../../../core/time/interval";

const { window } = requireTableSpec(
  {
    schema: "app",
    table: "obs",
    partitionBy: [
      { list: "program_id", values: ["abc-123", "def"], name: "obs_prog_{value}" },
      {
        list: "site_id",
        values: { from: "sites", column: "site_id", parent: "program_id" },
        name: "{base}_site_{value}",
      },
      {
        range: "at",
        every: "month",
        name: "{base}_{yyyy}_{mm}",
        overrides: [{ when: { site_id: "x" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
      },
      { hash: "id", modulus: 2, name: "{base}_h{remainder}" },
    ],
    window: { lead: "1 month", retention: "12 months" },
    onExpire: "drop",
    resources: "window",
  },
  "table",
);

const NOW = parseInstant("2025-03-10", "UTC");
const SITES = [
  undefined,
  [
    { value: "s", parent: "abc-123", active: true },
    { value: "x", parent: "abc-123", active: true },
    { value: "old", parent: "def", active: false },
  ],
];

const plan = (rows: readonly BranchRows[]) =>
  planCopyPartitions(window, {
    now: NOW,
    rows,
    values: addFoundValues(window.levels, SITES, rows),
    target: "obs_copy",
    copy: undefined,
  });

const at = fc.integer({ min: 0, max: 900 }).map((days): Instant => NOW.add({ hours: 24 * (days - 700) }));
const rowsOf = fc.array(
  fc
    .tuple(fc.constantFrom("abc-123", "def", "its", "it's"), fc.constantFrom("s", "x", "old", "new"), at, at)
    .map(([program, site, one, other]): BranchRows => {
      const [from, to] = compareInstants(one, other) < 0 ? [one, other] : [other, one];
      return { values: [program, site], rows: 2, from, to };
    }),
  { maxLength: 6 },
);

test("every row belongs to exactly one partition that holds rows, each after its parent, and names are unique", () => {
  fc.assert(
    fc.property(rowsOf, (rows) => {
      const planned = plan(rows);
      const names = new Set(["obs_copy"]);
      for (const { name, parent } of planned) {
        expect(names.has(parent)).toBe(true);
        expect(names.has(name)).toBe(false);
        names.add(name);
      }
      const times = planned.filter(({ bound }) => bound === undefined);
      for (const { values, from, to } of rows)
        for (const moment of [from, to]) {
          const interval = { from: moment, to: moment?.add({ nanoseconds: 1 }) };
          const found = times.filter((one) => one.path.join("/") === values.join("/") && overlaps(one, interval));
          expect(found).toHaveLength(1);
          const parts = planned.filter(({ parent }) => parent === found[0]?.name);
          expect(parts.map(({ cut }) => cut)).toEqual([undefined, undefined]);
        }
    }),
  );
});

test("a value in use gets its coming partitions, one that ended or was found only those of its rows, and none without rows", () => {
  const at = (text: string) => parseInstant(text, "UTC");
  const rows: BranchRows[] = [
    { values: ["def", "old"], rows: 2, from: at("2024-01-05"), to: at("2024-02-05") },
    { values: ["lost", "s"], rows: 1, from: at("2024-01-05"), to: at("2024-01-05") },
    { values: ["abc-123", "s"], rows: 1, from: at("2025-02-05"), to: at("2025-02-05") },
  ];
  const named = (pattern: RegExp) =>
    plan(rows)
      .map(({ name }) => name)
      .filter((name) => pattern.test(name) && !/_h\d$/.test(name));
  expect(named(/^obs_prog_(def|lost)/)).toEqual([
    "obs_prog_def",
    "obs_prog_def_site_old",
    "obs_prog_def_site_old_2024_01",
    "obs_prog_def_site_old_2024_02",
    "obs_prog_lost",
    "obs_prog_lost_site_s",
    "obs_prog_lost_site_s_2024_01",
  ]);
  expect(named(/abc123_site_s_/)).toEqual(
    ["2025_02", "2025_03", "2025_04"].map((month) => `obs_prog_abc123_site_s_${month}`),
  );
  expect(named(/site_x_2025_w1[12]/)).toHaveLength(2);
  expect(plan([]).some(({ name }) => name.includes("def"))).toBe(false);
});
