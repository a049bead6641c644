import type { ObservedPartitionIndex } from "../../../core/observed/observed-table";
import type { IndexPlace } from "../../../core/table/create/index-build";
import type { ParentShape } from "../../../core/partition/carry/parent";
import type { Statement } from "../../../core/sql/statement";
import { parseInstant } from "../../../core/time/instant";

export const JANUARY = { from: parseInstant("2025-01-01", "UTC"), to: parseInstant("2025-02-01", "UTC") };

export const PARENT: ParentShape = {
  schema: "public",
  table: "p",
  root: { schema: "public", table: "p" },
  path: [],
  below: [],
  key: { column: "ts", kind: "timestamptz", zone: "UTC" },
  indexes: [
    {
      name: "p_pkey",
      unique: true,
      definition: "",
      printed: "",
      partitionIndexName: "{partition}_pkey",
      constraint: 'PRIMARY KEY ("id", "ts")',
    },
    {
      name: "p_run",
      unique: false,
      definition: 'USING btree ("run_id")',
      printed: "USING btree (run_id)",
      partitionIndexName: "{partition}_run_idx",
      constraint: undefined,
    },
  ],
  references: [],
  defaultPartition: undefined,
  partitionSchema: "public",
  carried: { profile: {}, state: undefined, registered: [], defaultGrantees: [] },
  now: undefined,
};

export const WITH_FK: ParentShape = { ...PARENT, references: ["public.ref"] };
export const WITH_DEFAULT: ParentShape = { ...PARENT, defaultPartition: "public.p_default" };

/** The index of PARENT that is no constraint. */
export const RUN = {
  ...PARENT.indexes[1],
  name: "p_run",
  unique: false,
  definition: 'USING btree ("run_id")',
  printed: "USING btree (run_id)",
  partitionIndexName: "{partition}_run_idx",
  constraint: undefined,
};

/** The partition of January, whose part is attached to the index of PARENT. */
export const PLACE: IndexPlace = {
  schema: "public",
  name: "p_2025_01",
  partitioned: false,
  above: { schema: "public", table: "p", index: "p_run" },
};

export function partitionIndex(change: Partial<ObservedPartitionIndex> = {}): ObservedPartitionIndex {
  return {
    name: "p_2025_01_run_idx",
    definition: "USING btree (run_id)",
    unique: false,
    valid: true,
    columns: ["run_id"],
    constraint: undefined,
    schema: "public",
    partition: "p_2025_01",
    attachedTo: undefined,
    building: false,
    ...change,
  };
}

export const sqlOf = (statements: readonly Statement[]) => statements.map((statement) => statement.sql);

/** Locks as `role MODE`, strongest last. */
export const locksOf = (statement: Statement | undefined) =>
  statement?.locks.map((lock) => `${lock.role} ${lock.mode}`);
