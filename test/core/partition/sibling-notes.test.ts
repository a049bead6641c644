import { describe, expect, it } from "vitest";
import { noteSiblingDifferences, noteUndeclaredProperties } from "../../../core/partition/carry/sibling-notes";
import { getSiblings } from "../../../core/partition/carry/siblings";
import type { CarriedState, ObservedPartition } from "../../../core/observed/observed-table";
import { planAlignments } from "../../../core/plan/align/alignment";
import { determineRowIdentity } from "../../../core/plan/publish/replica-identity";
import { buildObservedParent } from "../../../core/partition/carry/parent";
import { SPEC, partition, observe } from "./support";

describe("an existing partition", () => {
  it("keeps what is not declared, whatever the table has", () => {
    const other = {
      owner: "other",
      rowSecurity: { enabled: true, forced: true },
      replicaIdentity: { kind: "full" as const },
      statistics: { id: 5 },
      options: { fillfactor: "70" },
      tablespace: "slow",
    };
    const { observation, table } = observe([partition("march", 3, other)], {
      replicaIdentity: { kind: "nothing" },
      statistics: { id: 9 },
    });
    const parent = buildObservedParent(table, SPEC.key, { ...observation, profile: {} });
    expect(planAlignments(parent, observation, [])).toEqual([]);
    const declared = buildObservedParent(table, SPEC.key, {
      ...observation,
      profile: { replicaIdentity: { kind: "default" } },
    });
    expect(planAlignments(declared, observation, []).map(({ subject, reasons }) => [subject, reasons])).toContainEqual([
      "march",
      ["replica identity differs"],
    ]);
  });

  it("identifies its rows by itself: what a publication refuses is reported only for those that it refuses", () => {
    const full = { replicaIdentity: { kind: "full" as const } };
    const { table } = observe([partition("february", 2, full), partition("march", 3, full)]);
    expect(determineRowIdentity(table, undefined, {})).toEqual({ columns: "all", sent: "all", without: [] });
    const mixed = observe([
      partition("february", 2, full),
      partition("march", 3),
      partition("april", 4, { unsaid: { ownKey: ["id"] } }),
    ]).table;
    expect(determineRowIdentity(mixed, undefined, {})).toEqual({ columns: [], sent: "all", without: ["march"] });
    expect(determineRowIdentity(mixed, undefined, { replicaIdentity: { kind: "full" } })).toEqual({
      columns: "all",
      sent: "all",
      without: [],
    });
    expect(determineRowIdentity(observe([partition("march", 3)]).table, undefined, {})).toEqual({
      columns: [],
      sent: [],
      without: [],
    });
  });
});

describe("notes", () => {
  const notesOf = (partitions: readonly ObservedPartition[], profile = {}) => {
    const { table } = observe(partitions);
    const family = { schema: "public", profile, siblings: getSiblings(table) };
    return { differ: noteSiblingDifferences(family), shared: noteUndeclaredProperties(family, table) };
  };

  it("report nothing of partitions that are as the table is", () => {
    expect(notesOf([partition("february", 2), partition("march", 3)])).toEqual({ differ: [], shared: [] });
  });

  it("name those that differ, by the larger group first, and nothing that is declared", () => {
    const partitions = [partition("a", 1, { replicaIdentity: { kind: "full" } }), partition("b", 2), partition("c", 3)];
    expect(notesOf(partitions).differ).toEqual([
      'partitions differ in replica identity, which is not declared: default on "b", "c"; full on "a". Each is left as it is, and a new one is created as "c"',
    ]);
    expect(notesOf(partitions, { replicaIdentity: { kind: "full" } }).differ).toEqual([]);
  });

  it("report at an adoption what all have and no program declares", () => {
    const state: Partial<CarriedState> = {
      owner: "other",
      options: { fillfactor: "70" },
      unsaid: { held: [{ role: "r", privilege: "update", columns: ["a"], grantable: true }] },
    };
    expect(notesOf([partition("a", 1, state), partition("b", 2, state)]).shared).toEqual([
      'its partitions have owner "other": not declared, so left as it is, and new ones are created with the same',
      'its partitions have privileges update (a) with grant option for "r": not declared, so left as it is, and new ones are created with the same',
      "its partitions have storage parameters fillfactor = 70: not declared, so left as it is, and new ones are created with the same",
    ]);
  });
});
