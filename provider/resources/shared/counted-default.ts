import { type Key, buildKeyRangeCondition } from "../../../core/observed/key-excludes";
import { decodeProfile } from "../../../core/declare/table/profile";
import type { Observation } from "../../../core/observed/observed-table";
import type { RowCounts } from "../../../core/observed/observed-default";
import type { KeySpec } from "../../../core/declare/table/spec";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import type { OpenInterval } from "../../../core/time/interval";
import { type Counts, runCount } from "../../../postgres/read/count-rows";
import { parseBound } from "../../../core/time/key";
import type { Runtime } from "../../runtime/runtime";

/**
 * Adds the facts about a default partition that creating these ranges requires: whether it is declared, and how many of its
 * rows belong there. Queries the database only if it has rows.
 */
export async function addCountedRows(
  runtime: Runtime,
  table: { readonly schema: string; readonly table: string },
  key: KeySpec,
  observation: Observation,
  ranges: readonly OpenInterval[],
): Promise<Observation> {
  const found = observation.table?.defaultPartition;
  if (!observation.table || !found) return observation;
  const profile = runtime.getProfile(table) ?? decodeProfile(observation.registration?.profile);
  const declared = profile.defaultPartition !== undefined;
  const parent = buildObservedParent(observation.table, key, { ...observation, profile });
  const asked = found.rows > 0 && !found.hidden && ranges.length > 0;
  const conditions = asked ? ranges.map((range) => buildKeyRangeCondition(parent.key, range)) : [];
  const counts = asked ? await runCount(runtime.database, found, conditions, parent.key) : undefined;
  const counted = counts && {
    total: counts.total,
    span: toRowSpan(counts, parent.key),
    ranges: ranges.flatMap((bounds, index) => {
      const rows = counts.rows[index];
      return rows === undefined ? [] : [{ bounds: { from: bounds.from, to: bounds.to }, rows }];
    }),
  };
  return { ...observation, table: { ...observation.table, defaultPartition: { ...found, declared, counted } } };
}

/** Returns the span of the rows; undefined for numbers outside every calendar. */
function toRowSpan(counts: Counts, key: Key): RowCounts["span"] {
  if (!counts.span) return undefined;
  try {
    const [first, last] = [counts.span.first, counts.span.last].map((text) => parseBound(text, key.kind, key.zone));
    return first && last ? { first, last, rows: counts.span.rows } : undefined;
  } catch {
    return undefined;
  }
}
