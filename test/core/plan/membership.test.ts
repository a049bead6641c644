import { describe, expect, test } from "vitest";
import type { Observation } from "../../../core/observed/observed-table";
import {
  NOTHING_PUBLISHED,
  type ObservedMember,
  type ObservedPublication,
  type ObservedReplication,
  type RegisteredPublication,
} from "../../../core/observed/replication";
import { planLeave, planMembership, removeOuterBrackets } from "../../../core/plan/publish/membership";
import type { PublicationMemberWire } from "../../../core/declare/table/publications";
import { parseInstant } from "../../../core/time/instant";
import { windowSpec } from "../support/specs";
import { World } from "../support/world";

const BARE: ObservedMember = { where: undefined, columns: undefined, filterColumns: [] };
const SPEC: PublicationMemberWire = { schema: "public", table: "workflow_events", publication: "p" };

function publication(changes: Partial<ObservedPublication> = {}): ObservedPublication {
  return {
    name: "p",
    oid: "7",
    owner: "app",
    mine: true,
    allTables: false,
    schemas: [],
    changes: ["insert", "update", "delete", "truncate"],
    viaRoot: true,
    tables: 0,
    member: undefined,
    partitions: [],
    ...changes,
  };
}

/** A table with a primary key of (id, ts), and what the database publishes. */
function observe(
  published: Partial<ObservedReplication>,
  registered: readonly RegisteredPublication[] = [],
  replicaIdentity: "default" | "full" | "nothing" = "default",
): Observation {
  const observation = new World().observe(parseInstant("2025-03-10", "UTC"), windowSpec());
  const { table, registration } = observation;
  if (!table || !registration) throw new Error("the world has a table");
  const column = (name: string) => ({ name, type: "text", nullable: false, default: undefined, identity: undefined });
  const key = { name: "k", definition: "", validated: true, references: undefined, columns: ["id", "ts"] };
  return {
    ...observation,
    table: {
      ...table,
      columns: ["id", "ts", "note"].map(column),
      constraints: [{ ...key, kind: "primary" }],
      carried: {
        owner: "app",
        ours: true,
        rowSecurity: { enabled: false, forced: false },
        policies: [],
        grants: [],
        replicaIdentity: { kind: replicaIdentity },
        options: {},
        toast: {},
        tablespace: undefined,
        statistics: {},
        uniqueIndexes: {},
      },
    },
    registration: { ...registration, publications: registered },
    replication: { ...NOTHING_PUBLISHED, role: "app", ...published },
  };
}

const plan = (spec: Partial<PublicationMemberWire>, observation: Observation, partitionAccess?: "closed" | "mirror") =>
  planMembership({
    spec: { ...SPEC, ...spec },
    observation,
    profile: partitionAccess ? { rowSecurity: { enable: true, force: false, partitionAccess } } : {},
    planned: undefined,
  });
const sqlOf = (spec: Partial<PublicationMemberWire>, observation: Observation) =>
  plan(spec, observation).statements.map((statement) => statement.sql);
const made = (printed: string | null = null, declared: string | null = null): RegisteredPublication => ({
  name: "p",
  oid: "7",
  made: true,
  declared,
  printed,
});

