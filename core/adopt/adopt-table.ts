import type { ObservedPartitionIndex, ObservedTable } from "../observed/observed-table";
import type { ObservedReplication } from "../observed/replication";
import { formatTableId } from "../names/resource-id";
import { parseTableSpec } from "../declare/table/parse";
import type { TableSpecArgs } from "../declare/table/args";
import type { ListValuesArgs } from "../declare/levels/branch-level";
import type { RangeLevelArgs } from "../declare/levels/time-level";
import type { TableSpec } from "../declare/table/spec";
import { WARN_PARTITIONS_AS_RESOURCES } from "../defaults";
import type { Observation } from "../observed/observed-table";
import type { Instant } from "../time/instant";
import { type KeyEncoding, findKeyKind } from "../time/key";
import { formatProblem } from "../problems/problem";
import { noteOmittedProperties, declarePartitions, declarePublications, notePartitionStates } from "./carried";
import { noteConstraintStates, declareColumns } from "./declared-columns";
import { CannotAdopt } from "./cannot-adopt";
import { planFirstUpdate } from "./first-update";
import { findGrids, type FoundGrids } from "./level-grid";
import { findLevels, findTimeColumn } from "./find-levels";
import { findIndexes } from "./find-indexes";
import type { NamedInterval } from "./partition-names";
import { proposeWindow } from "./propose-window";
import { omitRefused } from "./unsaid";

/** Facts about a table that no program declares yet. */
interface AdoptionFacts {
  readonly table: ObservedTable;
  readonly partitionIndexes: readonly ObservedPartitionIndex[];
  readonly replication: ObservedReplication;
  readonly now: Instant;
  /** Encoding of time in the key, and the time zone of the calendar by which it is cut. */
  readonly encoding: KeyEncoding;
  readonly zone: string;
  /** True to declare the columns too; otherwise another tool owns them. */
  readonly columns: boolean;
  /** Sources of the values of LIST levels, by column. */
  readonly sources?: Readonly<Record<string, ListValuesArgs>>;
  /** For a table that was managed before: the history of its partitions. Left out: unknown. */
  readonly history?: Pick<Observation, "ledger" | "detached">;
}

/** A declaration of the existing table, with notes on what an operator has to know or decide. */
export interface Adoption {
  readonly args: TableSpecArgs;
  readonly spec: TableSpec;
  /** Existing partitions, in order of time. */
  readonly partitions: readonly NamedInterval[];
  readonly notes: readonly string[];
  /** Partitions that the first update creates. */
  readonly makes: readonly NamedInterval[];
}

/** Reads a declaration from a table that was created elsewhere. Pure: its window is a proposal. */
export function adoptTable(facts: AdoptionFacts): Adoption {
  const { table, zone } = facts;
  requireKey(table);
  const levels = findLevels(table, facts.sources);
  // The table as its time level sees it.
  const byTime = { ...table, partitions: levels.stems.flatMap((stem) => stem.partitions) };
  requireTimes(byTime);
  const column = table.columns.find((one) => one.name === levels.column);
  const noHours = column !== undefined && findKeyKind(column.type, facts.encoding) === "date";
  const grid = findGrids(levels.stems, levels.above.length > 0, zone, noHours);
  const { partitions } = grid;
  const { indexes, notes: indexNotes } = findIndexes(table, facts.partitionIndexes);
  const { args: declared, notes: unsaidNotes } = omitRefused(
    {
      table: table.name,
      schema: table.schema,
      ...(facts.columns ? declareColumns(table) : {}),
      partitionBy: [...levels.above, declareLevel(levels.column, grid, facts), ...levels.below],
      window: { lead: "1 day", retention: "forever", start: "1970-01-01" },
      onExpire: "detach",
      ...(byTime.partitions.length >= WARN_PARTITIONS_AS_RESOURCES && levels.above.length === 0
        ? { resources: "window" }
        : {}),
      ...(Object.keys(indexes).length > 0 ? { indexes } : {}),
      ...declarePublications(facts.replication),
    },
    table,
  );
  const bare = parseSpec(declared, table);
  const { window, notes: windowNotes } = proposeWindow(
    { table: byTime, now: facts.now, grid: bare.window.grid, zone },
    partitions,
    grid.period,
  );
  // An index is declared by its key in the program, which only the parsed declaration has.
  const args = { ...declared, window, ...declarePartitions(table, bare.indexes) };
  const spec = parseSpec(args, table);
  const first = planFirstUpdate(spec, table, levels, facts);
  return {
    args,
    spec,
    partitions,
    makes: first.makes,
    notes: [
      ...first.before,
      ...levels.notes,
      ...grid.notes,
      ...unsaidNotes,
      ...indexNotes,
      ...windowNotes,
      ...(facts.columns ? noteConstraintStates(table) : []),
      ...notePartitions(byTime),
      ...noteOmittedProperties(table, facts.replication),
      ...notePartitionStates(table, spec.profile),
      ...first.notes,
    ],
  };
}

function parseSpec(args: TableSpecArgs, table: ObservedTable): TableSpec {
  const parsed = parseTableSpec(args);
  if (parsed.ok) return parsed.value;
  throw new CannotAdopt(
    `table "${formatTableId({ schema: table.schema, table: table.name })}" cannot be declared as it is: ${parsed.problems.map(formatProblem).join(" ")}`,
  );
}

function requireKey(table: ObservedTable): void {
  const name = `"${table.schema}.${table.name}"`;
  if (table.kind !== "partitioned" || !table.key)
    throw new CannotAdopt(
      `${name} is not partitioned: adopt reads partitioned tables; pgpartition analyze tells how a plain one is converted`,
    );
  const { columns, types } = table.key;
  if (columns.length !== 1 || columns[0] === undefined)
    throw new CannotAdopt(
      `${name} is partitioned by more than one column or by an expression (${types.join(", ")}), which cannot be declared`,
    );
  if (findTimeColumn(table) === undefined)
    throw new CannotAdopt(
      `${name} is partitioned by ${table.key.strategy}, and no level of it cuts by time: that cannot be declared`,
    );
}

function requireTimes(table: ObservedTable): void {
  const unread = table.partitions.find((partition) => !partition.isDefault && partition.bounds === undefined);
  if (unread)
    throw new CannotAdopt(
      `the bounds of partition "${unread.name}" (${unread.boundsText}) are not read as times, and only what is cut by time can be declared`,
    );
}

function declareLevel(column: string, grid: FoundGrids, facts: AdoptionFacts): RangeLevelArgs {
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

function notePartitions(table: ObservedTable): string[] {
  return table.partitions.flatMap((partition) => {
    if (partition.isDefault)
      return [
        `"${partition.name}" is a default partition: it stays attached and is not declared. Every ATTACH locks and reads it, and DETACH CONCURRENTLY is impossible beside it; move its rows and drop it when you can`,
      ];
    if (partition.foreign)
      return [
        `"${partition.name}" is a foreign table: its rows are elsewhere. It stays attached, has no index, row security, replica identity or storage of ours, and is never archived; with onExpire "drop" its definition goes, and its rows stay where they are`,
      ];
    return partition.detachPending
      ? [`"${partition.name}" is half detached: finish it with ALTER TABLE … DETACH PARTITION … FINALIZE`]
      : [];
  });
}
