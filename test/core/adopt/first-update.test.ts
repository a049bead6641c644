import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adoptTable } from "../../../core/adopt/adopt-table";
import { CannotAdopt } from "../../../core/adopt/cannot-adopt";
import { findGrid } from "../../../core/adopt/find-grid";
import type { NamedInterval } from "../../../core/adopt/partition-names";
import { planCreation } from "../../../core/plan/create/creation";
import type { Observation, ObservedTable } from "../../../core/observed/observed-table";
import { DEFAULT_PARTITION_NAMES, formatPartitionName } from "../../../core/names/template";
import { compareInstants, formatInstant, type Instant } from "../../../core/time/instant";
import { isSameInterval } from "../../../core/time/interval";
import { findPeriodEnd, findPeriod, PERIODS, findPeriodStart } from "../../../core/time/period";
import { hasExpired, planWindow } from "../../../core/window/window-partitions";
import { at, factsOf, partitionOf, part, tableOf } from "./support";

const tableOfParts = (parts: readonly NamedInterval[], changes: Partial<ObservedTable> = {}) =>
  tableOf(
    parts.map(({ name, from, to }) => partitionOf(name, { from, to })),
    changes,
  );

/** Adopts, then plans the first update as `up` does. */
function firstUpdate(table: ObservedTable, now: Instant) {
  const adoption = adoptTable(factsOf(table, now));
  const window = planWindow(adoption.spec.window, now);
  const facts = factsOf(table, now);
  const observation: Observation = {
    table,
    registration: undefined,
    ledger: [],
    detached: [],
    defaultGrantees: [],
    replication: facts.replication,
    now,
    obstacles: [],
  };
  const creations = window.desired.map((one) => planCreation(adoption.spec.window, one, observation));
  return { adoption, window, creations };
}

/** Nothing is refused, nothing expires, every name is free, and what is made has been told. */
function expectRunnable(table: ObservedTable, now: Instant): void {
  const { adoption, window, creations } = firstUpdate(table, now);
  expect(window.problems).toEqual([]);
  expect(creations.filter((one) => one.kind === "refuse")).toEqual([]);
  const made = creations.flatMap((one) => (one.kind === "create" ? [one.partition.name] : []));
  expect(made).toEqual(adoption.makes.map((one) => one.name));
  expect(new Set([...made, ...table.partitions.map((partition) => partition.name)]).size).toBe(
    made.length + table.partitions.length,
  );
  const told = adoption.notes.join("\n");
  for (const name of made.slice(0, 20)) expect(told).toContain(`the first update creates "${name}"`);
  if (made.length > 20) expect(told).toContain(`the first update creates ${made.length - 20} more partitions`);
  expect(
    table.partitions.filter((partition) => partition.bounds && hasExpired(partition.bounds.to, window.horizon)),
  ).toEqual([]);
  // A lead of more hours than a span can count is told in days: what begins after it is kept as it is.
  const end = window.desired.at(-1)?.to;
  for (const partition of table.partitions.filter((one) => one.bounds?.from && one.bounds.to)) {
    const after = end && partition.bounds?.from && compareInstants(partition.bounds.from, end) >= 0;
    expect(
      after === true || window.desired.some((one) => partition.bounds && isSameInterval(partition.bounds, one)),
    ).toBe(true);
  }
}

/** Neighbours of one length, from a moment on. */
function run(start: string, hours: number, count: number, gap = 0): NamedInterval[] {
  const from = at(start);
  return Array.from({ length: count }, (_, index) => {
    const begin = from.add({ hours: hours * index });
    const end = begin.add({ seconds: hours * 3600 - gap });
    const name = `events_${formatInstant(begin).slice(0, 13).replaceAll(/[-T]/g, "_")}`;
    return { name, from: begin, to: end };
  });
}

const now = at("2026-11-28T12:00:00Z");

