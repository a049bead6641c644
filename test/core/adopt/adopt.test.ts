import { describe, expect, it } from "vitest";
import { adoptTable, CannotAdopt } from "../../../core/adopt/adopt";
import { findGrid } from "../../../core/adopt/grid";
import { importFile } from "../../../core/adopt/import-file";
import { findTemplate, type NamedInterval } from "../../../core/adopt/partition-names";
import { programText } from "../../../core/adopt/program";
import { retireRivals, rivalsText } from "../../../core/adopt/rivals";
import type { ObservedLeaf, ObservedTable } from "../../../core/observed/table";
import type { ObservedReplication } from "../../../core/observed/replication";
import { partitionName } from "../../../core/names/template";
import { parseInstant } from "../../../core/time/instant";
import type { Period } from "../../../core/time/period";
import { planWindow } from "../../../core/window/window";

const at = (text: string) => parseInstant(text, "UTC");
const part = (name: string, from: string, to: string): NamedInterval => ({ name, from: at(from), to: at(to) });
const months = (name: (year: string, month: string) => string): NamedInterval[] =>
  [
    ["2024-11-01", "2024-12-01"],
    ["2024-12-01", "2025-01-01"],
    ["2025-01-01", "2025-02-01"],
    ["2025-02-01", "2025-03-01"],
    ["2025-03-01", "2025-04-01"],
  ].map(([from = "", to = ""]) => part(name(from.slice(0, 4), from.slice(5, 7)), from, to));

describe("names", () => {
  it.each<[string, string, (year: string, month: string) => string, string]>([
    ["compact months", "agent_logs", (y, m) => `agent_logs_${y}${m}`, "{table}_{yyyy}{mm}"],
    ["letters between", "workflow_events", (y, m) => `workflow_events_y${y}m${m}`, "{table}_y{yyyy}m{mm}"],
    [
      "a parent of another name",
      "audit_logs_partitioned",
      (y, m) => `audit_logs_p${y}_${m}`,
      "audit_logs_p{yyyy}_{mm}",
    ],
    ["no letter", "messages_partitioned", (y, m) => `messages_${y}_${m}`, "messages_{yyyy}_{mm}"],
    ["pg_partman 4.7", "events", (y, m) => `events_p${y}_${m}`, "{table}_p{yyyy}_{mm}"],
    ["the first day", "events", (y, m) => `events_p${y}${m}01`, "{table}_p{yyyy}{mm}{dd}"],
    ["digits of the table", "v2_2025_log", (y, m) => `v2_2025_log_${y}_${m}`, "{table}_{yyyy}_{mm}"],
  ])("%s", (_, table, name, template) => {
    const partitions = months(name);
    expect(findTemplate(partitions, table, "month", "UTC")).toEqual({ template, others: [] });
    for (const one of partitions) expect(partitionName(template, table, one, "UTC")).toBe(one.name);
  });

  it.each<[Period, NamedInterval[], string]>([
    [
      "week",
      [part("e_p2024w52", "2024-12-23", "2024-12-30"), part("e_p2025w01", "2024-12-30", "2025-01-06")],
      "{table}_p{gggg}w{ww}",
    ],
    [
      "week",
      [part("e_p2024_12_23", "2024-12-23", "2024-12-30"), part("e_p2024_12_30", "2024-12-30", "2025-01-06")],
      "{table}_p{yyyy}_{mm}_{dd}",
    ],
    [
      "quarter",
      [part("e_p2024q4", "2024-10-01", "2025-01-01"), part("e_p2025q1", "2025-01-01", "2025-04-01")],
      "{table}_p{yyyy}q{q}",
    ],
    [
      "day",
      [part("e_p20241231", "2024-12-31", "2025-01-01"), part("e_p20250101", "2025-01-01", "2025-01-02")],
      "{table}_p{yyyy}{mm}{dd}",
    ],
  ])("a %s of another maker", (period, partitions, template) => {
    expect(findTemplate(partitions, "e", period, "UTC")?.template).toBe(template);
  });

  it("keeps what is named otherwise, and gives up where most are", () => {
    const [first, ...rest] = months((y, m) => `e_${y}_${m}`);
    const odd = { ...(first as NamedInterval), name: "e_first" };
    expect(findTemplate([odd, ...rest], "e", "month", "UTC")).toEqual({
      template: "{table}_{yyyy}_{mm}",
      others: ["e_first"],
    });
    expect(findTemplate([odd], "e", "month", "UTC")).toBeUndefined();
  });
});

