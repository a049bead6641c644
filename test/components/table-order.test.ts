import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PartitionedDatabase, PartitionedTable } from "../../components";
import { orderTables } from "../../components/table-order";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled } from "./support";

const asOf = "2026-05-10T12:00:00Z";
const connection = { host: "localhost", password: "canary" };

/** Refers to other tables: `orders`, `app.orders`. */
function table(name: string, to: readonly string[] = [], more: Partial<TableSpecArgs> = {}): TableSpecArgs {
  const columns = Object.fromEntries(to.map((_, index) => [`ref${String(index)}`, "bigint" as const]));
  const keys = to.map((target, index): [string, NonNullable<TableSpecArgs["foreignKeys"]>[string]] => {
    const [other = "", schema] = target.split(".").reverse();
    const references = { table: other, columns: ["id", "at"], ...(schema === undefined ? {} : { schema }) };
    return [`${name}_${String(index)}`, { columns: [`ref${String(index)}`, "at"], references }];
  });
  return {
    table: name,
    columns: { id: "bigint", at: "timestamptz", ...columns },
    primaryKey: ["id", "at"],
    foreignKeys: Object.fromEntries(keys),
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "drop",
    ...more,
  };
}

class OneProvider extends pulumi.ProviderResource {
  constructor(name: string) {
    super("pgpartition", name, {});
  }
}

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

/** Names of what a resource waits for, of the given type. */
function waitsFor(name: string, type: "Table" | "PartitionWindow" | "RowPolicy"): string[] {
  const one = registered.find((each) => each.name === name);
  if (!one) throw new Error(`no ${name} is registered`);
  return one.dependsOn
    .filter((urn) => urn.includes(`pgpartition:index:${type}::`))
    .map((urn) => urn.split("::").at(-1) ?? "")
    .sort();
}

async function database(tables: Readonly<Record<string, TableSpecArgs>>, schema?: string): Promise<void> {
  new PartitionedDatabase("db", { connection, asOf, tables, ...(schema ? { defaults: { schema } } : {}) });
  await settled();
}