describe("a run of one odd length", () => {
  it.each<[string, NamedInterval[], string, string]>([
    ["12 hours", run("2026-11-20", 12, 24), "hour", "12 hours"],
    ["14 days", run("2026-09-07", 24 * 14, 8), "week", "14 days"],
    ["10 days", run("2026-09-01", 240, 10), "week", "10 days"],
    ["days from 05:00 of a timestamp", run("2026-11-20T05:00:00Z", 24, 12), "day", "1 day"],
    ["seven days from a Thursday", run("2026-10-01", 168, 11), "week", "7 days"],
    [
      "half years",
      [
        part("a", "2025-07-01", "2026-01-01"),
        part("b", "2026-01-01", "2026-07-01"),
        part("c", "2026-07-01", "2027-01-01"),
      ],
      "quarter",
      "6 months",
    ],
    [
      "months from the 15th",
      [part("a", "2026-10-15", "2026-11-15"), part("b", "2026-11-15", "2026-12-15")],
      "month",
      "1 month",
    ],
    ["two years", [part("a", "2024-01-01", "2026-01-01"), part("b", "2026-01-01", "2028-01-01")], "year", "24 months"],
  ])("%s continue by the nearest interval that is not longer, and it is reported", (_, parts, period, length) => {
    const { adoption } = firstUpdate(tableOfParts(parts), now);
    const last = adoption.spec.window.grid.at(-1);
    expect(last?.every).toBe(period);
    expect(adoption.notes.join("\n")).toContain(`no interval here is ${length} from `);
    expectRunnable(tableOfParts(parts), now);
  });

  it("a key of dates continues by days, whatever is shorter", () => {
    const parts = run("2026-11-01", 48, 20);
    const table = tableOfParts(parts, { key: { strategy: "range", columns: ["at"], types: ["date"] } });
    expect(firstUpdate(table, now).adoption.spec.window.grid.at(-1)?.every).toBe("day");
    expectRunnable(table, now);
  });
});

describe("ends that are the last moment of an interval", () => {
  it.each([
    ["days to 23:59:59", run("2026-11-20", 24, 12, 1), "day"],
    ["hours to 59:59", run("2026-11-28", 1, 30, 1), "hour"],
  ])("%s continue by whole ones, and the gaps have separate names", (_, parts, period) => {
    const table = tableOfParts(parts);
    const { adoption } = firstUpdate(table, now);
    expect(adoption.spec.window.grid.at(-1)?.every).toBe(period);
    expect(adoption.notes.join("\n")).toContain("the gaps belong to none");
    expect(adoption.makes.length).toBeGreaterThan(parts.length - 2);
    expectRunnable(table, now);
  });
});

describe("names", () => {
  it("a piece between odd partitions of one month has another name than the month's", () => {
    const parts = [
      part("events_p2026_09", "2026-09-01", "2026-10-01"),
      part("events_p2026_10", "2026-10-01", "2026-10-10"),
      part("events_rest", "2026-10-20", "2026-10-25"),
      part("events_p2026_11", "2026-11-01", "2026-12-01"),
      part("events_p2026_12", "2026-12-01", "2027-01-01"),
    ];
    const { segments } = findGrid(parts, "events", "UTC");
    expect(segments.map(({ name }) => name)).toContain("events_rest");
    expectRunnable(tableOfParts(parts), now);
  });

  it("an hour long after an odd partition, called by the hour after it, gets another name for the next one", () => {
    const odd = { name: "events_p2026_01_01", from: at("2026-01-01"), to: at("2026-01-01T00:00:01Z") };
    const hour = { from: at("2026-01-03"), to: at("2026-01-03T01:00:00Z") };
    expectRunnable(tableOfParts([odd, { name: "events_p2026_01_03_01", ...hour }]), now);
    expectRunnable(tableOfParts([odd, { name: "events_p2026_01_03_01", ...hour }]), at("2026-01-01"));
  });

  it("months that are called by the month after them get other names for new ones", () => {
    const months = [8, 9, 10, 11].map((month) =>
      part(
        `events_p2026_${String(month + 1).padStart(2, "0")}`,
        `2026-${String(month).padStart(2, "0")}-01`,
        `2026-${String(month + 1).padStart(2, "0")}-01`,
      ),
    );
    expectRunnable(tableOfParts(months), now);
  });
});

