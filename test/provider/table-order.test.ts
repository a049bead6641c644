import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import type { ForeignKeyArgs } from "../../core/declare/table/constraints";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import type { Deployment } from "../support/harness/deployment";
import { grpcMessage } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { partitions, nothingLeft } from "./support";

const march = "2025-03-10T00:00:00Z";

/** A table that refers to others by (ref, at): rows of one month refer to rows of the same month. */
function table(name: string, to: Readonly<Record<string, string>> = {}, more: Partial<TableSpecArgs> = {}) {
  const columns = Object.fromEntries(Object.keys(to).map((key) => [`${key}_id`, { type: "bigint", nullable: true }]));
  const keys = Object.entries(to).map(([key, target]): [string, ForeignKeyArgs] => {
    const [schema = "", other = ""] = target.split(".");
    return [
      `${name}_${key}`,
      { columns: [`${key}_id`, "at"], references: { schema, table: other, columns: ["id", "at"] } },
    ];
  });
  const declared: TableSpecArgs = {
    schema: "app",
    table: name,
    columns: { id: "bigint", at: "timestamptz", ...columns },
    primaryKey: ["id", "at"],
    foreignKeys: Object.fromEntries(keys),
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
    grace: "none",
    ...more,
  };
  return declared;
}

describe.each(anyVersion())("PostgreSQL %s, tables that refer to each other", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database, ["app", "other"]);

  /** `app.a a_b app.b t`: each key of a managed table, and whether it is valid. */
  async function keys(): Promise<string[]> {
    const rows = await database.query<{ line: string }>(
      `select format('%s %s %s %s', k.conrelid::regclass, k.conname, k.confrelid::regclass, k.convalidated) as line
       from pg_constraint k where k.contype = 'f' and k.conparentid = 0 and k.connamespace <> 'pgpartition'::regnamespace order by 1`,
    );
    return rows.map(({ line }) => line);
  }

  const round = async (program: Program) => {
    const run = await up(database, deployment, program);
    expect(run.error).toBeUndefined();
    await nothingLeft(database, deployment, program);
    return run;
  };

  it.each([
    ["a ring of two", { a: table("a", { b: "app.b" }), b: table("b", { a: "app.a" }) }],
    ["written before what it refers to", { items: table("items", { o: "app.orders" }), orders: table("orders") }],
    [
      "a ring of three and a key to itself",
      {
        a: table("a", { b: "app.b", self: "app.a" }),
        b: table("b", { c: "app.c" }),
        c: table("c", { a: "app.a" }),
      },
    ],
    [
      "in another schema, with partitions that the window makes",
      {
        a: table("a", { b: "other.b" }, { resources: "window" }),
        b: table("b", { a: "app.a" }, { schema: "other", resources: "window" }),
      },
    ],
    [
      "with a level above time",
      {
        a: table("a", { b: "app.b" }, {
          columns: { id: "bigint", at: "timestamptz", site: "text", b_id: { type: "bigint", nullable: true } },
          primaryKey: ["id", "at", "site"],
          partitionBy: [
            { list: "site", values: ["x", "y"] },
            { range: "at", every: "month" },
          ],
          resources: "window",
        } as unknown as Partial<TableSpecArgs>),
        b: table("b"),
      },
    ],
  ] as [string, Program["tables"]][])("%s: one update creates every key, as preview printed it", async (_, tables) => {
    const program = { tables, asOf: march };
    const shown = await preview(database, deployment, program);
    expect(shown.error).toBeUndefined();
    const printed = shown.messages.join("\n");
    const sent = await statementsDuring(database, async () => {
      await round(program);
    });
    const declared = Object.values(tables).flatMap((one) => Object.keys(one.foreignKeys ?? {}));
    const found = await keys();
    expect(found).toHaveLength(declared.length);
    for (const line of found) expect(line).toMatch(/ t$/);
    const added = sent
      .map(({ sql }) =>
        sql
          .replace(/^(--[^\n]*\n)*/, "")
          .replace(/\n\s*/g, " ")
          .trim(),
      )
      .filter((sql) => /^ALTER TABLE .* (ADD CONSTRAINT .* FOREIGN KEY|VALIDATE CONSTRAINT)/.test(sql));
    expect(added.length).toBeGreaterThan(0);
    for (const sql of added) expect(printed).toContain(`${sql};`);
  });

  it("a ring holds on both sides", async () => {
    await round({ tables: { a: table("a", { b: "app.b" }), b: table("b", { a: "app.a" }) }, asOf: march });
    await database.query(
      "insert into app.a values (1, '2025-03-05', null); insert into app.b values (1, '2025-03-05', 1)",
    );
    await database.query("update app.a set b_id = 1");
    await expect(database.query("update app.a set b_id = 2")).rejects.toThrow(/foreign key constraint "a_b"/);
    await expect(database.query("update app.b set a_id = 2")).rejects.toThrow(/foreign key constraint "b_a"/);
  });

  it("a target that is never created: the table exists with its partitions, the update fails with what to do, the next one adds the key", async () => {
    await database.query("create table app.kinds (id bigint, at timestamptz, primary key (id, at))");
    const one = (to: string): Program => ({ tables: { a: table("a", { b: to }) }, asOf: march });
    const wrong = await up(database, deployment, one("public.kinds"));
    expect(wrong.error).toMatch(
      /foreign key "a_b" refers to public\.kinds, which does not exist \(app\.kinds exists: references: \{ schema, table \} names it\)/,
    );
    expect(await partitions(database, "a")).toHaveLength(3);
    await database.query("insert into app.a values (1, '2025-03-05', null)");
    const shown = await preview(database, deployment, one("app.absent"));
    expect(shown.messages.join("\n")).toMatch(/foreign key "a_b" refers to app\.absent, which does not exist, so/);
    await round(one("app.kinds"));
    expect(await keys()).toEqual(["app.a a_b app.kinds t"]);
  });

  it("killed between the two tables: the next update adds what the first could not, though its table is unchanged", async () => {
    const a = table("a", { b: "app.b" });
    const alone = await up(database, deployment, { tables: { a }, asOf: march });
    expect(alone.error).toMatch(/app\.b, which does not exist/);
    // As the engine keeps it when the window's update was never asked for.
    for (const [urn, entry] of deployment.state) deployment.state.set(urn, { ...entry, initErrors: [] });
    await round({ tables: { a, b: table("b", { a: "app.a" }) }, asOf: march });
    expect(await keys()).toEqual(["app.a a_b app.b t", "app.b b_a app.a t"]);
  });

  it("rows that the late key does not allow: it is taken back, named, and everything else is done", async () => {
    const a = table("a", { b: "app.b" });
    await up(database, deployment, { tables: { a }, asOf: march });
    await database.query("insert into app.a values (1, '2025-03-05', 7)");
    const run = await up(database, deployment, { tables: { b: table("b"), a }, asOf: march });
    expect(run.error).toMatch(/foreign key "a_b": .*violates foreign key constraint/);
    expect(await partitions(database, "b")).toHaveLength(3);
    await database.query("insert into app.b values (7, '2025-03-05')");
    await round({ tables: { b: table("b"), a }, asOf: march });
    expect(await keys()).toEqual(["app.a a_b app.b t"]);
  });

  describe("that expire together", () => {
    const chain = (more: Partial<TableSpecArgs> = {}): Program["tables"] => ({
      lines: table("lines", { i: "app.items" }, more),
      items: table("items", { o: "app.orders" }, more),
      orders: table("orders", {}, more),
    });
    const rows = `insert into app.orders values (1, '2025-02-05'), (2, '2025-03-05');
      insert into app.items values (1, '2025-02-05', 1), (2, '2025-03-05', 2);
      insert into app.lines values (1, '2025-02-05', 1), (2, '2025-03-05', 2)`;

    it("are retired in one update, the referring one first; preview shows it and warns of nothing", async () => {
      await round({ tables: chain(), asOf: march });
      await database.query(rows);
      const april = { tables: chain(), asOf: "2025-04-10T00:00:00Z" };
      const shown = await preview(database, deployment, april);
      const text = shown.messages.join("\n");
      for (const name of ["lines", "items", "orders"]) expect(text).toMatch(new RegExp(`drop ${name}_p2025_02 `));
      expect(text).not.toContain("has expired");
      const run = await round(april);
      expect(run.messages.join("\n")).not.toContain("has expired");
      for (const name of ["lines", "items", "orders"])
        expect(await partitions(database, name)).toEqual(["03", "04", "05"].map((month) => `${name}_p2025_${month}`));
    });

    it("remain with a warning where what refers to them remains", async () => {
      const held = { ...chain(), lines: table("lines", { i: "app.items" }, { paused: true }) };
      await round({ tables: chain(), asOf: march });
      await database.query(rows);
      const run = await up(database, deployment, { tables: held, asOf: "2025-04-10T00:00:00Z" });
      expect(run.error).toBeUndefined();
      expect(run.messages.join("\n")).toMatch(/"items_p2025_02" has expired .*1 row of app.lines refers to it/);
      expect(await partitions(database, "orders")).toContain("orders_p2025_02");
    });

    it("with a grace the referred one leaves when the other is dropped, in the same update", async () => {
      const graced = chain({ grace: "7 days" });
      await round({ tables: graced, asOf: march });
      await database.query(rows);
      const first = await up(database, deployment, { tables: graced, asOf: "2025-04-10T00:00:00Z" });
      expect(first.error).toBeUndefined();
      expect(first.messages.join("\n")).toMatch(/"items_p2025_02" has expired .*app.lines_p2025_02 refers to it/);
      expect(await partitions(database, "lines")).not.toContain("lines_p2025_02");
      expect((await up(database, deployment, { tables: graced, asOf: "2025-04-20T00:00:00Z" })).error).toBeUndefined();
      expect(await partitions(database, "items")).not.toContain("items_p2025_02");
    });
  });

  describe("that are destroyed", () => {
    const destroy = async (allowed: readonly string[]): Promise<string> => {
      const config = { allowDestroy: JSON.stringify(allowed) };
      const body = (plugin: Parameters<Deployment["destroy"]>[0]) =>
        deployment.destroy(plugin).then(() => "destroyed", grpcMessage);
      return (await withPlugin(database, { asOf: march }, body, { config })).result;
    };
    const nothing = async () =>
      expect(await database.query("select relname from pg_class where relnamespace = 'app'::regnamespace")).toEqual([]);

    it.each([
      ["the referring one asked first", { orders: table("orders"), items: table("items", { o: "app.orders" }) }],
      ["the referred one asked first", { items: table("items", { o: "app.orders" }), orders: table("orders") }],
    ])("%s: both go with their rows", async (_, tables) => {
      await round({ tables, asOf: march });
      await database.query(
        "insert into app.orders values (1, '2025-03-05'); insert into app.items values (1, '2025-03-05', 1)",
      );
      expect(await destroy(["app.orders", "app.items"])).toBe("destroyed");
      await nothing();
    });

    it("a ring, and a table whose rows refer to its own, go as well; what waited for its drop too", async () => {
      const tables = {
        a: table("a", { b: "app.b", self: "app.a" }, { grace: "7 days" }),
        b: table("b", { a: "app.a" }, { grace: "7 days" }),
      };
      await round({ tables, asOf: march });
      await database.query(`insert into app.a values (1, '2025-03-05', null, null), (2, '2025-03-05', null, 1);
        insert into app.b values (1, '2025-03-05', 1), (2, '2025-02-05', null); update app.a set b_id = 1;
        insert into app.a values (5, '2025-02-05', 2, null)`);
      await round({ tables, asOf: "2025-04-10T00:00:00Z" }).catch(() => undefined);
      expect(await destroy(["app.a", "app.b"])).toBe("destroyed");
      await nothing();
    });

    it("one that refers and is to remain keeps the other, before anything goes", async () => {
      const tables = { items: table("items", { o: "app.orders" }), orders: table("orders") };
      await round({ tables, asOf: march });
      await database.query(
        "insert into app.orders values (1, '2025-03-05'); insert into app.items values (1, '2025-03-05', 1)",
      );
      expect(await destroy(["app.orders"])).toMatch(
        /"app.orders" is not destroyed: app.items refers to it by the foreign key "items_o" \(1 row\)/,
      );
      expect(await keys()).toEqual(["app.items items_o app.orders t"]);
      expect(await database.query("select count(*)::int as n from app.orders")).toEqual([{ n: 1 }]);
    });
  });
});
