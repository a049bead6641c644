import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PartitionedDatabase, PartitionedTable } from "../../components";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "detach",
};
const asOf = "2026-05-10T12:00:00Z";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

/** What the Table is told, after everything is registered. */
const awaited = async (): Promise<unknown> => {
  await settled();
  return registered.find(({ type }) => type === "pgpartition:index:Table")?.inputs["awaited"];
};

class Role extends pulumi.CustomResource {
  constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super("postgresql:index/role:Role", name, {}, opts);
  }
}

class Roles extends pulumi.ComponentResource {
  constructor(name: string) {
    super("mine:index:Roles", name);
    new Role(`${name}-one`, { parent: this });
  }
}

test("a table that waits for nothing of another package says so by saying nothing", async () => {
  new PartitionedDatabase("db", { connection: {}, asOf, tables: { events } });
  expect(await awaited()).toBeUndefined();
});

test.each<[string, () => pulumi.ResourceOptions]>([
  ["a resource", () => ({ dependsOn: [new Role("one")] })],
  ["one that is not in a list", () => ({ dependsOn: new Role("one") })],
  ["an output", () => ({ dependsOn: pulumi.output(new Role("one")) })],
  ["a list as an output", () => ({ dependsOn: pulumi.output([new Role("one")]) as unknown as pulumi.Resource })],
])("the ids of what it waits for: %s", async (_, opts) => {
  new PartitionedTable("events", { ...events, asOf }, opts());
  expect(await awaited()).toEqual(["one-id"]);
});

test("the resources of a component, and what the database of the table waits for", async () => {
  new PartitionedDatabase("db", { connection: {}, asOf, tables: { events } }, { dependsOn: [new Roles("roles")] });
  expect(await awaited()).toEqual(["roles-one-id"]);
});

test("prerequisites of a database", async () => {
  const connection = { host: "localhost", database: "app", user: "owner" };
  const roles = { reader: { for: "read" as const } };
  new PartitionedDatabase("db", { connection, asOf, tables: { events }, prerequisites: { schemas: ["app"], roles } });
  expect(await awaited()).toEqual(expect.arrayContaining(["db-app-id", "db-role-reader-id"]));
});
