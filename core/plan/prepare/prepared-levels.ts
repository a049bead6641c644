import { MAX_PREPARED } from "../../defaults";
import { deriveBranchShape, createBranchSteps } from "../../partition/branch/branch-steps";
import { type BranchLevel, type GridOverride, isSource, type LevelsSpec } from "../../levels/levels";
import { buildSourceRowsQuery } from "../../partition/branch/source-rows";
import { createHole, type Template, splitAtHoles } from "../../names/hole";
import { formatBranchName, formatPartitionName } from "../../names/template";
import type { WindowSpec } from "../../declare/table/spec";
import { createPartitionStatements } from "../../partition/create/partition-statements";
import type { Cut } from "../../partition/statements/new-table";
import type { ParentShape } from "../../partition/carry/parent";
import { type GridInterval, findIntervalAt, listIntervalsBetween } from "../../time/grid";
import { type Instant, pickLater } from "../../time/instant";
import { computeHorizon } from "../../window/window-partitions";
import { limitPrepared, listComingIntervals, type DueInterval, prepareParent, addDueTimes } from "./coming-intervals";

/** One level above the time level, as the schedule in the database creates its branches. */
interface PreparedLevel {
  /** 1 is the outermost. */
  readonly depth: number;
  readonly kind: BranchLevel["kind"];
  /** Given values, or the remainders of a HASH level. Undefined: they are read. */
  readonly values: readonly string[] | undefined;
  /** The query for its values, each with its parent and whether it is in use. */
  readonly source: string | undefined;
  /** Depth of the LIST level above to which the parent values belong. */
  readonly parentDepth: number | undefined;
  readonly slug: boolean;
  readonly schema: string;
  readonly name: Template;
  /** Statements that create the table of a branch. */
  readonly own: readonly Template[];
  readonly attach: Template;
  /** As in createBranchSteps: attached while it is empty. */
  readonly attachFirst: boolean;
}

/** A partition of a coming interval below any branch that is cut this way. */
interface PreparedPart {
  /** 0 is the level's own grid; its overrides follow. */
  readonly grid: number;
  /** Values of the levels above to which it applies; empty for the level's own grid. */
  readonly fits: readonly { readonly depth: number; readonly value: string }[];
  readonly from: Instant;
  readonly to: Instant;
  readonly dueAt: Instant;
  readonly horizon: Instant | undefined;
  /** Before the present interval: created only for a new branch. */
  readonly past: boolean;
  readonly schema: string;
  readonly name: Template;
  readonly statements: readonly Template[];
}

export interface PreparedLevels {
  readonly levels: readonly PreparedLevel[];
  readonly parts: readonly PreparedPart[];
}

/**
 * Renders the creation of branches and their partitions once for all of them: names and value, which differ from branch to
 * branch, are left open, because values appear while no program runs.
 */
export function prepareLevels(spec: WindowSpec, parent: ParentShape, asOf: Instant): PreparedLevels {
  const shape = prepareParent(parent);
  return {
    levels: spec.levels.above.map((level, index) => prepareLevel(spec, shape, level, index)),
    parts: listGrids(spec).flatMap(({ fits, grid }, number) =>
      prepareGrid({ ...spec, grid }, shape, asOf).map((part) => ({ grid: number, fits, ...part })),
    ),
  };
}

function prepareLevel(spec: WindowSpec, root: ParentShape, level: BranchLevel, index: number): PreparedLevel {
  const branch = {
    name: createHole("name"),
    path: [createHole("value")],
    level,
    cut: getCutBelow(spec, index),
    children: [],
    partitions: [],
  };
  const above = { schema: createHole("schema"), name: createHole("parent"), path: [] };
  const texts = createBranchSteps(root, above, branch).flatMap((step) =>
    step.statements.map(({ sql }) => splitAtHoles(sql)),
  );
  const label = level.kind === "hash" ? { remainder: createHole("label") } : { value: createHole("label") };
  return {
    depth: index + 1,
    kind: level.kind,
    ...describeValues(spec.levels, level, index),
    slug: level.kind === "list" && level.slug,
    schema: root.partitionSchema,
    name: splitAtHoles(formatBranchName(level.name, { table: spec.table, base: createHole("base"), ...label })),
    own: texts.slice(0, -1),
    attach: texts.at(-1) ?? [],
    attachFirst: root.references.length > 0,
  };
}

function getCutBelow(spec: WindowSpec, index: number): Cut {
  const next = spec.levels.above[index + 1];
  return next ? { strategy: next.kind, column: next.column } : { strategy: "range", column: spec.key.column };
}

function describeValues(
  levels: LevelsSpec,
  level: BranchLevel,
  index: number,
): Pick<PreparedLevel, "values" | "source" | "parentDepth"> {
  const toGivenValues = (values: readonly string[]) => ({ values, source: undefined, parentDepth: undefined });
  if (level.kind === "hash")
    return toGivenValues(Array.from({ length: level.modulus }, (_, remainder) => String(remainder)));
  if (!isSource(level.values)) return toGivenValues(level.values);
  const above = levels.above.slice(0, index).findLastIndex((one) => one.kind === "list");
  return {
    values: undefined,
    source: buildSourceRowsQuery(level.values),
    parentDepth: above < 0 ? undefined : above + 1,
  };
}

function listGrids(spec: WindowSpec): { readonly fits: PreparedPart["fits"]; readonly grid: WindowSpec["grid"] }[] {
  const listFits = ({ when }: GridOverride) =>
    Object.entries(when).map(([column, value]) => ({
      depth: spec.levels.above.findIndex((level) => level.column === column) + 1,
      value,
    }));
  return [
    { fits: [], grid: spec.grid },
    ...spec.levels.overrides.map((override) => ({ fits: listFits(override), grid: override.grid })),
  ];
}

function prepareGrid(spec: WindowSpec, root: ParentShape, asOf: Instant): Omit<PreparedPart, "grid" | "fits">[] {
  const stem = deriveBranchShape(root, {
    schema: createHole("schema"),
    name: createHole("parent"),
    path: [createHole("value")],
  });
  const prepare = ({ interval, dueAt }: DueInterval, past: boolean) => {
    const { from, to } = interval;
    const name = formatPartitionName(interval.segment.name, spec.table, interval, spec.key.zone, stem.table);
    // A past one is as old as it is; however late a coming one is created, its end is ahead.
    const shape = past ? { ...stem, now: asOf } : stem;
    return {
      from,
      to,
      dueAt,
      horizon: computeHorizon(spec, from),
      past,
      schema: root.partitionSchema,
      name: splitAtHoles(name),
      statements: createPartitionStatements(shape, { name, from, to }).map(({ sql }) => splitAtHoles(sql)),
    };
  };
  return [
    ...listPastIntervals(spec, asOf).map((interval) => prepare({ interval, dueAt: interval.from }, true)),
    ...limitPrepared(addDueTimes(spec, listComingIntervals(spec, asOf))).map((due) => prepare(due, false)),
  ];
}

/** Lists the intervals of the window before the present one; of very many the last. */
function listPastIntervals(spec: WindowSpec, asOf: Instant): readonly GridInterval[] {
  const zone = spec.key.zone;
  const now = findIntervalAt(spec.grid, asOf, zone)?.from ?? asOf;
  const horizon = computeHorizon(spec, asOf);
  const from = spec.start && horizon ? pickLater(spec.start, horizon) : (spec.start ?? horizon ?? now);
  return [...listIntervalsBetween(spec.grid, from, now, zone)].slice(-MAX_PREPARED);
}