describe("partitions without an end or a beginning", () => {
  const months = [
    part("events_p2026_10", "2026-10-01", "2026-11-01"),
    part("events_p2026_11", "2026-11-01", "2026-12-01"),
  ];

  it("the window ends where one without an end begins, and the fix is reported", () => {
    const table = tableOfParts(months);
    const future = partitionOf("events_future", { from: at("2026-12-01"), to: undefined });
    const with_ = { ...table, partitions: [...table.partitions, future] };
    expectRunnable(with_, now);
    expect(adoptTable(factsOf(with_, now)).notes.join("\n")).toContain(
      '"events_future" has no end: nothing can be created after',
    );
  });

  it("one without an end that holds the present is reported too, and the program still runs", () => {
    const table = tableOfParts([part("events_p2026_09", "2026-09-01", "2026-10-01")]);
    const future = partitionOf("events_future", { from: at("2026-10-01"), to: undefined });
    expectRunnable({ ...table, partitions: [...table.partitions, future] }, now);
  });

  it("two without both ends are refused, because nothing is between them", () => {
    const old = partitionOf(
      "events_old",
      { from: undefined, to: at("2026-11-01") },
      "FOR VALUES FROM (MINVALUE) TO ('2026-11-01')",
    );
    const future = partitionOf(
      "events_future",
      { from: at("2026-11-01"), to: undefined },
      "FOR VALUES FROM ('2026-11-01') TO (MAXVALUE)",
    );
    const adopt = () => adoptTable(factsOf(tableOf([old, future]), now));
    expect(adopt).toThrow(CannotAdopt);
    expect(adopt).toThrow(/no partition of "app.events" has both a beginning and an end/);
  });
});

it("a set of 200 partitions and more is one resource in the program", () => {
  const hours = run("2026-11-20", 1, 250);
  expect(adoptTable(factsOf(tableOfParts(hours), now)).args.resources).toBe("window");
  expect(adoptTable(factsOf(tableOfParts(hours.slice(0, 199)), now)).args.resources).toBeUndefined();
});

it("a single partition ahead that is shorter than the unit of the lead gives a window that is not empty", () => {
  const from = at("2026-12-24T07:30:00Z");
  const parts = [{ name: "events_0", from, to: from.add({ seconds: 1 }) }];
  expectRunnable(tableOfParts(parts), at("2026-11-28"));
});

it("any set of partitions gives a program that the first update accepts, and what it creates is reported", () => {
  const cut = fc.oneof(
    fc.record({
      kind: fc.constant("period" as const),
      period: fc.constantFrom(...PERIODS),
      count: fc.integer({ min: 1, max: 6 }),
    }),
    fc.record({
      kind: fc.constant("odd" as const),
      seconds: fc.integer({ min: 1, max: 90 * 86_400 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant("gap" as const), seconds: fc.integer({ min: 1, max: 40 * 86_400 }) }),
  );
  fc.assert(
    fc.property(
      fc.array(cut, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 400 * 24 }),
      fc.constantFrom("calendar", "numbers", "shifted"),
      fc.integer({ min: -100, max: 100 }),
      (cuts, hours, naming, days) => {
        let cursor = at("2026-01-01").add({ hours });
        const parts: NamedInterval[] = [];
        const push = (to: Instant) => {
          if (compareInstants(cursor, to) >= 0) return;
          const period = findPeriod({ from: cursor, to }, "UTC");
          const template = DEFAULT_PARTITION_NAMES[period === "whole" ? "day" : period];
          const named = naming === "shifted" ? { from: to, to } : { from: cursor, to };
          const name =
            naming === "numbers" ? `events_${parts.length}` : formatPartitionName(template, "events", named, "UTC");
          const free = parts.some((one) => one.name === name) ? `events_x${parts.length}` : name;
          parts.push({ name: free, from: cursor, to });
          cursor = to;
        };
        for (const one of cuts) {
          if (one.kind === "gap") cursor = cursor.add({ seconds: one.seconds });
          else
            for (let index = 0; index < one.count; index += 1) {
              if (one.kind === "odd") push(cursor.add({ seconds: one.seconds }));
              else {
                const start = findPeriodStart(cursor, one.period, "UTC");
                if (compareInstants(start, cursor) < 0) cursor = findPeriodEnd(cursor, one.period, "UTC");
                push(findPeriodEnd(cursor, one.period, "UTC"));
              }
            }
        }
        if (parts.length === 0) return;
        expectRunnable(tableOfParts(parts), at("2026-11-28").add({ hours: 24 * days }));
      },
    ),
    { numRuns: 30 },
  );
}, 120_000);
