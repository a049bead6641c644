import { describe, expect, test } from "vitest";
import { createPartitionStatements } from "../../../core/partition/create/partition-statements";
import { buildObservedParent, buildPlannedParent } from "../../../core/partition/carry/parent";
import type { ObservedIndex, ObservedTable } from "../../../core/observed/observed-table";
import type { RegisteredIndex } from "../../../core/observed/registration";
import { tableSpec } from "../support/specs";
import { JANUARY, sqlOf } from "./support";

describe("a parent that exists gives the same text as the planned one", () => {
  const spec = tableSpec();
  const index = (
    name: string,
    columns: string[],
    constraint: ObservedIndex["constraint"] = undefined,
  ): ObservedIndex => ({
    name,
    definition: `USING btree (${columns.join(", ")})`,
    unique: constraint !== undefined,
    valid: true,
    columns,
    constraint,
  });
  const observed: ObservedTable = {
    schema: "public",
    name: "workflow_events",
    oid: "1",
    owner: "app",
    kind: "partitioned",
    key: { strategy: "range", columns: ["ts"], types: ["timestamp with time zone"] },
    columns: [],
    constraints: [
      {
        name: "fk",
        kind: "foreign",
        columns: ["run_id"],
        definition: "",
        validated: true,
        references: { schema: "public", table: "workflow_runs" },
      },
      {
        name: "fk2",
        kind: "foreign",
        columns: ["run_id"],
        definition: "",
        validated: true,
        references: { schema: "public", table: "workflow_runs" },
      },
    ],
    indexes: [
      index("workflow_events_run_ts", ["run_id", "ts DESC"]),
      index("one_type", ["run_id", "type", "ts"], {
        name: "one_type",
        kind: "unique",
        definition: "UNIQUE (run_id, type, ts)",
      }),
      index("workflow_events_run_id", ["run_id"]),
      index("workflow_events_pkey", ["id", "ts"], {
        name: "workflow_events_pkey",
        kind: "primary",
        definition: "PRIMARY KEY (id, ts)",
      }),
    ],
    partitions: [],
    branches: [],
    carried: undefined,
    referencedBy: [],
    comment: undefined,
    rights: { owner: true, createInSchema: true, ownerCreates: true, role: "app" },
  };
  const registered = buildPlannedParent(spec).indexes.flatMap((each) => {
    const found = observed.indexes.find((candidate) => candidate.name === each.name);
    return each.constraint === undefined && found
      ? [
          {
            name: each.name,
            partitionIndexName: each.partitionIndexName,
            declared: each.definition,
            printed: found.definition,
          },
        ]
      : [];
  });

  const known = (indexes: readonly RegisteredIndex[]) => ({
    registration: {
      owner: "p/s",
      mode: "managed" as const,
      paused: false,
      window: undefined,
      indexes,
      profile: undefined,
      policies: [],
      publications: [],
      prepared: undefined,
      schedule: undefined,
      aliases: [],
    },
    defaultGrantees: [],
  });

  test("for a new partition, whatever the order of the catalogue", () => {
    const partition = { ...JANUARY, name: "workflow_events_y2025m01" };
    const live = buildObservedParent(observed, spec.window.key, known(registered));
    expect(sqlOf(createPartitionStatements(live, partition))).toEqual(
      sqlOf(createPartitionStatements(buildPlannedParent(spec), partition)),
    );
    expect(live.references).toEqual(["public.workflow_runs"]);
  });

  test("and follows the server where an index was changed by hand", () => {
    const changed = registered.map((each) => ({ ...each, printed: "USING hash (run_id)" }));
    const live = buildObservedParent(observed, spec.window.key, known(changed));
    expect(live.indexes.find((each) => each.name === "workflow_events_run_id")?.definition).toBe(
      "USING btree (run_id)",
    );
  });
});