describe("a filter", () => {
  const member = (where: string | undefined, columns?: readonly string[]): ObservedMember => ({
    ...BARE,
    where,
    columns,
  });
  const found = (where: string | undefined, columns?: readonly string[]) =>
    publication({ member: member(where, columns), tables: 1 });

  test.each<[what: string, spec: Partial<PublicationMemberWire>, found: ObservedPublication, equal: boolean]>([
    ["is equal to the same one in the server's brackets", { where: "id > 10" }, found("(id > 10)"), true],
    [
      "is equal when it has brackets of its own at both ends",
      { where: "(id > 1) OR (ts > now())" },
      found("((id > 1) OR (ts > now()))"),
      true,
    ],
    ["is another one with other brackets inside", { where: "a and (b or c)" }, found("((a and b) or c)"), false],
    ["is missing", { where: "id > 10" }, found(undefined), false],
    ["is too much", {}, found("(id > 10)"), false],
    ["goes with the same columns in any order", { columns: ["ts", "id"] }, found(undefined, ["id", "ts"]), true],
    ["goes with other columns", { columns: ["id"] }, found(undefined, ["id", "ts"]), false],
    ["goes with all columns", {}, found(undefined, ["id", "ts"]), false],
  ])("%s", (_, spec, there, equal) => {
    expect(sqlOf(spec, observe({ publications: [there] })).length === 0).toBe(equal);
  });

  test("that was printed otherwise is equal where the registry knows how, and only as long as both are the same", () => {
    const registered = { ...made("(note = 'x'::text)", "note = 'x'"), made: false };
    const there = found("(note = 'x'::text)");
    expect(sqlOf({ where: "note = 'x'" }, observe({ publications: [there] }, [registered]))).toEqual([]);
    expect(sqlOf({ where: "note = 'x'" }, observe({ publications: [there] }))).toHaveLength(2);
    const changed = found("(note = 'y'::text)");
    expect(sqlOf({ where: "note = 'x'" }, observe({ publications: [changed] }, [registered]))).toHaveLength(2);
  });

  test.each([
    ["(a)", "a"],
    ["((a))", "a"],
    ["(a) or (b)", "(a) or (b)"],
    ["(a = ')') or (b = '(')", "(a = ')') or (b = '(')"],
    ["(a = ')')", "a = ')'"],
    [' ("(" > 1) ', '"(" > 1'],
  ])("loses outer brackets alone: %s", (text, bare) => expect(removeOuterBrackets(text)).toBe(bare));
});

describe("settings of a publication that was created here", () => {
  test("are switched on before a filter comes, and off after it has gone", () => {
    const filtered = publication({ tables: 1, member: { ...BARE, where: "(id > 1)" } });
    expect(sqlOf({ viaRoot: false }, observe({ publications: [filtered] }, [made()]))).toEqual([
      'ALTER PUBLICATION "p" DROP TABLE "public"."workflow_events"',
      'ALTER PUBLICATION "p" ADD TABLE "public"."workflow_events"',
      'ALTER PUBLICATION "p" SET (publish_via_partition_root = false)',
    ]);
    const bare = publication({ viaRoot: false, member: BARE, tables: 1 });
    expect(sqlOf({ viaRoot: true, where: "id > 1" }, observe({ publications: [bare] }, [made()]))[0]).toContain(
      "SET (publish_via_partition_root = true)",
    );
  });

  test("belong to another role once the publication was created again under its name", () => {
    const anew = publication({ oid: "8", viaRoot: false });
    expect(plan({ viaRoot: true }, observe({ publications: [anew] }, [made()])).problems).toMatchObject([
      { path: "viaRoot", code: "conflict" },
    ]);
  });
});

describe("leaving", () => {
  const leave = (there: ObservedPublication, registered: readonly RegisteredPublication[]) => {
    const { leave: first, drop } = planLeave(SPEC, observe({ publications: [there] }, registered));
    return [...first, ...drop].map(({ sql }) => sql.replace(' "p"', ""));
  };
  const DROP_TABLE = 'ALTER PUBLICATION DROP TABLE "public"."workflow_events"';

  test("drops the publication only where it was created here and nothing else is in it", () => {
    const member = { member: BARE, tables: 1 };
    expect(leave(publication(member), [made()])).toEqual([DROP_TABLE, "DROP PUBLICATION"]);
    expect(leave(publication(member), [])).toEqual([DROP_TABLE]);
    expect(leave(publication({ ...member, oid: "8" }), [made()])).toEqual([DROP_TABLE]);
    expect(leave(publication({ ...member, tables: 2 }), [made()])).toEqual([DROP_TABLE]);
    expect(leave(publication({ ...member, schemas: ["other"] }), [made()])).toEqual([DROP_TABLE]);
    expect(leave(publication({ tables: 0 }), [made()])).toEqual(["DROP PUBLICATION"]);
  });
});

