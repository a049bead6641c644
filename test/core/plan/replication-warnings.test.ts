import { expect, test } from "vitest";
import type { DetachedTable } from "../../../core/observed/ledger";
import { NOTHING_PUBLISHED, type ObservedPublication } from "../../../core/observed/replication";
import { warnOfReplication } from "../../../core/plan/retire/replication-warnings";
import type { Retirement } from "../../../core/plan/retire/retiring";
import { parseInstant } from "../../../core/time/instant";

const BOUNDS = { from: undefined, to: undefined };
const item = (verb: "detach" | "finalize" | "drop", name: string, schema = "public"): Retirement => {
  const table = { schema, name, oid: name, bounds: BOUNDS, rows: undefined, bytes: 0, foreign: false };
  if (verb === "drop") return { verb, table, reason: "", dropAfter: undefined, needs: { kind: "nothing" } };
  return { verb, table, reason: "", promise: { kind: "stays" }, left: false };
};
const publication = (changes: Partial<ObservedPublication>): ObservedPublication => ({
  name: "p",
  oid: "7",
  owner: "app",
  mine: true,
  allTables: false,
  schemas: [],
  changes: ["insert"],
  viaRoot: false,
  tables: 1,
  member: undefined,
  partitions: [],
  ...changes,
});
const detached = (name: string, unreadBy: readonly string[]): DetachedTable => ({
  branch: "",
  schema: "public",
  name,
  oid: name,
  bounds: BOUNDS,
  detachedAt: parseInstant("2025-01-01", "UTC"),
  dropAfter: undefined,
  unreadBy,
  rows: undefined,
  bytes: 0,
});
const warnings = (
  publications: readonly ObservedPublication[],
  due: readonly Retirement[],
  away: readonly DetachedTable[] = [],
  slots: readonly string[] = [],
) =>
  warnOfReplication(
    {
      replication: {
        ...NOTHING_PUBLISHED,
        publications,
        slots: slots.map((name) => ({ name, plugin: "pgoutput", active: true })),
      },
      detached: away,
    },
    due,
  );

test.each<[what: string, changes: Partial<ObservedPublication>, why: RegExp | undefined]>([
  ["all tables", { allTables: true }, /has all tables: after the detach "a" is published/],
  ["the schema of the partition", { schemas: ["public"] }, /has all tables of schema "public"/],
  ["the partition itself", { partitions: ["public.a"] }, /lists it by itself/],
  ["another schema", { schemas: ["other"] }, undefined],
  ["the table alone", {}, undefined],
])("a detach is followed by a word about a publication of %s", (_, changes, why) => {
  const found = warnings([publication(changes)], [item("detach", "a")]);
  if (why === undefined) expect(found).toEqual([]);
  else expect(found.join()).toMatch(why);
});

test("a finished detach counts like a detach, a drop does not, and many names are cut", () => {
  const all = [publication({ allTables: true })];
  expect(warnings(all, [item("finalize", "a")])).toHaveLength(1);
  expect(warnings(all, [item("drop", "a")], [detached("a", [])])).toEqual([]);
  expect(warnings(all, [])).toEqual([]);
  const many = ["a", "b", "c", "d", "e", "f", "g"].map((name) => item("detach", name));
  expect(warnings(all, many).join()).toContain('"a", "b", "c", "d", "e" and 2 more are published');
});

test("a drop names each slot that has not read as far, and every slot where the detach is in the same update", () => {
  const away = [detached("a", ["slow"]), detached("b", ["slow", "slower"]), detached("c", [])];
  const found = warnings([], [item("drop", "a"), item("drop", "b"), item("drop", "c")], away, [
    "slow",
    "slower",
    "fast",
  ]);
  expect(found.map((text) => text.split(" yet")[0])).toEqual([
    'replication slot "slow" has not read all changes of "a", "b"',
    'replication slot "slower" has not read all changes of "b"',
  ]);
  expect(warnings([], [item("detach", "d"), item("drop", "d")], [], ["fast"])).toHaveLength(1);
});
