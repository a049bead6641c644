import type { Observation } from "../../../core/observed/observed-table";
import type { Registration } from "../../../core/observed/registration";
import type { IndexSpec } from "../../../core/declare/table/spec";
import { formatIndexDefinition } from "../../../core/partition/carry/parent";
import type { Runtime } from "../../runtime/runtime";

/** Returns the declared indexes that exist on the table but not in the registry: adopted or imported, never changed so far. */
export function listUnrecordedIndexes(
  runtime: Runtime,
  table: { readonly schema: string; readonly table: string },
  observation: Observation,
): { readonly spec: IndexSpec; readonly printed: string }[] {
  const { table: found, registration } = observation;
  return runtime.getIndexes(table).flatMap((spec) => {
    const there = found?.indexes.find((index) => index.name === spec.name);
    const known = registration?.indexes.some((index) => index.name === spec.name) === true;
    return there && !known ? [{ spec, printed: there.definition }] : [];
  });
}

/**
 * Returns the observation with these indexes as the registry will have them after the update: partitions are planned under the
 * declared names from the first run on, not from the second.
 */
export function addDeclaredIndexes(
  runtime: Runtime,
  table: { readonly schema: string; readonly table: string },
  observation: Observation,
): Observation {
  const indexes = listUnrecordedIndexes(runtime, table, observation).map(({ spec, printed }) => ({
    name: spec.name,
    partitionIndexName: spec.partitionIndexName,
    declared: formatIndexDefinition(spec),
    printed,
  }));
  if (indexes.length === 0) return observation;
  const registration = observation.registration ?? NOT_REGISTERED;
  return { ...observation, registration: { ...registration, indexes: [...registration.indexes, ...indexes] } };
}

const NOT_REGISTERED: Registration = {
  owner: "",
  mode: "managed",
  paused: false,
  window: undefined,
  indexes: [],
  profile: undefined,
  policies: [],
  publications: [],
  prepared: undefined,
  schedule: undefined,
  aliases: [],
};