describe("grid", () => {
  it("takes odd partitions as whole segments, and lets the usual length continue after and between them", () => {
    const { period, segments } = findGrid(
      [
        part("e_old", "2020-01-01", "2024-05-10"),
        part("e_2024_07", "2024-07-01", "2024-08-01"),
        part("e_2024_08", "2024-08-01", "2024-09-01"),
        part("e_half", "2024-09-01", "2024-09-16"),
      ],
      "e",
      "UTC",
    );
    expect(period).toBe("month");
    expect(segments).toEqual([
      { from: "2020-01-01T00:00:00Z", to: "2024-05-10T00:00:00Z", every: "whole", name: "e_old" },
      { from: "2024-05-10T00:00:00Z", every: "month", name: "{table}_{yyyy}_{mm}" },
      { from: "2024-09-01T00:00:00Z", to: "2024-09-16T00:00:00Z", every: "whole", name: "e_half" },
      { from: "2024-09-16T00:00:00Z", every: "month", name: "{table}_{yyyy}_{mm}" },
    ]);
  });

  it("changes the length where the partitions do", () => {
    const { segments } = findGrid(
      [...months((y, m) => `e_${y}_${m}`).slice(0, 2), part("e_2025_01_06", "2025-01-06", "2025-01-13")],
      "e",
      "UTC",
    );
    expect(segments.map(({ from, every }) => [from, every])).toEqual([
      [undefined, "month"],
      ["2025-01-06T00:00:00Z", "week"],
    ]);
  });
});

function tableOf(partitions: readonly NamedInterval[], changes: Partial<ObservedTable> = {}): ObservedTable {
  const leaves = partitions.map(({ name, from, to }, index): ObservedLeaf => leafOf(name, { from, to }, index));
  return {
    schema: "app",
    name: "events",
    oid: "1",
    owner: "me",
    kind: "partitioned",
    key: { strategy: "range", columns: ["at"], types: ["timestamp with time zone"] },
    columns: [
      { name: "at", type: "timestamp with time zone", nullable: false, default: undefined, identity: undefined },
    ],
    constraints: [],
    indexes: [],
    leaves,
    branches: [],
    carried: undefined,
    referencedBy: [],
    comment: undefined,
    rights: { owner: true, createInSchema: true, ownerCreates: true, role: "me" },
    ...changes,
  };
}

function leafOf(name: string, bounds: ObservedLeaf["bounds"], index: number): ObservedLeaf {
  const facts = { isDefault: false, partitioned: false, detachPending: false, rows: 1, bytes: 1, carried: undefined };
  return { oid: String(index), schema: "app", name, boundsText: "", bounds, ...facts };
}

const REPLICATION: ObservedReplication = {
  walLevel: "logical",
  database: "d",
  role: "me",
  mayCreate: false,
  publications: [],
  slots: [],
};

const facts = (table: ObservedTable, now = "2025-02-10") => ({
  table,
  leafIndexes: [],
  replication: REPLICATION,
  now: at(now),
  encoding: "time" as const,
  zone: "UTC",
  columns: false,
});

