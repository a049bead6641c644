import type { ObservedLeafIndex, ObservedTable } from "../observed";
import type { ObservedReplication } from "../observed-replication";
import { formatTableId } from "../names/resource-id";
import { parseTableSpec } from "../spec/parse";
import type { TableSpecArgs, WindowArgs } from "../spec/args";
import type { ListValuesArgs, RangeLevelArgs } from "../spec/level-args";
import type { TableSpec } from "../spec/spec";
import { compareInstants, formatInstant, type Instant } from "../time/instant";
import { formatInterval, sameInterval } from "../time/interval";
import type { KeyEncoding } from "../time/key";
import { endOfPeriod, type Period, startOfPeriod } from "../time/period";
import { branchSpec } from "../levels/tree";
import { planWindow } from "../window/window";
import { formatProblem } from "../problem";
import { carriedNotes, declaredPublications } from "./carried";
import { declaredColumns } from "./columns";
import { CannotAdopt } from "./cannot-adopt";
import { findGrids, type FoundGrids } from "./level-grid";
import { findLevels, type FoundLevels, timeColumnOf } from "./levels";
import { findIndexes } from "./indexes";
import type { NamedInterval } from "./partition-names";

/** What is known about a table that no program declares yet. */
export interface AdoptionFacts {
  readonly table: ObservedTable;
  readonly leafIndexes: readonly ObservedLeafIndex[];
  readonly replication: ObservedReplication;
  readonly now: Instant;
  /** How the key writes time, and the zone by whose calendar it is cut. */
  readonly encoding: KeyEncoding;
  readonly zone: string;
  /** Declare the columns too; else another tool owns them. */
  readonly columns: boolean;
  /** Where the values of LIST levels are read from, by their columns. */
  readonly sources?: Readonly<Record<string, ListValuesArgs>>;
}

/** A declaration of what is there, and what a person has to know or to decide about it. */
export interface Adoption {
  readonly args: TableSpecArgs;
  readonly spec: TableSpec;
  /** What exists, in order of time. */
  readonly partitions: readonly NamedInterval[];
  readonly notes: readonly string[];
}

export { CannotAdopt } from "./cannot-adopt";

/** Reads a declaration from a table that somebody else made. Pure: what it says about the window are proposals. */
export function adoptTable(facts: AdoptionFacts): Adoption {
  const { table, zone } = facts;
  requireKey(table);
  const levels = findLevels(table, facts.sources);
  // The table as its time level sees it.
  const byTime = { ...table, leaves: levels.stems.flatMap((stem) => stem.leaves) };
  requireTimes(byTime);
  const grid = findGrids(levels.stems, levels.above.length > 0, zone);
  const { partitions } = grid;
  const { indexes, notes: indexNotes } = findIndexes(table, facts.leafIndexes);
  const { window, notes: windowNotes } = proposeWindow({ ...facts, table: byTime }, partitions, grid.period);
  const args: TableSpecArgs = {
    table: table.name,
    schema: table.schema,
    ...(facts.columns ? declaredColumns(table) : {}),
    partitionBy: [...levels.above, levelOf(levels.column, grid, facts), ...levels.below],
    window,
    onExpire: "detach",
    ...(Object.keys(indexes).length > 0 ? { indexes } : {}),
    ...declaredPublications(facts.replication),
  };
  const parsed = parseTableSpec(args);
  if (!parsed.ok)
    throw new CannotAdopt(
      `table "${formatTableId({ schema: table.schema, table: table.name })}" cannot be declared as it is: ${parsed.problems.map(formatProblem).join(" ")}`,
    );
  return {
    args,
    spec: parsed.value,
    partitions,
    notes: [
      ...levels.notes,
      ...grid.notes,
      ...indexNotes,
      ...windowNotes,
      ...leafNotes(byTime),
      ...carriedNotes(table, facts.replication),
      ...differences(parsed.value, levels, facts.now),
    ],
  };
}

function requireKey(table: ObservedTable): void {
  const name = `"${table.schema}.${table.name}"`;
  if (table.kind !== "partitioned" || !table.key)
    throw new CannotAdopt(`${name} is not partitioned: adopt reads partitioned tables; a plain one needs a migration`);
  const { columns, types } = table.key;
  if (columns.length !== 1 || columns[0] === undefined)
    throw new CannotAdopt(
      `${name} is partitioned by more than one column or by an expression (${types.join(", ")}), which cannot be declared`,
    );
  if (timeColumnOf(table) === undefined)
    throw new CannotAdopt(
      `${name} is partitioned by ${table.key.strategy}, and no level of it cuts by time: that cannot be declared`,
    );
}

function requireTimes(table: ObservedTable): void {
  const unread = table.leaves.find((leaf) => !leaf.isDefault && leaf.bounds === undefined);
  if (unread)
    throw new CannotAdopt(
      `the bounds of partition "${unread.name}" (${unread.boundsText}) are not read as times: say how the key writes them with --key (epoch-s, epoch-ms, epoch-us, uuidv7)`,
    );
}

