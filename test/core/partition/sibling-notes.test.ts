import { describe, expect, it } from "vitest";
import { siblingNotes, unsaidNotes } from "../../../core/partition/carry/sibling-notes";
import { siblingsOf } from "../../../core/partition/carry/siblings";
import type { CarriedState, ObservedLeaf } from "../../../core/observed/observed-table";
import { planAlignments } from "../../../core/plan/align/alignment";
import { rowIdentity } from "../../../core/plan/publish/replica-identity";
import { observedParent } from "../../../core/partition/carry/parent";
import { SPEC, leaf, observe } from "./support";

describe("a partition that is there", () => {
  it("keeps what is not declared, whatever the table has", () => {
    const other = {
      owner: "other",
      rowSecurity: { enabled: true, forced: true },
      replicaIdentity: { kind: "full" as const },
      statistics: { id: 5 },
      options: { fillfactor: "70" },
      tablespace: "slow",
    };
    const { observation, table } = observe([leaf("march", 3, other)], {
      replicaIdentity: { kind: "nothing" },
      statistics: { id: 9 },
    });
    const parent = observedParent(table, SPEC.key, { ...observation, profile: {} });
    expect(planAlignments(parent, observation, [])).toEqual([]);
    const declared = observedParent(table, SPEC.key, {
      ...observation,
      profile: { replicaIdentity: { kind: "default" } },
    });
    expect(planAlignments(declared, observation, []).map(({ subject, reasons }) => [subject, reasons])).toContainEqual([
      "march",
      ["replica identity differs"],
    ]);
  });

  it("identifies its rows by itself: what a publication refuses is told of those alone that it refuses", () => {
    const full = { replicaIdentity: { kind: "full" as const } };
    const { table } = observe([leaf("february", 2, full), leaf("march", 3, full)]);
    expect(rowIdentity(table, undefined, {})).toEqual({ columns: "all", sent: "all", without: [] });
    const mixed = observe([
      leaf("february", 2, full),
      leaf("march", 3),
      leaf("april", 4, { unsaid: { ownKey: ["id"] } }),
    ]).table;
    expect(rowIdentity(mixed, undefined, {})).toEqual({ columns: [], sent: "all", without: ["march"] });
    expect(rowIdentity(mixed, undefined, { replicaIdentity: { kind: "full" } })).toEqual({
      columns: "all",
      sent: "all",
      without: [],
    });
    expect(rowIdentity(observe([leaf("march", 3)]).table, undefined, {})).toEqual({
      columns: [],
      sent: [],
      without: [],
    });
  });
});

describe("notes", () => {
  const notesOf = (leaves: readonly ObservedLeaf[], profile = {}) => {
    const { table } = observe(leaves);
    const family = { schema: "public", profile, siblings: siblingsOf(table) };
    return { differ: siblingNotes(family), shared: unsaidNotes(family, table) };
  };

  it("say nothing of partitions as the table is", () => {
    expect(notesOf([leaf("february", 2), leaf("march", 3)])).toEqual({ differ: [], shared: [] });
  });

  it("name those that differ, by the larger group first, and nothing that is declared", () => {
    const leaves = [leaf("a", 1, { replicaIdentity: { kind: "full" } }), leaf("b", 2), leaf("c", 3)];
    expect(notesOf(leaves).differ).toEqual([
      'partitions differ in replica identity, which is not declared: default on "b", "c"; full on "a". Each is left as it is, and a new one is made as "c"',
    ]);
    expect(notesOf(leaves, { replicaIdentity: { kind: "full" } }).differ).toEqual([]);
  });

  it("tell the one who adopts what all have and no program says", () => {
    const state: Partial<CarriedState> = {
      owner: "other",
      options: { fillfactor: "70" },
      unsaid: { held: [{ role: "r", privilege: "update", columns: ["a"], grantable: true }] },
    };
    expect(notesOf([leaf("a", 1, state), leaf("b", 2, state)]).shared).toEqual([
      'its partitions have owner "other": not declared, so left as it is, and new ones are made with the same',
      'its partitions have privileges update (a) with grant option for "r": not declared, so left as it is, and new ones are made with the same',
      "its partitions have storage parameters fillfactor = 70: not declared, so left as it is, and new ones are made with the same",
    ]);
  });
});