describe("what surprises", () => {
  test.each<
    [what: string, published: Partial<ObservedReplication>, partitionAccess: "closed" | "mirror", warnings: RegExp[]]
  >([
    [
      "the name of Supabase",
      { publications: [publication({ name: "supabase_realtime", viaRoot: false })] },
      "closed",
      [/closed/],
    ],
    [
      "a slot of wal2json",
      { publications: [publication()], slots: [{ name: "s", plugin: "wal2json", active: true }] },
      "closed",
      [/closed/],
    ],
    [
      "a slot of pgoutput",
      { publications: [publication()], slots: [{ name: "s", plugin: "pgoutput", active: true }] },
      "closed",
      [],
    ],
    [
      "mirrored partitions",
      { publications: [publication({ name: "supabase_realtime", viaRoot: false })] },
      "mirror",
      [],
    ],
    [
      "the name of the table",
      { publications: [publication({ name: "supabase_realtime" })] },
      "mirror",
      [/subscribers get nothing/],
    ],
    [
      "a server that logs too little",
      { publications: [publication()], walLevel: "replica" },
      "mirror",
      [/wal_level is "replica"/],
    ],
  ])("is reported: %s", (_, published, partitionAccess, warnings) => {
    const name = published.publications?.[0]?.name ?? "p";
    const found = plan({ publication: name }, observe(published), partitionAccess).warnings;
    expect(found).toHaveLength(warnings.length);
    for (const [index, warning] of warnings.entries()) expect(found[index]).toMatch(warning);
  });

  test.each<
    [
      what: string,
      identity: "default" | "full" | "nothing",
      changes: ObservedPublication["changes"],
      where: string | undefined,
      warns: RegExp | undefined,
    ]
  >([
    ["nothing identifies a row", "nothing", ["insert", "update"], undefined, /refuses every UPDATE of the table/],
    ["nothing identifies a row, and only inserts are sent", "nothing", ["insert"], undefined, undefined],
    ["every column does", "full", ["update", "delete"], "note = 'x'", undefined],
    ["a filter reads the key", "default", ["update"], "id > 1 and ts < 'note'", undefined],
    [
      "a filter reads another column",
      "default",
      ["delete"],
      "lower(\"note\") = 'id'",
      /reads "note", which does not identify a row/,
    ],
  ])("and for writers where %s", (_, identity, changes, where, warns) => {
    const observation = observe({ publications: [publication({ changes })] }, [], identity);
    const { warnings } = plan(where === undefined ? {} : { where }, observation);
    if (warns === undefined) expect(warnings).toEqual([]);
    else expect(warnings.join()).toMatch(warns);
  });
});

describe("a publication of all tables but this one (FOR ALL TABLES EXCEPT)", () => {
  const whole = (excepted: boolean) =>
    publication({ allTables: true, ...(excepted ? { excepted } : {}), member: undefined, tables: 0 });

  test.each([{}, { where: "id > 1" }, { viaRoot: true }])(
    "is refused as a membership %j: no statement could add the table, and nothing of it is sent",
    (spec) => {
      const { problems, implicit } = plan(spec, observe({ publications: [whole(true)] }));
      expect(problems).toEqual([
        expect.objectContaining({
          message:
            'publication "p" has all tables except "public"."workflow_events" (FOR ALL TABLES EXCEPT): none of its rows is sent.',
        }),
      ]);
      expect(implicit).toBe(false);
    },
  );

  test("without the exception the table is in it without a statement", () => {
    expect(plan({}, observe({ publications: [whole(false)] }))).toMatchObject({
      problems: [],
      statements: [],
      implicit: true,
    });
  });

  test("leaving it needs no statement, and does not drop it", () => {
    expect(planLeave(SPEC, observe({ publications: [whole(true)] }, [made()]))).toEqual({ leave: [], drop: [] });
  });
});
