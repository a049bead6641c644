import { describe, expect, it } from "vitest";
import { noteSiblingDifferences } from "../../../core/partition/carry/sibling-notes";
import { getSiblings } from "../../../core/partition/carry/siblings";
import type { CarriedState, ObservedBranch, ObservedPartition } from "../../../core/observed/observed-table";
import { preparePartitions } from "../../../core/plan/prepare/prepared";
import { buildObservedParent, type ParentShape } from "../../../core/partition/carry/parent";
import { createPartitionStatements } from "../../../core/partition/create/partition-statements";
import { at, SPEC, NOW, carried, partition, observe } from "./support";

const shapeOf = (...args: Parameters<typeof observe>): ParentShape => {
  const { observation, table } = observe(...args);
  return buildObservedParent(table, SPEC.key, { ...observation, profile: {} });
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
    const parent = shapeOf([partition("february", 2), partition("march", 3, change), partition("january", 1)]);
    expect(between({ ...parent, carried: { ...parent.carried, role: "app" } })).toEqual([sql]);
  });

  it("is created as the siblings are where CREATE has to have it", () => {
    const [create] = made(
      shapeOf([
        partition("march", 3, {
          unsaid: { unlogged: true, accessMethod: "columnar", extended: [{ kinds: ["mcv"], columns: "a, b" }] },
        }),
      ]),
    );
    expect(create).toMatch(/^CREATE UNLOGGED TABLE "public"."new" .* USING "columnar"$/s);
    expect(create).not.toContain("INCLUDING STATISTICS");
  });

  it("has what the table has without a sibling, and where only a default, a half detached, a fenced or a foreign one exists", () => {
    const differ = { statistics: { id: 9 } };
    for (const partitions of [
      [],
      [partition("d", undefined, differ, { isDefault: true })],
      [partition("h", 2, differ, { detachPending: true })],
      [partition("f", 2, differ, { fenced: true })],
      [{ ...partition("x", 2), carried: { ...carried(differ), unsaid: {} } }],
    ])
      expect(between(shapeOf(partitions, { statistics: { id: 5 } }))).toEqual([
        'ALTER TABLE "public"."new" ALTER COLUMN "id" SET STATISTICS 5',
      ]);
  });

  it("is in the table's schema and tablespace for new ones, else in that of the siblings", () => {
    const placed = { tablespace: "old", unsaid: { placed: true as const } };
    expect(between(shapeOf([partition("march", 3, placed)], { tablespace: "new" }))).toEqual([
      'ALTER TABLE "public"."new" SET TABLESPACE "new"',
    ]);
    expect(made(shapeOf([partition("march", 3, {}, { schema: "parts" })]))[0]).toContain('CREATE TABLE "parts"."new"');
  });

  it("of several branches has what they have alike, and never what belongs to one of them", () => {
    const branch = (name: string, held: readonly string[]): ObservedBranch => ({
      partition: partition(name, undefined, {}, { partitioned: true }),
      path: [name],
      strategy: "range",
      column: SPEC.key.column,
      partitions: [
        partition(`${name}_2`, 2),
        partition(`${name}_3`, 3, {
          options: { fillfactor: "70" },
          unsaid: { held: held.map((role) => ({ role, privilege: "select", grantable: false })) },
        }),
      ],
    });
    const [a, b] = [branch("a", ["tenant_a"]), branch("b", ["tenant_b"])];
    const two = shapeOf([a.partition, b.partition], {}, [a, b]);
    expect(between(two)).toEqual([`ALTER TABLE "public"."new" SET (fillfactor = '70')`]);
    expect(
      noteSiblingDifferences({
        schema: "public",
        profile: {},
        siblings: getSiblings(observe([a.partition, b.partition], {}, [a, b]).table),
      }).join(),
    ).toContain("as the table has it, because its branches differ");
  });

  it("that the schedule creates is the same, and is created also where something of the sibling is gone", () => {
    const parent = shapeOf([
      partition("march", 3, {
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
    const with_ = (partitions: readonly ObservedPartition[], state: Partial<CarriedState>) =>
      preparePartitions(SPEC, shapeOf(partitions, state), NOW);
    for (const state of [
      {},
      { statistics: { id: 5 } },
      { replicaIdentity: { kind: "full" as const } },
      { rowSecurity: { enabled: true, forced: false } },
    ])
      expect(with_([partition("february", 2, state), partition("march", 3, state)], state)).toEqual(with_([], state));
  });
});