describe("declaration", () => {
  it("wants exactly the partitions that exist", () => {
    const partitions = months((y, m) => `events_${y}${m}`);
    const { args, spec, notes } = adoptTable(facts(tableOf(partitions)));
    expect(args.window).toEqual({ lead: "1 months", retention: "3 months" });
    expect(planWindow(spec.window, at("2025-02-10")).desired).toEqual(
      partitions.map(({ name, from, to }) => expect.objectContaining({ name, from, to })),
    );
    expect(notes).toEqual([]);
  });

  it("says what the first update creates, and keeps a partition without beginning out of the window", () => {
    const [november, , ...rest] = months((y, m) => `events_${y}${m}`);
    const table = tableOf([november as NamedInterval, ...rest]);
    const old = leafOf("events_old", { from: undefined, to: at("2024-11-01") }, 90);
    const { args, notes } = adoptTable(facts({ ...table, leaves: [old, ...table.leaves] }));
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
    ["what is no time", { leaves: [leafOf("n", undefined, 1)] }, /not read as times/],
  ])("refuses %s with the fix", (_, changes, words) => {
    expect(() => adoptTable(facts(tableOf([], changes)))).toThrow(CannotAdopt);
    expect(() => adoptTable(facts(tableOf([], changes)))).toThrow(words);
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
      { ...publication, name: "supabase_realtime", member, leaves: [] },
      { ...publication, name: "leaves", member: undefined, leaves: ["app.a"] },
    ];
    const table = tableOf(months((y, m) => `events_${y}${m}`));
    const plain = adoptTable({ ...facts(table), replication: { ...REPLICATION, publications } });
    expect(plain.args.publications).toEqual(["supabase_realtime"]);
    expect(plain.notes).toEqual([expect.stringContaining('publication "leaves" names 1 partitions by themselves')]);
    const filtered = [{ ...publication, name: "p", member: { ...member, where: "id > 5" }, leaves: [] }];
    expect(
      adoptTable({ ...facts(table), replication: { ...REPLICATION, publications: filtered } }).args.publications,
    ).toEqual({
      p: { where: "id > 5" },
    });
  });

  it("imports what exists under the names of the component's children", () => {
    const adoption = adoptTable(facts(tableOf(months((y, m) => `events_${y}${m}`))));
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
    const { args, notes } = adoptTable(facts(tableOf(months((y, m) => `events_${y}${m}`))));
    const text = programText({ name: "events", args, management: "pgpartition", notes });
    expect(text).toContain('partitionBy: [{ range: "at", every: "month", name: "{table}_{yyyy}{mm}" }],');
    expect(text).toMatch(/\/\/ to decide: .*\n {4}window: /);
    expect(text).toMatch(/\/\/ to decide: .*\n {4}onExpire: "detach"/);
  });
});

it("finds jobs, functions and pg_partman's row, and reports how each is retired", () => {
  const source = "begin execute format('create table %I partition of events for …', name); end";
  const fn = (name: string, text: string) => ({
    schema: "app",
    name,
    signature: `app.${name}()`,
    kind: "function" as const,
    source: text,
  });
  const job = (name: string | undefined, command: string) => ({
    id: "7",
    name,
    schedule: "0 2 * * *",
    command,
    active: true,
  });
  const text = rivalsText(
    retireRivals(
      { schema: "app", table: "events" },
      {
        functions: [
          fn("rotate", source),
          fn("drop_old", "execute 'drop table ' || 'events_' || month"),
          fn("count_events", "select count(*) from events"),
          fn("others", "create table old_events_2024 ()"),
        ],
        jobs: [
          job("rotate daily", "select app.rotate()"),
          job(undefined, "call partman.run_maintenance_proc()"),
          job("mail", "select 1"),
        ],
        partman: { schema: "partman", parent: "app.events", interval: "1 mon", premake: "4", retention: undefined },
      },
    ),
  );
  expect(text.split("\n").filter((line) => !line.startsWith("--"))).toEqual([
    "SELECT cron.unschedule('rotate daily');",
    "SELECT cron.unschedule(7);",
    `DELETE FROM "partman"."part_config" WHERE parent_table = 'app.events';`,
    "DROP FUNCTION app.rotate();",
    "DROP FUNCTION app.drop_old();",
    "",
  ]);
  expect(text).toContain("app.rotate() creates partitions");
  expect(text).toContain("app.drop_old() drops partitions");
});
