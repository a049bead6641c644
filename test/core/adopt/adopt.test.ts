import { describe, expect, it } from "vitest";
import { adoptTable } from "../../../core/adopt/adopt-table";
import { CannotAdopt } from "../../../core/adopt/cannot-adopt";
import { importFile } from "../../../core/adopt/import-file";
import type { NamedInterval } from "../../../core/adopt/partition-names";
import { renderProgram } from "../../../core/adopt/program";
import type { ObservedTable } from "../../../core/observed/observed-table";
import { planWindow } from "../../../core/window/window-partitions";
import { at, factsOf, partitionOf, months, REPLICATION, tableOf } from "./support";

const tableWith = (partitions: readonly NamedInterval[], changes: Partial<ObservedTable> = {}): ObservedTable =>
  tableOf(
    partitions.map(({ name, from, to }) => partitionOf(name, { from, to })),
    changes,
  );

const facts = (table: ObservedTable) => factsOf(table, at("2025-02-10"));

describe("declaration", () => {
  it("wants exactly the partitions that exist", () => {
    const partitions = months((y, m) => `events_${y}${m}`);
    const { args, spec, notes } = adoptTable(facts(tableWith(partitions)));
    expect(args.window).toEqual({ lead: "1 months", retention: "3 months" });
    expect(planWindow(spec.window, at("2025-02-10")).desired).toEqual(
      partitions.map(({ name, from, to }) => expect.objectContaining({ name, from, to })),
    );
    expect(notes).toEqual([]);
  });

  it("says what the first update creates, and keeps a partition without beginning out of the window", () => {
    const [november, , ...rest] = months((y, m) => `events_${y}${m}`);
    const table = tableWith([november as NamedInterval, ...rest]);
    const old = partitionOf("events_old", { from: undefined, to: at("2024-11-01") });
    const { args, notes } = adoptTable(facts({ ...table, partitions: [old, ...table.partitions] }));
    expect(args.window).toMatchObject({ retention: "forever", start: "2024-11-01T00:00:00Z" });
    expect(notes.join("\n")).toContain(
      '2024-12-01T00:00:00Z/2025-01-01T00:00:00Z: the first update creates "events_202412"',
    );
    expect(notes.join("\n")).toContain("no beginning");
  });

  it.each<[string, Partial<ObservedTable>, RegExp]>([
    ["a plain table", { kind: "plain", key: undefined }, /not partitioned/],
    ["LIST", { key: { strategy: "list", columns: ["at"], types: ["text"] } }, /partitioned by list/],
    [
      "two columns",
      { key: { strategy: "range", columns: ["at", "id"], types: ["timestamptz", "int"] } },
      /more than one column/,
    ],
    ["what is no time", { partitions: [partitionOf("n", undefined)] }, /not read as times/],
  ])("refuses %s with the fix", (_, changes, words) => {
    expect(() => adoptTable(facts(tableWith([], changes)))).toThrow(CannotAdopt);
    expect(() => adoptTable(facts(tableWith([], changes)))).toThrow(words);
  });

  it("declares memberships of publications and only names what would change partitions", () => {
    const publication = {
      oid: "1",
      owner: "me",
      mine: true,
      allTables: false,
      schemas: [],
      changes: [],
      viaRoot: false,
      tables: 1,
    };
    const member = { where: undefined, columns: undefined, filterColumns: [] };
    const publications = [
      { ...publication, name: "supabase_realtime", member, partitions: [] },
      { ...publication, name: "partitions", member: undefined, partitions: ["app.a"] },
    ];
    const table = tableWith(months((y, m) => `events_${y}${m}`));
    const plain = adoptTable({ ...facts(table), replication: { ...REPLICATION, publications } });
    expect(plain.args.publications).toEqual(["supabase_realtime"]);
    expect(plain.notes).toEqual([expect.stringContaining('publication "partitions" names 1 partitions by themselves')]);
    const filtered = [{ ...publication, name: "p", member: { ...member, where: "id > 5" }, partitions: [] }];
    expect(
      adoptTable({ ...facts(table), replication: { ...REPLICATION, publications: filtered } }).args.publications,
    ).toEqual({
      p: { where: "id > 5" },
    });
  });

  it("imports what exists under the names of the component's children", () => {
    const adoption = adoptTable(facts(tableWith(months((y, m) => `events_${y}${m}`))));
    const found = { name: "events", now: at("2025-02-10"), indexes: [], managed: false };
    const { resources } = importFile(adoption, found);
    expect(resources.slice(0, 3)).toEqual([
      { type: "pgpartition:index:PartitionedTable", name: "events", component: true },
      { type: "pgpartition:index:Table", name: "events-table", id: "app.events", parent: "events" },
      {
        type: "pgpartition:index:Partition",
        name: "events-2024-11-01_2024-12-01",
        id: "app.events#events_202411",
        parent: "events",
      },
    ]);
    expect(resources).toHaveLength(7);
    expect(importFile(adoption, { ...found, managed: true }).resources.at(-1)?.type).toBe(
      "pgpartition:index:PartitionWindow",
    );
  });

  it("writes a program with the open decisions next to it", () => {
    const { args, notes } = adoptTable(facts(tableWith(months((y, m) => `events_${y}${m}`))));
    const text = renderProgram({ name: "events", args, management: "pgpartition", notes });
    expect(text).toContain('partitionBy: [{ range: "at", every: "month", name: "{table}_{yyyy}{mm}" }],');
    expect(text).toMatch(/\/\/ to decide: .*\n {4}window: /);
    expect(text).toMatch(/\/\/ to decide: .*\n {4}onExpire: "detach"/);
  });
});
