import { describe, expect, it } from "vitest";
import { siblingNotes, unsaidNotes } from "../../../core/partition/carry/sibling-notes";
import { siblingsOf } from "../../../core/partition/carry/siblings";
import type { CarriedState, ObservedBranch, ObservedLeaf, ObservedTable } from "../../../core/observed/table";
import { planAlignments } from "../../../core/plan/align/alignment";
import { preparePartitions } from "../../../core/plan/prepare/prepared";
import { rowIdentity } from "../../../core/plan/publish/replica-identity";
import { observedParent, type ParentShape } from "../../../core/partition/carry/parent";
import { createPartitionStatements } from "../../../core/partition/create/create-partition";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { World } from "../support/world";

const at = (text: string) => parseInstant(text, "UTC");
const SPEC = windowSpec();
const NOW = at("2025-03-10");

function carried(change: Partial<CarriedState> = {}): CarriedState {
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

function leaf(
  name: string,
  month: number | undefined,
  change: Partial<CarriedState> = {},
  more: Partial<ObservedLeaf> = {},
): ObservedLeaf {
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

function observe(
  leaves: readonly ObservedLeaf[],
  change: Partial<CarriedState> = {},
  branches: readonly ObservedBranch[] = [],
) {
  const observation = new World().observe(NOW, SPEC);
  const table: ObservedTable = {
    ...(observation.table as ObservedTable),
    leaves,
    branches,
    carried: { ...carried(change), tablespace: change.tablespace, unsaid: {} },
  };
  return { observation: { ...observation, table }, table };
}

const shapeOf = (...args: Parameters<typeof observe>): ParentShape => {
  const { observation, table } = observe(...args);
  return observedParent(table, SPEC.key, { ...observation, profile: {} });
};

const made = (parent: ParentShape): string[] =>
  createPartitionStatements(parent, { name: "new", from: at("2025-06-01"), to: at("2025-07-01") }).map(
    ({ sql }) => sql,
  );
/** But for CREATE and ATTACH. */
const between = (parent: ParentShape): string[] => made(parent).slice(1, -1);

describe("a new partition", () => {
  it.each<[string, Partial<CarriedState>, string]>([
    ["owner", { owner: "other", unsaid: { mayOwn: true } }, 'ALTER TABLE "public"."new" OWNER TO "other"'],
    [
      "row security",
      { rowSecurity: { enabled: true, forced: false } },
      'ALTER TABLE "public"."new" ENABLE ROW LEVEL SECURITY',
    ],
    ["identity", { replicaIdentity: { kind: "full" } }, 'ALTER TABLE "public"."new" REPLICA IDENTITY FULL'],
    [
      "an identity by an index that the table lacks",
      { replicaIdentity: { kind: "index", index: "x" } },
      'ALTER TABLE "public"."new" REPLICA IDENTITY FULL',
    ],
    ["a primary key of its own", { unsaid: { ownKey: ["id"] } }, 'ALTER TABLE "public"."new" REPLICA IDENTITY FULL'],
    ["targets", { statistics: { id: 7 } }, 'ALTER TABLE "public"."new" ALTER COLUMN "id" SET STATISTICS 7'],
    ["parameters", { options: { fillfactor: "70" } }, `ALTER TABLE "public"."new" SET (fillfactor = '70')`],
    [
      "TOAST",
      { toast: { autovacuum_enabled: "false" } },
      `ALTER TABLE "public"."new" SET (toast.autovacuum_enabled = 'false')`,
    ],
    [
      "tablespace",
      { tablespace: "fast", unsaid: { placed: true } },
      'ALTER TABLE "public"."new" SET TABLESPACE "fast"',
    ],
    [
      "columns' options",
      { unsaid: { columns: [{ name: "id", options: { n_distinct: "-1" } }] } },
      `ALTER TABLE "public"."new" ALTER COLUMN "id" SET ("n_distinct" = '-1')`,
    ],
    [
      "privileges",
      { unsaid: { held: [{ role: "public", privilege: "select", grantable: false }] } },
      'GRANT SELECT ON "public"."new" TO PUBLIC',
    ],
    [
      "column privileges",
      { unsaid: { held: [{ role: "r", privilege: "update", columns: ["a", "b"], grantable: true }] } },
      'GRANT UPDATE ("a", "b") ON "public"."new" TO "r" WITH GRANT OPTION',
    ],
    [
      "a policy, in its own name",
      {
        policies: [
          {
            name: "p",
            command: "select",
            roles: ["public"],
            restrictive: false,
            using: "(EXISTS ( SELECT 1 FROM m WHERE m.id = march.id))",
            withCheck: undefined,
          },
        ],
      },
      'CREATE POLICY "p" ON "public"."new" AS PERMISSIVE FOR SELECT TO PUBLIC USING ((EXISTS ( SELECT 1 FROM m WHERE m.id = "new".id)))',
    ],
    [
      "a trigger",
      {
        unsaid: {
          triggers: [
            {
              name: "t",
              head: "CREATE TRIGGER t AFTER INSERT",
              tail: "FOR EACH ROW EXECUTE FUNCTION f()",
              fires: "origin",
              onInsert: true,
            },
          ],
        },
      },
      'CREATE TRIGGER t AFTER INSERT ON "public"."new" FOR EACH ROW EXECUTE FUNCTION f()',
    ],
  ])("has what its newest sibling has: %s", (_, change, sql) => {
    const parent = shapeOf([leaf("february", 2), leaf("march", 3, change), leaf("january", 1)]);
    expect(between({ ...parent, carried: { ...parent.carried, role: "app" } })).toEqual([sql]);
  });

  it("is created as the siblings are where CREATE has to have it", () => {
    const [create] = made(
      shapeOf([
        leaf("march", 3, {
          unsaid: { unlogged: true, accessMethod: "columnar", extended: [{ kinds: ["mcv"], columns: "a, b" }] },
        }),
      ]),
    );
    expect(create).toMatch(/^CREATE UNLOGGED TABLE "public"."new" .* USING "columnar"$/s);
    expect(create).not.toContain("INCLUDING STATISTICS");
  });

  it("has what the table has without a sibling, and where only a default, a half detached, a fenced or a foreign one exists", () => {
    const differ = { statistics: { id: 9 } };
    for (const leaves of [
      [],
      [leaf("d", undefined, differ, { isDefault: true })],
      [leaf("h", 2, differ, { detachPending: true })],
      [leaf("f", 2, differ, { fenced: true })],
      [{ ...leaf("x", 2), carried: { ...carried(differ), unsaid: {} } }],
    ])
      expect(between(shapeOf(leaves, { statistics: { id: 5 } }))).toEqual([
        'ALTER TABLE "public"."new" ALTER COLUMN "id" SET STATISTICS 5',
      ]);
  });

  it("is in the table's schema and tablespace for new ones, else in that of the siblings", () => {
    const placed = { tablespace: "old", unsaid: { placed: true as const } };
    expect(between(shapeOf([leaf("march", 3, placed)], { tablespace: "new" }))).toEqual([
      'ALTER TABLE "public"."new" SET TABLESPACE "new"',
    ]);
    expect(made(shapeOf([leaf("march", 3, {}, { schema: "parts" })]))[0]).toContain('CREATE TABLE "parts"."new"');
  });

  it("of several branches has what they have alike, and never what belongs to one of them", () => {
    const branch = (name: string, held: readonly string[]): ObservedBranch => ({
      leaf: leaf(name, undefined, {}, { partitioned: true }),
      path: [name],
      strategy: "range",
      column: SPEC.key.column,
      leaves: [
        leaf(`${name}_2`, 2),
        leaf(`${name}_3`, 3, {
          options: { fillfactor: "70" },
          unsaid: { held: held.map((role) => ({ role, privilege: "select", grantable: false })) },
        }),
      ],
    });
    const [a, b] = [branch("a", ["tenant_a"]), branch("b", ["tenant_b"])];
    const two = shapeOf([a.leaf, b.leaf], {}, [a, b]);
    expect(between(two)).toEqual([`ALTER TABLE "public"."new" SET (fillfactor = '70')`]);
    expect(
      siblingNotes({
        schema: "public",
        profile: {},
        siblings: siblingsOf(observe([a.leaf, b.leaf], {}, [a, b]).table),
      }).join(),
    ).toContain("as the table has it, because its branches differ");
  });

  it("that the schedule creates is the same, and is created also where something of the sibling is gone", () => {
    const parent = shapeOf([
      leaf("march", 3, {
        replicaIdentity: { kind: "full" },
        unsaid: { held: [{ role: "r", privilege: "select", grantable: false }] },
      }),
    ]);
    const [first] = preparePartitions(SPEC, parent, NOW);
    const texts = first?.statements.join("\n") ?? "";
    expect(texts).toContain("REPLICA IDENTITY FULL");
    expect(texts).toMatch(/DO '\nBEGIN\n {2}GRANT SELECT ON .* TO "r";\nEXCEPTION WHEN OTHERS THEN/);
  });

  it("of a table that was created here is prepared in the words of the last version", () => {
    const with_ = (leaves: readonly ObservedLeaf[], state: Partial<CarriedState>) =>
      preparePartitions(SPEC, shapeOf(leaves, state), NOW);
    for (const state of [
      {},
      { statistics: { id: 5 } },
      { replicaIdentity: { kind: "full" as const } },
      { rowSecurity: { enabled: true, forced: false } },
    ])
      expect(with_([leaf("february", 2, state), leaf("march", 3, state)], state)).toEqual(with_([], state));
  });
});

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

  it("identifies its rows by itself: what a publication refuses is reported only for those that it refuses", () => {
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

  it("report nothing of partitions that are as the table is", () => {
    expect(notesOf([leaf("february", 2), leaf("march", 3)])).toEqual({ differ: [], shared: [] });
  });

  it("name those that differ, by the larger group first, and nothing that is declared", () => {
    const leaves = [leaf("a", 1, { replicaIdentity: { kind: "full" } }), leaf("b", 2), leaf("c", 3)];
    expect(notesOf(leaves).differ).toEqual([
      'partitions differ in replica identity, which is not declared: default on "b", "c"; full on "a". Each is left as it is, and a new one is created as "c"',
    ]);
    expect(notesOf(leaves, { replicaIdentity: { kind: "full" } }).differ).toEqual([]);
  });

  it("report at an adoption what all have and no program declares", () => {
    const state: Partial<CarriedState> = {
      owner: "other",
      options: { fillfactor: "70" },
      unsaid: { held: [{ role: "r", privilege: "update", columns: ["a"], grantable: true }] },
    };
    expect(notesOf([leaf("a", 1, state), leaf("b", 2, state)]).shared).toEqual([
      'its partitions have owner "other": not declared, so left as it is, and new ones are created with the same',
      'its partitions have privileges update (a) with grant option for "r": not declared, so left as it is, and new ones are created with the same',
      "its partitions have storage parameters fillfactor = 70: not declared, so left as it is, and new ones are created with the same",
    ]);
  });
});
