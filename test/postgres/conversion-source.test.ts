import { beforeAll, describe, expect, it } from "vitest";
import type { ConversionSource } from "../../core/conversion/source";
import { readConversionSource } from "../../postgres/read/conversion-source";
import { testVersions, withDatabase } from "../support/database";
import { RICH_TABLE } from "../support/rich-table";
import { opener } from "./support";

describe.each(testVersions())("reading the source of a conversion on PostgreSQL %i", (version) => {
  const server = withDatabase(version);
  const open = opener(server);

  beforeAll(() => server.query(RICH_TABLE));

  async function read(table: string): Promise<ConversionSource> {
    const source = await readConversionSource(open(), { schema: "app", table });
    if (!source) throw new Error(`no table ${table}`);
    return source;
  }

  it("reads everything that is bound to a plain table", async () => {
    const owner = server.user;
    const source = await read("events");
    expect(source).toMatchObject({ schema: "app", name: "events", kind: "plain", parents: [], children: [] });
    expect(source.carried).toMatchObject({
      owner,
      rowSecurity: { enabled: true, forced: false },
      options: { fillfactor: "70" },
      statistics: { note: 500 },
    });
    expect(source.carried.policies.map((one) => one.name)).toEqual(["mine"]);
    expect(source.acl).toContain(`=r/${owner}`);
    expect(source.privileges).toContainEqual({
      column: "note",
      grantor: owner,
      grantee: "pg_monitor",
      privilege: "update",
      grantable: true,
    });
    expect(source.columns.filter((one) => Object.keys(one).length > 1)).toEqual([
      { name: "run_id", options: { n_distinct: "40" } },
      { name: "note", collation: `pg_catalog."C"`, statistics: 500 },
      { name: "body", storage: "e", compression: "pglz" },
    ]);
  });

  it("reads the states of constraints and indexes", async () => {
    const { constraints, indexes, statistics } = await read("events");
    const byName = new Map(constraints.map((one) => [one.name, one]));
    expect(byName.get("events_pkey")).toMatchObject({ kind: "primary", comment: "the key", deferrable: false });
    expect(byName.get("events_ticket_key")).toMatchObject({ kind: "unique", deferrable: true });
    expect(byName.get("late")).toMatchObject({ kind: "check", validated: false, noInherit: false, enforced: true });
    expect(byName.get("own")).toMatchObject({ validated: true, noInherit: true });
    expect(constraints.filter((one) => one.kind === "notNull").length > 0).toBe(version >= 18);
    expect(indexes.find((one) => one.name === "events_note_idx")).toMatchObject({
      method: "btree",
      partial: true,
      included: ["body"],
      comment: "for search",
    });
    expect(indexes.find((one) => one.name === "events_ticket_key")?.nullsNotDistinct).toBe(true);
    expect(statistics).toEqual([
      {
        schema: "app",
        name: "events_stats",
        definition: "CREATE STATISTICS app.events_stats (dependencies) ON number, run_id FROM app.events",
        owner: expect.any(String) as string,
        ours: expect.any(Boolean) as boolean,
        target: 300,
        comment: "together",
      },
    ]);
  });

  it("reads triggers, rules and foreign keys that point to it", async () => {
    const { triggers, rules, referring } = await read("events");
    expect(triggers.map(({ definition: _, function: called, ...one }) => ({ ...one, called }))).toEqual([
      {
        name: "counted",
        fires: "never",
        level: "statement",
        timing: "after",
        constraint: false,
        transitionTables: ["added"],
        called: "app.stamp()",
      },
      {
        name: "deferred",
        fires: "origin",
        level: "row",
        timing: "after",
        constraint: true,
        transitionTables: [],
        called: "app.stamp()",
      },
      {
        name: "stamp",
        fires: "always",
        level: "row",
        timing: "before",
        constraint: false,
        transitionTables: [],
        called: "app.stamp()",
        comment: "sets the time",
      },
    ]);
    expect(triggers[2]?.definition).toBe(
      "CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON app.events FOR EACH ROW EXECUTE FUNCTION app.stamp()",
    );
    expect(rules.map((one) => one.name)).toEqual(["quiet"]);
    expect(
      referring.map(({ table, name, validated, self, partitioned }) => [table, name, validated, self, partitioned]),
    ).toEqual([
      ["details", "details_event_fkey", false, false, false],
      ["events", "events_parent_fkey", true, true, false],
      ["pieces", "pieces_event_id_fkey", true, false, true],
    ]);
    expect(referring[1]).toMatchObject({ columns: ["parent"], referenced: ["id"] });
    expect(referring[1]?.definition).toBe("FOREIGN KEY (parent) REFERENCES app.events(id) ON DELETE CASCADE");
  });

  it("reads sequences: of an identity, owned, and called by a default alone", async () => {
    await server.query("select nextval('app.shared_seq')");
    const { sequences } = await read("events");
    expect(
      sequences.map(({ name, column, kind, start, increment, cache, type, last }) => ({
        name,
        column,
        kind,
        start,
        increment,
        cache,
        type,
        last,
      })),
    ).toEqual([
      {
        name: "events_id_seq",
        column: "id",
        kind: "identity always",
        start: "7",
        increment: "3",
        cache: "5",
        type: "bigint",
        last: undefined,
      },
      {
        name: "events_number_seq",
        column: "number",
        kind: "serial",
        start: "1",
        increment: "1",
        cache: "1",
        type: "integer",
        last: undefined,
      },
      {
        name: "shared_seq",
        column: "ticket",
        kind: "shared",
        start: "1",
        increment: "1",
        cache: "1",
        type: "bigint",
        last: "1",
      },
    ]);
    expect(sequences[0]?.acl).toContain(`pg_monitor=U/${server.user}`);
  });

  it("reads views in the order in which they can be made, and what else is bound by oid", async () => {
    const source = await read("events");
    expect(source.views.map(({ name, kind, direct }) => [name, kind, direct])).toEqual([
      ["a_recent", "view", true],
      ["b_daily", "materialized", false],
      ["aa_over", "view", false],
    ]);
    expect(source.views[0]).toMatchObject({
      options: { security_barrier: "true" },
      comment: "of today",
      columnComments: { note: "seen" },
      rules: [],
      triggers: [],
      indexes: [],
      ours: true,
    });
    expect(source.views[0]?.definition).toContain("FROM app.events");
    expect(source.views[0]?.privileges).toContainEqual({
      grantor: server.user,
      grantee: "pg_monitor",
      privilege: "select",
      grantable: false,
    });
    expect(source.views[1]).toMatchObject({ populated: true, indexes: [expect.stringContaining("ON app.b_daily")] });
    expect(source.functions.map(({ signature, direct }) => [signature, direct])).toEqual([
      ["app.total()", true],
      ["app.total_recent()", false],
    ]);
    expect(source.functions[0]?.definition).toMatch(/^CREATE OR REPLACE FUNCTION app\.total\(\)/);
    expect(source.rowTypeUsers).toEqual([
      { kind: "function", identity: "app.newest()" },
      { kind: "table column", identity: "app.snapshots.several" },
      { kind: "table column", identity: "app.snapshots.taken" },
    ]);
    expect(source.foreignPolicies).toMatchObject([
      { schema: "app", table: "secrets", name: "seen", command: "select", roles: ["public"] },
    ]);
    expect(source.others).toEqual([{ kind: "rule", identity: "copied on app.log" }]);
  });

  it("names a subscription that writes to it", async () => {
    await server.query(
      "create subscription sub connection 'host=nowhere dbname=none' publication p with (connect = false, slot_name = none, enabled = false)",
    );
    try {
      await server.query(
        "insert into pg_subscription_rel (srsubid, srrelid, srsubstate) select oid, 'app.events'::regclass, 'r' from pg_subscription where subname = 'sub'",
      );
      expect((await read("events")).subscriptions).toEqual(["sub"]);
    } finally {
      await server.query("drop subscription sub");
    }
  });

  it("tells a plain table from what cannot be converted", async () => {
    await server.query(`create unlogged table app.u (at timestamptz);
      create table app.parent (at timestamptz); create table app.child () inherits (app.parent);
      create table app.cut (at timestamptz) partition by range (at); create table app.cut_1 partition of app.cut default;
      create type app.shape as (at timestamptz); create table app.typed of app.shape;
      create view app.looking as select 1 as one;
      create table app.owned (at timestamptz); alter extension plpgsql add table app.owned`);
    const kinds: Record<string, string> = {};
    for (const table of ["u", "parent", "child", "cut", "cut_1", "typed", "looking", "owned", "runs"])
      kinds[table] = (await read(table)).kind;
    expect(kinds).toEqual({
      u: "unlogged",
      parent: "inherited",
      child: "inherits",
      cut: "partitioned",
      cut_1: "partition",
      typed: "typed",
      looking: "other",
      owned: "extension",
      runs: "plain",
    });
    expect((await read("child")).parents).toEqual(["app.parent"]);
    expect((await read("parent")).children).toEqual(["app.child"]);
    expect((await read("owned")).extension).toBe("plpgsql");
    expect((await read("typed")).ofType).toBe("app.shape");
    expect((await readConversionSource(open(), { schema: "pg_catalog", table: "pg_class" }))?.kind).toBe("catalogue");
    expect(await readConversionSource(open(), { schema: "app", table: "absent" })).toBeUndefined();
  });
});
