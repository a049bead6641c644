import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { reset } from "../support/harness/fixture";
import { said, withProgram } from "../support/harness/program";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const up = ["up", "--yes", "--skip-preview"];

/** Refers to another table by (ref_id, at). */
function table(name: string, to?: string): TableSpecArgs {
  const references = { schema: "app", table: to ?? "", columns: ["id", "at"] };
  return {
    schema: "app",
    table: name,
    columns: { id: "bigint", at: "timestamptz", ref_id: { type: "bigint", nullable: true } },
    primaryKey: ["id", "at"],
    ...(to === undefined ? {} : { foreignKeys: { [`${name}_${to}`]: { columns: ["ref_id", "at"], references } } }),
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
    grace: "none",
  };
}

const chain = { lines: table("lines", "items"), items: table("items", "orders"), orders: table("orders") };
const ring = { a: table("a", "b"), b: table("b", "a"), self: table("self", "self") };
const written = { ...chain, ...ring };
const backwards = Object.fromEntries(Object.entries(written).reverse());

describe.each(testVersions().slice(-1))("tables of one program on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const runs = [
    { order: "the referring one first", tables: written },
    { order: "the referred one first", tables: backwards },
    { order: "the referring one first, again", tables: written },
    { order: "the referred one first, again", tables: backwards },
  ].map((run) => ({ ...run, app: withProgram(database) }));
  const last = runs.at(-1);
  if (!last) throw new Error("there are runs");

  const partitions = async (): Promise<string[]> =>
    (
      await database.query<{ name: string }>(
        "select relname as name from pg_class where relispartition and relkind = 'r' and relnamespace = 'app'::regnamespace order by 1",
      )
    ).map(({ name }) => name);

  test.each(runs)(
    `${version}: written with $order, one up on an empty database creates a chain, a ring and a key to itself`,
    async ({ app, tables }) => {
      await reset(database);
      app.declare({ tables, asOf: march });
      const run = await app.run(up);
      expect(said(run)).not.toMatch(/error/);
      expect(run.code).toBe(0);
      const keys = await database.query<{ name: string; valid: boolean }>(
        "select conname as name, convalidated as valid from pg_constraint where contype = 'f' and conparentid = 0 and connamespace = 'app'::regnamespace order by 1",
      );
      expect(keys).toEqual(
        ["a_b", "b_a", "items_orders", "lines_items", "self_self"].map((name) => ({ name, valid: true })),
      );
      expect(await app.run([...up, "--expect-no-changes"])).toMatchObject({ code: 0 });
    },
    180_000,
  );

  test(`${version}: a month later those that expire together leave in one up, and nothing is said to remain`, async () => {
    await database.query(`insert into app.orders values (1, '2025-02-05');
      insert into app.items values (1, '2025-02-05', 1); insert into app.lines values (1, '2025-02-05', 1)`);
    last.app.declare({ tables: written, asOf: april });
    const preview = await last.app.run(["preview"]);
    for (const name of ["lines", "items", "orders"]) expect(said(preview)).toContain(`drop ${name}_p2025_02 `);
    expect(said(preview)).not.toContain("has expired");
    const run = await last.app.run(up);
    expect(run.code).toBe(0);
    expect(said(run)).not.toContain("has expired");
    expect((await partitions()).filter((name) => name.endsWith("2025_02"))).toEqual([]);
    expect(await last.app.run([...up, "--expect-no-changes"])).toMatchObject({ code: 0 });
  }, 180_000);

  test(`${version}: a destroy takes them all, rows that refer to each other included`, async () => {
    await database.query(`insert into app.a values (1, '2025-04-05', null); insert into app.b values (1, '2025-04-05', 1);
      update app.a set ref_id = 1; insert into app.self values (1, '2025-04-05', null), (2, '2025-04-05', 1);
      insert into app.orders values (2, '2025-04-05'); insert into app.items values (2, '2025-04-05', 2)`);
    const allowDestroy = Object.keys(written).map((name) => `app.${name}`);
    last.app.declare({ tables: written, asOf: april, more: { allowDestroy } });
    expect((await last.app.run(up)).code).toBe(0);
    const run = await last.app.run(["destroy", "--yes", "--skip-preview"]);
    expect(said(run)).not.toMatch(/error/);
    expect(run.code).toBe(0);
    expect(await database.query("select relname from pg_class where relnamespace = 'app'::regnamespace")).toEqual([]);
  }, 180_000);
});
