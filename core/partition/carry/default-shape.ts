import { MAX_DRAINED_ROWS } from "../../defaults";
import type { LeafProfile } from "../../declare/table/profile";
import type { ObservedTable } from "../../observed/table";
import type { ObservedCheck, ObservedDefault, ObservedTrigger, RowCounts } from "../../observed/default-partition";
import { type OpenInterval, sameInterval } from "../../time/interval";
import { excludingCheck, isOurs, type Key, stretchesOf } from "../../observed/key-excludes";

/** What the making of a partition needs to know about a default partition beside it. */
export interface DefaultShape {
  readonly schema: string;
  readonly name: string;
  /** Declared: its CHECK is kept, and rows of a new partition are moved out of it. */
  readonly managed: boolean;
  /** What is attached, neighbouring ranges as one. */
  readonly stretches: readonly OpenInterval[];
  /** Those of ours that stand on it. */
  readonly checks: readonly ObservedCheck[];
  readonly rows: number;
  readonly few: boolean;
  readonly hidden: boolean;
  readonly triggers: readonly ObservedTrigger[];
  readonly counted: RowCounts | undefined;
  /** Columns that can be written: generated ones are made anew. */
  readonly columns: readonly string[];
}

/** The default partition that the catalogue shows; undefined where there is none. */
export function observedDefault(table: ObservedTable, profile: LeafProfile): DefaultShape | undefined {
  const found = table.defaultPartition;
  if (!found) return undefined;
  const { schema, name, rows, few, hidden, triggers, counted } = found;
  return {
    schema,
    name,
    managed: profile.defaultPartition !== undefined,
    stretches: stretchesOf(attachedRanges(table)),
    checks: found.checks.filter(isOurs),
    rows,
    few,
    hidden,
    triggers,
    counted,
    columns: table.columns.filter((column) => !column.generated).map((column) => column.name),
  };
}

/** A half detached partition takes no rows any more, and has no range that others must not have. */
function attachedRanges(table: ObservedTable): OpenInterval[] {
  return table.leaves.flatMap((leaf) => (leaf.bounds && !leaf.detachPending ? [leaf.bounds] : []));
}

/** Rows of one range in it; undefined: not counted. */
export function rowsWithin(shape: Pick<DefaultShape, "counted">, range: OpenInterval): number | undefined {
  return shape.counted?.ranges.find((one) => sameInterval(one.bounds, range))?.rows;
}

/** Whether it is to become the partition of a range itself: too many rows to move, and all of them belong there. */
export function becomes(shape: Pick<DefaultShape, "counted" | "managed">, range: OpenInterval): boolean {
  const rows = rowsWithin(shape, range) ?? 0;
  return shape.managed && rows > MAX_DRAINED_ROWS && rows === shape.counted?.total;
}

/** The default partition once a range has been attached beside it, or taken out of it. */
export function afterAttach(shape: DefaultShape, key: Key, range: OpenInterval): DefaultShape {
  if (!shape.managed) return shape;
  const stretches = stretchesOf([...shape.stretches, range]);
  const check = excludingCheck(key, stretches);
  const moved = rowsWithin(shape, range) ?? 0;
  const emptied = becomes(shape, range);
  return {
    ...shape,
    stretches,
    checks: check ? [{ name: check.name, validated: true }] : [],
    rows: emptied ? 0 : Math.max(0, shape.rows - moved),
    few: shape.few || emptied,
    triggers: emptied ? shape.triggers.filter((trigger) => trigger.inherited !== undefined) : shape.triggers,
    counted: shape.counted && {
      ...shape.counted,
      total: shape.counted.total - moved,
      ranges: shape.counted.ranges.map((one) => (sameInterval(one.bounds, range) ? { ...one, rows: 0 } : one)),
    },
  };
}

/** The same for what was observed, so that the next partition of the same turn need not read everything again. */
export function observedAfterAttach(
  found: ObservedDefault,
  before: DefaultShape,
  key: Key,
  range: OpenInterval,
): ObservedDefault {
  const { checks, rows, few, triggers, counted } = afterAttach(before, key, range);
  const others = found.checks.filter((check) => !isOurs(check));
  return { ...found, checks: [...others, ...checks], rows, few, triggers, counted };
}
