// A table of which some partitions carry something of their own.
import type {
  CarriedState,
  ObservedBranch,
  ObservedPartition,
  ObservedTable,
} from "../../../core/observed/observed-table";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { World } from "../support/world";

export const at = (text: string) => parseInstant(text, "UTC");

export const SPEC = windowSpec();

export const NOW = at("2025-03-10");

export function carried(change: Partial<CarriedState> = {}): CarriedState {
  return {
    owner: "app",
    ours: true,
    rowSecurity: { enabled: false, forced: false },
    policies: [],
    grants: [],
    replicaIdentity: { kind: "default" },
    options: {},
    toast: {},
    tablespace: "pg_default",
    statistics: {},
    uniqueIndexes: {},
    ...change,
    unsaid: { accessMethod: "heap", ...change.unsaid },
  };
}

export function partition(
  name: string,
  month: number | undefined,
  change: Partial<CarriedState> = {},
  more: Partial<ObservedPartition> = {},
): ObservedPartition {
  const text = (of: number) => at(`2025-${String(of).padStart(2, "0")}-01`);
  return {
    oid: name,
    schema: "public",
    name,
    boundsText: "",
    bounds: month === undefined ? undefined : { from: text(month), to: text(month + 1) },
    isDefault: false,
    partitioned: false,
    detachPending: false,
    rows: undefined,
    bytes: 0,
    carried: carried(change),
    ...more,
  };
}

export function observe(
  partitions: readonly ObservedPartition[],
  change: Partial<CarriedState> = {},
  branches: readonly ObservedBranch[] = [],
) {
  const observation = new World().observe(NOW, SPEC);
  const table: ObservedTable = {
    ...(observation.table as ObservedTable),
    partitions,
    branches,
    carried: { ...carried(change), tablespace: change.tablespace, unsaid: {} },
  };
  return { observation: { ...observation, table }, table };
}
