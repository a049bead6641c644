import { describe, expect, it } from "vitest";
import type { ConversionFacts } from "../../../core/conversion/analyze/facts";
import { findConversionFindings } from "../../../core/conversion/analyze/findings";
import { chooseStrategy } from "../../../core/conversion/analyze/strategies";
import { parseInstant } from "../../../core/time/instant";
import { column, factsWith, index, KEY, ROWS, uniqueKey } from "./facts";

/** `level topic` of everything found that is no note. */
function listWeighty(facts: ConversionFacts): string[] {
  return findConversionFindings(facts)
    .filter((one) => one.level !== "note")
    .map((one) => `${one.level} ${one.about}`);
}

function listBlockers(facts: ConversionFacts): string[] {
  return listWeighty(facts).filter((one) => one.startsWith("blocker"));
}

const noKey = uniqueKey("events_pkey", "primary", ["id"]);
const email = uniqueKey("events_email_key", "unique", ["email"]);
const exclusion = (definition: string) => ({
  constraints: [
    { name: "busy", kind: "exclusion" as const, columns: [], definition, validated: true, references: undefined },
  ],
  indexes: [],
});
const trigger = {
  name: "t",
  definition: "",
  fires: "origin",
  level: "row",
  timing: "after",
  constraint: false,
  transitionTables: [],
  function: "app.f()",
} as const;
const referring = {
  schema: "app",
  table: "details",
  name: "fk",
  definition: "",
  validated: true,
  self: false,
  partitioned: false,
  ours: true,
  columns: ["event_id"],
  referenced: ["id"],
} as const;
const view = {
  oid: "2",
  schema: "app",
  name: "v",
  kind: "view",
  direct: true,
  definition: "",
  options: {},
  owner: "other",
  ours: false,
  acl: undefined,
  privileges: [],
  columnComments: {},
  rules: [],
  triggers: [],
  indexes: [],
  populated: true,
} as const;
const publication = {
  name: "p",
  oid: "3",
  owner: "app",
  mine: true,
  allTables: false,
  schemas: [],
  changes: [],
  viaRoot: false,
  tables: 1,
  member: { where: "(id > 0)", columns: undefined, filterColumns: ["id"] },
  partitions: [],
} as const;
const publishing = (one: object): Partial<ConversionFacts> => ({
  replication: { ...factsWith().replication, publications: [{ ...publication, ...one }] },
});