function levelOf(column: string, grid: FoundGrids, facts: AdoptionFacts): RangeLevelArgs {
  const [only] = grid.segments;
  const cut =
    grid.segments.length === 1 && only && only.every !== "whole"
      ? { every: only.every, ...(only.name === undefined ? {} : { name: only.name }) }
      : { grid: grid.segments };
  return {
    range: column,
    ...cut,
    ...(facts.zone === "UTC" ? {} : { zone: facts.zone }),
    ...(facts.encoding === "time" ? {} : { key: facts.encoding }),
    ...(grid.overrides.length > 0 ? { overrides: grid.overrides } : {}),
  };
}

const SPAN_WORDS: Readonly<Record<Period, string>> = {
  hour: "hours",
  day: "days",
  week: "weeks",
  month: "months",
  quarter: "quarters",
  year: "years",
};

/** As far back and ahead as there are partitions, so that the first update neither makes nor retires anything. */
function proposeWindow(
  facts: AdoptionFacts,
  partitions: readonly NamedInterval[],
  period: Period,
): { readonly window: WindowArgs; readonly notes: readonly string[] } {
  const { zone, now, table } = facts;
  const current = startOfPeriod(now, period, zone);
  const first = partitions[0];
  const last = partitions.at(-1);
  const ahead = last ? periodsBetween(current, last.from, period, zone) : 0;
  const back = first ? periodsBetween(first.from, current, period, zone) : 0;
  const unlimited = table.leaves.find((leaf) => leaf.bounds && !leaf.bounds.to)?.bounds?.from;
  const open = table.leaves.some((leaf) => leaf.bounds && !leaf.bounds.from);
  const words = (count: number): `${number} months` =>
    `${Math.max(count, 1)} ${SPAN_WORDS[period]}` as `${number} months`;
  const lead: WindowArgs["lead"] = unlimited ? { until: formatInstant(unlimited) } : words(ahead);
  const notes = [
    ...(unlimited
      ? [`the last partition has no end: nothing can be made after ${formatInstant(unlimited)} until it is detached`]
      : []),
    ...(ahead < 1 && !unlimited ? ["no partition lies ahead of the present one: the first update makes the next"] : []),
  ];
  if (open || !first)
    return {
      window: { lead, retention: "forever", start: formatInstant(first?.from ?? current) },
      notes: [
        ...notes,
        ...(open ? ["the first partition has no beginning: it stays attached, outside the window"] : []),
      ],
    };
  const start = reachesBack(first.from, current, back, period, zone) ? {} : { start: formatInstant(first.from) };
  return { window: { lead, retention: words(back), ...start }, notes };
}

/** Whether going back that many intervals leads exactly to the first partition, so that no start has to be said. */
function reachesBack(first: Instant, current: Instant, back: number, period: Period, zone: string): boolean {
  return (
    back >= 1 && compareInstants(startOfPeriod(first, period, zone), first) === 0 && compareInstants(first, current) < 0
  );
}

/** Intervals from the one that contains `from` to the one that contains `to`; 0 where there is none. */
function periodsBetween(from: Instant, to: Instant, period: Period, zone: string): number {
  let count = 0;
  for (let at = startOfPeriod(from, period, zone); compareInstants(at, to) < 0; at = endOfPeriod(at, period, zone))
    count += 1;
  return count;
}

function leafNotes(table: ObservedTable): string[] {
  return table.leaves.flatMap((leaf) => {
    if (leaf.isDefault)
      return [
        `"${leaf.name}" is a default partition: it stays attached and is not declared. Every ATTACH locks and reads it, and DETACH CONCURRENTLY is impossible beside it; move its rows and drop it when you can`,
      ];
    return leaf.detachPending
      ? [`"${leaf.name}" is half detached: finish it with ALTER TABLE … DETACH PARTITION … FINALIZE`]
      : [];
  });
}

/** What the first update would make, found by planning it: one by one in a table, counted over many branches. */
function differences(spec: TableSpec, levels: FoundLevels, now: Instant): string[] {
  const columns = spec.window.levels.above.map((level) => level.column);
  const missing = levels.stems.flatMap((stem) => {
    const path = columns.map((column) => stem.values[column] ?? "");
    const name = levels.above.length > 0 ? stem.name : undefined;
    const { desired } = planWindow(branchSpec(spec.window, path), now, name);
    return desired.filter((one) => !stem.leaves.some((leaf) => leaf.bounds && sameInterval(leaf.bounds, one)));
  });
  const listed = missing.slice(0, MAX_MISSING);
  const more = missing.length - listed.length;
  return [
    ...listed.map((one) => `no partition holds ${formatInterval(one)}: the first update makes "${one.name}"`),
    ...(more > 0 ? [`the first update makes ${more} more partitions`] : []),
  ];
}

/** A comment for each would hide the program. */
const MAX_MISSING = 20;
