import { MAX_DRAINED_ROWS } from "../../defaults";
import type { PartitionProfile } from "../../declare/table/profile";
import type { ObservedTable } from "../../observed/observed-table";
import type { ObservedCheck, ObservedDefault, ObservedTrigger, RowCounts } from "../../observed/observed-default";
import { type OpenInterval, isSameInterval } from "../../time/interval";
import { buildExcludingCheck, isOurs, type Key, mergeRanges, type NamedCheck } from "../../observed/key-excludes";

/** Input about an existing default partition for creating a partition. */
export interface DefaultShape {
  readonly schema: string;
  readonly name: string;
  /** True if declared: its CHECK is maintained, and rows of a new partition are moved out of it. */
  readonly managed: boolean;
  /** Attached ranges. */
  readonly attached: readonly OpenInterval[];
  /** CHECKs of this product on it. */
  readonly checks: readonly ObservedCheck[];
  readonly rows: number;
  readonly few: boolean;
  readonly hidden: boolean;
  readonly triggers: readonly ObservedTrigger[];
  readonly counted: RowCounts | undefined;
  /** Columns that can be written: generated ones are computed again. */
  readonly columns: readonly string[];
}

/** Returns the default partition in the catalogue; undefined if none exists. */
export function toDefaultShape(table: ObservedTable, profile: PartitionProfile): DefaultShape | undefined {
  const found = table.defaultPartition;
  if (!found) return undefined;
  const { schema, name, rows, few, hidden, triggers, counted } = found;
  return {
    schema,
    name,
    managed: profile.defaultPartition !== undefined,
    attached: listAttachedRanges(table),
    checks: found.checks.filter(isOurs),
    rows,
    few,
    hidden,
    triggers,
    counted,
    columns: table.columns.filter((column) => !column.generated).map((column) => column.name),
  };
}

/** Returns attached ranges. A half detached partition takes no rows any more, and others may overlap its range. */
function listAttachedRanges(table: ObservedTable): OpenInterval[] {
  return table.partitions.flatMap((partition) =>
    partition.bounds && !partition.detachPending ? [partition.bounds] : [],
  );
}

/** Returns the number of its rows in one range; undefined: not counted. */
export function countRowsWithin(shape: Pick<DefaultShape, "counted">, range: OpenInterval): number | undefined {
  return shape.counted?.ranges.find((one) => isSameInterval(one.bounds, range))?.rows;
}

/** True if it becomes the partition of a range itself: too many rows to move, and all of them belong there. */
export function shouldConvertDefault(shape: Pick<DefaultShape, "counted" | "managed">, range: OpenInterval): boolean {
  const rows = countRowsWithin(shape, range) ?? 0;
  return shape.managed && rows > MAX_DRAINED_ROWS && rows === shape.counted?.total;
}

/** Returns the default partition after a range is attached next to it, or taken out of it. */
export function applyAttach(shape: DefaultShape, key: Key, range: OpenInterval): DefaultShape {
  if (!shape.managed) return shape;
  const moved = countRowsWithin(shape, range) ?? 0;
  const emptied = shouldConvertDefault(shape, range);
  return {
    ...shape,
    attached: [...shape.attached, range],
    checks: emptied ? [] : listChecksAfter(shape, key, range),
    rows: emptied ? 0 : Math.max(0, shape.rows - moved),
    few: shape.few || emptied,
    triggers: emptied ? shape.triggers.filter((trigger) => trigger.inherited !== undefined) : shape.triggers,
    counted: shape.counted && {
      ...shape.counted,
      total: shape.counted.total - moved,
      ranges: shape.counted.ranges.map((one) => (isSameInterval(one.bounds, range) ? { ...one, rows: 0 } : one)),
    },
  };
}

/** Lists its CHECKs after an ATTACH: many rows are proved to be outside of the range, few are read. */
function listChecksAfter(shape: DefaultShape, key: Key, range: OpenInterval): readonly ObservedCheck[] {
  if (shape.few) return shape.checks;
  const proofs = [findMissingProof(key, shape), buildExcludingCheck(key, [range])].flatMap((check) =>
    check ? [{ name: check.name, validated: true }] : [],
  );
  return [...shape.checks.filter(({ name }) => !proofs.some((proof) => proof.name === name)), ...proofs];
}

/**
 * Returns the CHECK that is missing for the proof that no row belongs to an attached range. A range may have a CHECK of its own;
 * one is for all others.
 */
export function findMissingProof(key: Key, { attached, checks }: DefaultShape): NamedCheck | undefined {
  const isProven = (check: NamedCheck | undefined) =>
    check === undefined || checks.some(({ name, validated }) => validated && name === check.name);
  const whole = buildExcludingCheck(key, mergeRanges(attached));
  if (isProven(whole)) return undefined;
  const others = attached.filter((range) => !isProven(buildExcludingCheck(key, [range])));
  const rest = buildExcludingCheck(key, mergeRanges(others));
  return isProven(rest) ? undefined : rest;
}

/** Does the same for the observed state, so that the next partition of the same run need not read everything again. */
export function applyAttachToObserved(
  found: ObservedDefault,
  before: DefaultShape,
  key: Key,
  range: OpenInterval,
): ObservedDefault {
  const { checks, rows, few, triggers, counted } = applyAttach(before, key, range);
  const others = found.checks.filter((check) => !isOurs(check));
  return { ...found, checks: [...others, ...checks], rows, few, triggers, counted };
}
