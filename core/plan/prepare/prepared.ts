import { createHash } from "node:crypto";
import { encodeBranchPath } from "../../levels/levels";
import { formatPartitionName } from "../../names/template";
import type { Registration } from "../../observed/registration";
import type { WindowSpec } from "../../declare/table/spec";
import { createPartitionStatements } from "../../partition/create/partition-statements";
import type { ParentShape } from "../../partition/carry/parent";
import { pickEarlier, type Instant } from "../../time/instant";
import type { Interval } from "../../time/interval";
import { computeHorizon } from "../../window/window-partitions";
import type { Clocks } from "../../window/clocks";
import { limitPrepared, listComingIntervals, prepareParent, addDueTimes } from "./coming-intervals";
import { type PreparedLevels, prepareLevels } from "./prepared-levels";
import type { Change } from "../change/change";
import { formatRangeName } from "../change/work";

/** A partition of a coming interval as the schedule in the database will create it: it only runs what is decided here. */
export interface PreparedPartition {
  /** As in the ledger: empty for a part of the table itself. */
  readonly branch: string;
  readonly parent: { readonly schema: string; readonly name: string };
  readonly schema: string;
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
  /** From this time on the window wants it. */
  readonly dueAt: Instant;
  /** While this interval is the present one, partitions that end at or before this time have expired. */
  readonly horizon: Instant | undefined;
  readonly statements: readonly string[];
}

/**
 * Renders the partitions of one parent from the present interval to the end of the lead and beyond it: enough for a database
 * without updates to accept rows for half a year. A fixed end of the window is the end here too.
 */
export function preparePartitions(spec: WindowSpec, parent: ParentShape, asOf: Instant): PreparedPartition[] {
  const zone = spec.key.zone;
  const shape = prepareParent(parent);
  return limitPrepared(addDueTimes(spec, listComingIntervals(spec, asOf))).map(({ interval, dueAt }) => {
    const { from, to } = interval;
    const name = formatPartitionName(interval.segment.name, spec.table, interval, zone, parent.table);
    return {
      branch: encodeBranchPath(parent.path),
      parent: { schema: parent.schema, name: parent.table },
      schema: parent.partitionSchema,
      name,
      from,
      to,
      dueAt,
      horizon: computeHorizon(spec, from),
      statements: createPartitionStatements(shape, { name, from, to }).map((statement) => statement.sql),
    };
  });
}

/** Equal for equal rows: an update writes them only if the database has others. */
export function digestPrepared(prepared: readonly PreparedPartition[] | PreparedLevels): string {
  return createHash("sha256").update(JSON.stringify(prepared), "utf8").digest("hex").slice(0, 16);
}

/** Data given to the schedule in the database. */
export interface PrepareStep {
  /** Coming partitions of a table, or of each of its branches. */
  readonly count: number;
}

/** Prepared partitions that the registry should hold for the schedule, and whether it does. */
export interface PreparedPlan {
  /** Of a table without levels above its time level. */
  readonly partitions: readonly PreparedPartition[];
  /** Of a table with such levels. */
  readonly levels: PreparedLevels | undefined;
  readonly digest: string;
  /** True if the registry holds others. */
  readonly due: boolean;
  /** One if that alone requires an update: a first update comes anyway. */
  readonly changes: readonly Change<"prepare", PrepareStep>[];
  /** Number of coming partitions, of a table or of each of its branches. */
  readonly count: number;
}

/**
 * Plans by the earlier of the two clocks, as retirement does: a program whose clock is ahead must not take the nearest intervals
 * away from the schedule.
 */
export function planPrepared(
  spec: WindowSpec,
  parent: ParentShape | undefined,
  registration: Registration | undefined,
  clocks: Clocks,
): PreparedPlan | undefined {
  if (!registration || !parent) return undefined;
  const at = clocks.trusted ?? pickEarlier(clocks.asOf, clocks.database);
  const levels = spec.levels.above.length > 0 ? prepareLevels(spec, parent, at) : undefined;
  const partitions = levels ? [] : preparePartitions(spec, parent, at);
  const digest = digestPrepared(levels ?? partitions);
  const coming = levels ? levels.parts.filter((part) => part.grid === 0 && !part.past) : partitions;
  const due = registration.prepared !== digest;
  return {
    partitions,
    levels,
    digest,
    due,
    changes: due && registration.window !== undefined ? planPrepareChange(coming) : [],
    count: coming.length,
  };
}

function planPrepareChange(coming: readonly Interval[]): Change<"prepare", PrepareStep>[] {
  const [first, last] = [coming[0], coming.at(-1)];
  if (!first || !last) return [];
  return [
    {
      verb: "prepare",
      section: "prepare",
      subject: formatRangeName(coming.length),
      bounds: { from: first.from, to: last.to },
      reasons: ["the schedule in the database has others"],
      facts: {},
      statements: [],
      step: { count: coming.length },
    },
  ];
}
