import { describe, expect, it } from "vitest";
import { deriveBranchShape, createBranchSteps, type NewBranch } from "../../../core/partition/branch/branch-steps";
import {
  listDesiredBranches,
  getBranchSpec,
  type DesiredBranch,
} from "../../../core/partition/branch/desired-branches";
import { digestPrepared } from "../../../core/plan/prepare/prepared";
import { prepareLevels } from "../../../core/plan/prepare/prepared-levels";
import { toSlug } from "../../../core/names/slug";
import type { TableSpecArgs } from "../../../core/declare/table/args";
import { createPartitionStatements } from "../../../core/partition/create/partition-statements";
import { buildPlannedParent } from "../../../core/partition/carry/parent";
import { formatInstant, parseInstant } from "../../../core/time/instant";
import { planWindow } from "../../../core/window/window-partitions";
import { fill } from "../support/fill";
import { tableSpec } from "../support/specs";

const MARCH = parseInstant("2025-03-10", "UTC");

const levels: Partial<TableSpecArgs> = {
  table: "obs",
  schema: "app",
  columns: { id: "uuid", program: "text", site: "text", at: "timestamptz" },
  primaryKey: ["id", "program", "site", "at"],
  uniques: {},
  checks: {},
  foreignKeys: {},
  partitionBy: [
    { list: "program", values: { from: "programs", column: "program", where: "open" }, name: "{table}_prog_{value}" },
    { hash: "id", modulus: 2 },
    { list: "site", values: { from: "sites", column: "site", parent: "program" }, name: "{base}_site_{value}" },
    {
      range: "at",
      every: "month",
      name: "{base}_{yyyy}_{mm}",
      overrides: [{ when: { site: "s-1" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
    },
  ],
  window: { lead: "1 month", retention: "2 months" },
  rowSecurity: { policies: { own: { using: "obs.program = current_user" } }, partitionAccess: "mirror" },
  replicaIdentity: "full",
  indexes: { by_site: { columns: ["site"], partitionIndexName: 'i"_{partition}_by_site' } },
};

const specOf = (change: Partial<TableSpecArgs> = {}) => tableSpec({ ...levels, ...change });
const prepare = (change: Partial<TableSpecArgs> = {}, at = MARCH) => {
  const spec = specOf(change);
  return prepareLevels(spec.window, buildPlannedParent(spec, { now: at, levels: spec.window.levels }), at);
};

const VALUES = ["abc-123", 'it\'s "so"', "a-program-with-a-very-long-name-that-does-not-fit"];

describe("branches that the schedule creates", () => {
  const spec = specOf();
  const root = { ...buildPlannedParent(spec, { levels: spec.window.levels }), now: undefined };
  const whoever = { ...root, carried: { ...root.carried, defaultGrantees: "whoever" as const } };
  const prepared = prepare();

  it.each(VALUES)("are created for %j by the statements of an update, to the letter", (value) => {
    const read = { value, parent: undefined, active: true };
    const branches = listDesiredBranches(spec.window, [[read], undefined, [{ ...read, value: "s-1" }]]);
    const path: DesiredBranch[] = [];
    for (let next = branches[0]; next; next = next.children[0]) path.push(next);
    expect(path).toHaveLength(3);
    let base = spec.window.table;
    for (const [index, branch] of path.entries()) {
      const level = prepared.levels[index];
      const own = branch.path.at(-1) ?? "";
      const label = branch.level.kind === "list" ? toSlug(own) : own;
      expect(fill(level?.name ?? [], { base, label })).toBe(branch.name);
      const next = path[index + 1];
      const cut = next
        ? { strategy: next.level.kind, column: next.level.column }
        : { strategy: "range" as const, column: "at" };
      const made: NewBranch = { ...branch, cut, children: [], partitions: [] };
      const above = { schema: 'a"pp', name: base, path: branch.path.slice(0, -1) };
      const texts = createBranchSteps(whoever, above, made).flatMap((step) => step.statements.map(({ sql }) => sql));
      const holes = { schema: 'a"pp', parent: base, name: branch.name, value: own };
      expect([...(level?.own ?? []), level?.attach ?? []].map((text) => fill(text, holes))).toEqual(texts);
      base = branch.name;
    }
  });

  it.each([
    ["month", 0, ["p", "0", "s-2"]],
    ["week", 1, ["p", "0", "s-1"]],
  ] as const)("have by the %s the partitions that the window wants, by the same statements", (_, grid, path) => {
    for (const name of ["obs_prog_p", `o"b's_${"x".repeat(55)}`]) {
      const shape = deriveBranchShape(whoever, { schema: "app", name, path });
      const wanted = planWindow(getBranchSpec(spec.window, path), MARCH, name).desired;
      const parts = prepared.parts.filter((part) => part.grid === grid);
      const holes = { schema: "app", parent: name };
      const due = parts.filter((part) => part.dueAt.epochNanoseconds <= MARCH.epochNanoseconds);
      expect(due.map((part) => fill(part.name, holes))).toEqual(wanted.map((partition) => partition.name));
      expect(due.map((part) => part.statements.map((text) => fill(text, holes)))).toEqual(
        wanted.map((partition) => createPartitionStatements(shape, partition).map(({ sql }) => sql)),
      );
      expect(
        parts.filter((part) => part.past).every((part) => part.to.epochNanoseconds <= MARCH.epochNanoseconds),
      ).toBe(true);
      expect(parts.length - due.length).toBeGreaterThanOrEqual(24);
    }
  });

  it("know where values come from, and which level a parent is a value of", () => {
    expect(
      prepared.levels.map(({ kind, values, parentDepth, slug: cut }) => ({ kind, values, parentDepth, cut })),
    ).toEqual([
      { kind: "list", values: undefined, parentDepth: undefined, cut: true },
      { kind: "hash", values: ["0", "1"], parentDepth: undefined, cut: false },
      { kind: "list", values: undefined, parentDepth: 1, cut: true },
    ]);
    expect(prepared.levels[0]?.source).toContain(
      'coalesce(bool_or((open)), false) as active\n    from "app"."programs"',
    );
    expect(prepared.parts.find((part) => part.grid === 1)?.fits).toEqual([{ depth: 3, value: "s-1" }]);
  });

  it("are rendered once, whatever number of branches there is, and remain the same all through an interval", () => {
    const week = parseInstant("2025-03-16T23:59:59Z", "UTC");
    expect(digestPrepared(prepare({}, week))).toBe(digestPrepared(prepared));
    expect(formatInstant(prepared.parts[0]?.from ?? MARCH)).toBe("2025-01-01T00:00:00Z");
    expect(digestPrepared(prepare({ indexes: {} }))).not.toBe(digestPrepared(prepared));
  });
});