describe("tables of one database", () => {
  test.each([
    ["the referring one first", { items: table("items", ["orders"]), orders: table("orders") }],
    ["the referred one first", { orders: table("orders"), items: table("items", ["orders"]) }],
  ])(
    "written with %s: the table waits for the table, not for its window, and the windows the other way round",
    async (_, tables) => {
      await database(tables);
      expect(waitsFor("db-items-table", "Table")).toEqual(["db-orders-table"]);
      expect(waitsFor("db-items-table", "PartitionWindow")).toEqual([]);
      expect(waitsFor("db-orders-table", "Table")).toEqual([]);
      expect(waitsFor("db-orders-window", "PartitionWindow")).toEqual(["db-items-window"]);
      expect(waitsFor("db-items-window", "PartitionWindow")).toEqual([]);
      // Neither waits for the partitions of the other.
      for (const name of ["db-items-window", "db-orders-window"]) {
        const other = name.startsWith("items") ? "orders" : "items";
        expect(registered.find((one) => one.name === name)?.dependsOn.join()).not.toContain(`Partition::${other}`);
      }
    },
  );

  test("a chain of three, with the schema in the name and by default", async () => {
    const tables = {
      lines: table("lines", ["app.items"]),
      items: table("items", ["app.orders"]),
      orders: table("orders", [], { schema: "app" }),
    };
    await database(tables, "app");
    expect(waitsFor("db-lines-table", "Table")).toEqual(["db-items-table"]);
    expect(waitsFor("db-items-table", "Table")).toEqual(["db-orders-table"]);
    expect(waitsFor("db-orders-window", "PartitionWindow")).toEqual(["db-items-window"]);
    expect(waitsFor("db-items-window", "PartitionWindow")).toEqual(["db-lines-window"]);
  });

  test("a reference without a schema means public, and a table of that name in another schema is another table", async () => {
    await database({ items: table("items", ["orders"]), orders: table("orders", [], { schema: "app" }) });
    expect(waitsFor("db-items-table", "Table")).toEqual([]);
    expect(waitsFor("db-orders-window", "PartitionWindow")).toEqual([]);
  });

  test("a window that creates the partitions itself waits for no other window: a retirement that fails there keeps none from being created", async () => {
    await database({
      items: table("items", ["orders"]),
      orders: table("orders", [], { resources: "window" }),
    });
    expect(waitsFor("db-orders-window", "PartitionWindow")).toEqual([]);
    expect(waitsFor("db-items-table", "Table")).toEqual(["db-orders-table"]);
  });

  test("one that refers to itself waits for nothing", async () => {
    await database({ events: table("events", ["events"]) });
    expect(waitsFor("db-events-table", "Table")).toEqual([]);
    expect(waitsFor("db-events-window", "PartitionWindow")).toEqual([]);
  });

  test.each([
    ["two", { a: table("a", ["b"]), b: table("b", ["a"]) }],
    ["three", { a: table("a", ["b", "a"]), b: table("b", ["c"]), c: table("c", ["a"]) }],
  ])("of a ring of %s the window of the one that closes it waits for what its key points to", async (_, tables) => {
    await database(tables);
    expect(registered.filter((one) => one.type === "pgpartition:index:PartitionWindow")).toHaveLength(
      Object.keys(tables).length,
    );
    const order = orderTables(tables, undefined);
    const closing = order.filter(({ later }) => later.length > 0);
    expect(closing).toHaveLength(1);
    for (const { key, later } of closing)
      expect(waitsFor(`db-${key}-window`, "Table")).toEqual([key, ...later].map((one) => `db-${one}-table`).sort());
  });

  test("one that takes policies from what it refers to waits for its table and its policies, and not for its window", async () => {
    const rowSecurity = { policies: { own: { roles: ["app"], using: "true" } } };
    await database({
      items: table("items", ["orders"], { rowSecurity: { copyFrom: "orders" } }),
      orders: table("orders", [], { rowSecurity }),
    });
    const items = registered.find(
      (one) => one.name === "db-items" && one.type === "pgpartition:index:PartitionedTable",
    );
    expect(items?.dependsOn.map((urn) => urn.split("::").at(-1)).sort()).toEqual(
      expect.arrayContaining(["db-orders-row-policy", "db-orders-table"]),
    );
    expect(items?.dependsOn.join()).not.toContain("db-orders-window");
    expect(waitsFor("db-orders-window", "PartitionWindow")).toEqual(["db-items-window"]);
  });

  test("policies decide before foreign keys: what refers to the table that takes its policies closes the ring", () => {
    const copying = { rowSecurity: { copyFrom: "orders" } };
    const tables = { orders: table("orders", ["items"]), items: table("items", [], copying) };
    expect(orderTables(tables, undefined)).toEqual([
      { key: "orders", source: undefined, referenced: [], later: ["items"] },
      { key: "items", source: "orders", referenced: [], later: [] },
    ]);
  });
});

describe("tables of their own", () => {
  test("wait for those of the same provider that the program has created before", async () => {
    const provider = new OneProvider("one");
    const other = new OneProvider("other");
    new PartitionedTable("orders", { ...table("orders"), asOf }, { provider });
    new PartitionedTable("items", { ...table("items", ["orders"]), asOf }, { provider });
    new PartitionedTable("elsewhere", { ...table("elsewhere", ["orders"]), asOf }, { provider: other });
    await settled();
    expect(waitsFor("items-table", "Table")).toEqual(["orders-table"]);
    expect(waitsFor("elsewhere-table", "Table")).toEqual([]);
  });

  test("let the windows of those that refer to them go first, where these were created before", async () => {
    const provider = new OneProvider("one");
    new PartitionedTable("items", { ...table("items", ["orders"]), asOf }, { provider });
    const orders = new PartitionedTable("orders", { ...table("orders"), asOf }, { provider });
    new PartitionedTable("after", { ...table("after"), asOf }, { provider, dependsOn: orders });
    await settled();
    expect(waitsFor("orders-window", "PartitionWindow")).toEqual(["items-window"]);
    expect(waitsFor("items-table", "Table")).toEqual([]);
    expect(registered.map(({ name }) => name)).toContain("after-window");
  });
});