describe("findConversionFindings", () => {
  it("has nothing against a table whose primary key has the key", () => {
    expect(listWeighty(factsWith())).toEqual(["handled owner"]);
  });

  it.each([
    ["unlogged", { source: { kind: "unlogged" } }, ["blocker kind"]],
    ["a child", { source: { kind: "inherits", parents: ["app.parent"] } }, ["blocker kind"]],
    ["a table OF a type", { source: { kind: "typed", ofType: "app.shape" } }, ["blocker kind"]],
    ["another owner's", { facts: { missingRights: ["GRANT …"] } }, ["blocker rights"]],
    ["a subscriber's", { source: { subscriptions: ["sub"] } }, ["blocker subscription"]],
    ["with rules", { source: { rules: [{ name: "r", definition: "" }] } }, ["blocker rules"]],
    [
      "with users of its row type",
      { source: { rowTypeUsers: [{ kind: "function", identity: "app.f()" }] } },
      ["blocker row-type"],
    ],
    [
      "bound by a rule elsewhere",
      { source: { others: [{ kind: "rule", identity: "r on app.log" }] } },
      ["blocker bound"],
    ],
    ["without a time", { facts: { key: undefined } }, ["blocker key-column"]],
    ["with a key that holds no time", { facts: { key: { ...KEY, kind: undefined } } }, ["blocker key-column"]],
    [
      "with a generated key",
      { table: { columns: [column("at", KEY.type, { generated: true })] } },
      ["blocker key-column"],
    ],
    [
      "with NULL in the key",
      {
        table: { columns: [column("at", KEY.type, { nullable: true })] },
        facts: { key: { ...KEY, rows: { ...ROWS, nulls: 3 } } },
      },
      ["blocker key-nulls"],
    ],
    [
      "with rows at the end of the history",
      { facts: { key: { ...KEY, rows: { ...ROWS, maxTime: parseInstant("2027-01-01", "UTC") } } } },
      ["blocker key-range"],
    ],
    [
      "with infinity in the key",
      { facts: { key: { ...KEY, rows: { ...ROWS, max: "infinity", maxTime: undefined } } } },
      ["blocker key-range"],
    ],
    ["with a unique column", { table: email }, ["blocker unique"]],
    [
      "with a unique expression of the key",
      { table: { indexes: [index("i", ["date(at)"], { unique: true })] } },
      ["blocker unique"],
    ],
    [
      "with a key that others refer to",
      { table: noKey, source: { referring: [referring] } },
      ["blocker incoming-keys"],
    ],
    [
      "with a row trigger that reads transition tables",
      { source: { triggers: [{ ...trigger, transitionTables: ["added"] }] } },
      ["blocker triggers"],
    ],
    [
      "with an exclusion",
      { table: exclusion("EXCLUDE USING gist (at WITH =, r WITH &&)"), facts: { serverVersion: 16 } },
      ["blocker exclusion"],
    ],
    [
      "with an exclusion of other columns",
      { table: exclusion("EXCLUDE USING gist (r WITH &&)") },
      ["blocker exclusion"],
    ],
    ["with another owner's view", { source: { views: [view] } }, ["blocker views"]],
    [
      "with a materialised view of its own",
      { source: { views: [{ ...view, kind: "materialized", ours: true }] } },
      ["blocker views"],
    ],
    [
      "with a foreign key of another owner's table",
      { source: { referring: [{ ...referring, referenced: ["id", "at"], ours: false }] } },
      ["blocker incoming-keys"],
    ],
    [
      "with a policy of another owner's table",
      {
        source: {
          foreignPolicies: [
            {
              schema: "app",
              table: "secrets",
              name: "p",
              command: "all",
              roles: [],
              restrictive: false,
              using: "",
              withCheck: undefined,
              ours: false,
            },
          ],
        },
      },
      ["blocker foreign-policies"],
    ],
    [
      "with statistics of another owner",
      { source: { statistics: [{ schema: "app", name: "s", definition: "", owner: "other", ours: false }] } },
      ["blocker statistics"],
    ],
    ["with a filtered publication", { facts: publishing({}) }, ["blocker publications"]],
    [
      "with another owner's publication",
      { facts: publishing({ mine: false, member: { ...publication.member, where: undefined } }) },
      ["blocker publications"],
    ],
  ] satisfies readonly (readonly [string, Parameters<typeof factsWith>[0], readonly string[]])[])(
    "refuses a table %s, with the way on",
    (_, changes, blockers) => {
      const facts = factsWith(changes);
      expect(listBlockers(facts)).toEqual(blockers);
      const found = findConversionFindings(facts).filter((one) => one.level === "blocker");
      expect(found.every((one) => one.fix !== undefined && one.fix.length > 10)).toBe(true);
      expect(chooseStrategy(facts, found)).toMatchObject({ chosen: undefined });
    },
  );

  it.each([
    ["a narrow primary key", { table: noKey }, "primary-key"],
    ["a key that may be NULL", { table: { columns: [column("at", KEY.type, { nullable: true })] } }, "key-nulls"],
    [
      "a statement trigger",
      { source: { triggers: [{ ...trigger, level: "statement", transitionTables: ["a"] }] } },
      "triggers",
    ],
    ["a view", { source: { views: [{ ...view, ours: true }] } }, "views"],
    [
      "a foreign key to all of the wider key",
      { source: { referring: [{ ...referring, referenced: ["id", "at"] }] } },
      "incoming-keys",
    ],
    ["an exclusion from 17 on", { table: exclusion("EXCLUDE USING gist (at WITH =, r WITH &&)") }, "owner"],
    [
      "a publication of the whole table",
      { facts: publishing({ member: { ...publication.member, where: undefined } }) },
      "publications",
    ],
  ] satisfies readonly (readonly [string, Parameters<typeof factsWith>[0], string])[])(
    "takes care of %s",
    (_, changes, topic) => {
      const facts = factsWith(changes);
      expect(listBlockers(facts)).toEqual([]);
      expect(listWeighty(facts)).toContain(`handled ${topic}`);
      expect(chooseStrategy(facts, findConversionFindings(facts)).chosen).toBe("attach");
    },
  );

  it.each([
    ["2026-11-27T12:00:00Z", "handled backup"],
    ["2026-11-27T11:59:59Z", "blocker backup"],
    [undefined, "blocker backup"],
  ])("a backup of %s, where one is required: %s", (at, found) => {
    const backup = {
      required: { query: "select 1", within: undefined },
      found: { at: at === undefined ? undefined : parseInstant(at, "UTC") },
    };
    expect(listWeighty(factsWith({ facts: { backup } }))).toContain(found);
  });

  it("lists blockers first, whatever their topic", () => {
    const levels = findConversionFindings(factsWith({ table: email, source: { subscriptions: ["s"] } })).map(
      (one) => one.level,
    );
    expect(levels.slice(0, 2)).toEqual(["blocker", "blocker"]);
    expect([...levels].sort((a, b) => "bhn".indexOf(a[0] ?? "") - "bhn".indexOf(b[0] ?? ""))).toEqual(levels);
  });

  it("S13 notes what waits: prepared and long transactions, idle slots, standbys", () => {
    const { activity } = factsWith();
    const server = {
      ...activity.server,
      preparedTransactions: [{ name: "gid", seconds: 7_300 }],
      oldTransactions: [{ pid: 7, application: "report", state: "active", seconds: 100 }],
      replicas: [
        { name: "standby", lagBytes: 5_000_000, feedback: false },
        { name: "reporting", lagBytes: 0, feedback: true },
      ],
      slots: [
        { name: "idle", kind: "physical", active: false, keptBytes: 1 },
        { name: "busy", kind: "logical", active: true, keptBytes: 1 },
      ],
    } as const;
    const text = findConversionFindings(factsWith({ facts: { activity: { ...activity, server } } }))
      .map((one) => one.message)
      .join("\n");
    for (const word of [
      '"gid" is 2 h old',
      "pid 7",
      '"standby" is 5 MB',
      "finds it without the copied rows",
      'standby "reporting" is ',
      "Its transactions whose snapshot is older than a copy are waited for",
      'slot "idle"',
    ])
      expect(text).toContain(word);
    expect(text).not.toContain('"busy"');
  });
});
