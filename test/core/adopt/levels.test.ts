import { describe, expect, it } from "vitest";
import { adoptTable } from "../../../core/adopt/adopt-table";
import { CannotAdopt } from "../../../core/adopt/cannot-adopt";
import { noteBranches } from "../../../core/adopt/branch-notes";
import type { ObservedBranch, ObservedPartition, ObservedTable } from "../../../core/observed/observed-table";
import { parseInstant } from "../../../core/time/instant";

const at = (text: string) => parseInstant(text, "UTC");
const partition = (name: string, boundsText: string, changes: Partial<ObservedPartition> = {}): ObservedPartition => ({
  oid: name,
  schema: "app",
  name,
  boundsText,
  bounds: undefined,
  isDefault: false,
  partitioned: false,
  detachPending: false,
  rows: 1,
  bytes: 1,
  carried: undefined,
  ...changes,
});
const time = (name: string, from: string, to: string) =>
  partition(name, "", { bounds: { from: at(from), to: at(to) } });
const months = (stem: string) => [
  time(`${stem}_2025_01`, "2025-01-01", "2025-02-01"),
  time(`${stem}_2025_02`, "2025-02-01", "2025-03-01"),
  time(`${stem}_2025_03`, "2025-03-01", "2025-04-01"),
];
const weeks = (stem: string) => [
  time(`${stem}_2025_w06`, "2025-02-03", "2025-02-10"),
  time(`${stem}_2025_w07`, "2025-02-10", "2025-02-17"),
];

interface Programs {
  readonly [value: string]: readonly ObservedPartition[];
}

/** One LIST level, by hand under `obs_<value>`. */
function tableOf(programs: Programs, changes: Partial<ObservedTable> = {}): ObservedTable {
  const branches = Object.entries(programs).map(([value, partitions]): ObservedBranch => ({
    partition: partition(`obs_${value}`, `FOR VALUES IN ('${value}')`, { partitioned: true }),
    path: [value],
    strategy: "range",
    column: "at",
    partitions,
  }));
  return {
    schema: "app",
    name: "obs",
    oid: "1",
    owner: "me",
    kind: "partitioned",
    key: { strategy: "list", columns: ["program"], types: ["text"] },
    columns: ["program", "at"].map((name) => ({
      name,
      type: name === "at" ? "timestamp with time zone" : "text",
      nullable: false,
      default: undefined,
      identity: undefined,
    })),
    constraints: [],
    indexes: [],
    partitions: branches.map((branch) => branch.partition),
    branches,
    carried: undefined,
    referencedBy: [],
    comment: undefined,
    rights: { owner: true, createInSchema: true, ownerCreates: true, role: "me" },
    ...changes,
  };
}

const adopt = (table: ObservedTable) =>
  adoptTable({
    table,
    partitionIndexes: [],
    replication: { walLevel: "logical", database: "d", role: "me", mayCreate: false, publications: [], slots: [] },
    now: at("2025-02-10"),
    encoding: "time",
    zone: "UTC",
    columns: false,
  });

describe("levels of an existing table", () => {
  it("are declared with the existing values and the templates of their names", () => {
    const { args, notes } = adopt(tableOf({ a: months("obs_a"), "b-2": months("obs_b-2") }));
    expect(args.partitionBy).toEqual([
      { list: "program", values: ["a", "b-2"], slug: false },
      { range: "at", every: "month", name: "{base}_{yyyy}_{mm}" },
    ]);
    expect(args.window).toEqual({ lead: "1 months", retention: "1 months" });
    expect(notes).toEqual([]);
  });

  it("have an override for a branch that is cut in another way than most", () => {
    const { args } = adopt(tableOf({ a: months("obs_a"), b: weeks("obs_b"), c: months("obs_c") }));
    expect(args.partitionBy[1]).toMatchObject({
      every: "month",
      overrides: [{ when: { program: "b" }, every: "week", name: "{base}_{gggg}_w{ww}" }],
    });
  });

  it("say what the first update creates in which branch, and keep names that no template gives", () => {
    const { args, notes } = adopt(tableOf({ a: months("obs_a"), b: months("obs_b").slice(1), c: months("other") }));
    expect(args.partitionBy[1]).toMatchObject({ name: "{base}_{yyyy}_{mm}" });
    expect(notes).toContain(
      'no partition holds 2025-01-01T00:00:00Z/2025-02-01T00:00:00Z: the first update creates "obs_b_2025_01"',
    );
  });

  it("take their values from the table of a foreign key, and report those that the table lacks", () => {
    const key = {
      name: "k",
      kind: "foreign" as const,
      columns: ["program"],
      definition: 'FOREIGN KEY (program) REFERENCES other."Programs"("Id")',
      validated: true,
      references: { schema: "other", table: "Programs" },
    };
    const table = tableOf({ a: months("obs_a"), b: months("obs_b") }, { constraints: [key] });
    const { args, spec } = adopt(table);
    expect(args.partitionBy[0]).toMatchObject({ values: { from: "other.Programs", column: "Id" } });
    const values = [["a", "new"].map((value) => ({ value, parent: undefined, active: true }))];
    expect(noteBranches(spec.window, table, values)).toEqual([
      expect.stringContaining('the values name branches that the table does not have ("new")'),
      '"b" is in the table and not among the values: left in place, nothing is added',
    ]);
  });

  it.each<[string, ObservedTable, string]>([
    ["without a level of time", tableOf({}), "no level of it cuts by time"],
    [
      "with a default partition above time",
      (() => {
        const table = tableOf({ a: months("obs_a") });
        return { ...table, partitions: [...table.partitions, partition("rest", "DEFAULT", { isDefault: true })] };
      })(),
      '"rest" is a default partition',
    ],
    [
      "with branches that are cut by several columns",
      (() => {
        const table = tableOf({ a: months("obs_a"), b: months("obs_b") });
        const [first, ...others] = table.branches;
        return { ...table, branches: first ? [first, ...others.map((one) => ({ ...one, column: "program" }))] : [] };
      })(),
      '"obs_a" is cut by range (at) and "obs_b" by range (program)',
    ],
  ])("are refused %s", (_, table, words) => {
    expect(() => adopt(table)).toThrow(CannotAdopt);
    expect(() => adopt(table)).toThrow(words);
  });
});
