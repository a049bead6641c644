import { afterEach, beforeEach, expect, test } from "vitest";
import { PartitionedDatabase, PartitionedTable } from "../../components";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: { id: "bigint", at: "timestamptz", tenant: "text" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "1 month" },
  onExpire: "detach",
};
const policies = { own_rows: { roles: ["app"], using: "tenant = current_user" } };
const asOf = "2026-05-10T12:00:00Z";

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

const ofType = (type: string): Registered[] => registered.filter((one) => one.type === `pgpartition:index:${type}`);

test("a table that declares row security or grants has one row policy, after its table and before its window", async () => {
  new PartitionedTable("events", { ...events, asOf, rowSecurity: { policies } }, { protect: true });
  new PartitionedTable("granted", { ...events, table: "granted", asOf, grants: { app: ["select"] } });
  new PartitionedTable("plain", { ...events, table: "plain", asOf });
  await settled();
  expect(ofType("RowPolicy").map((one) => one.name)).toHaveLength(2);
  const policy = ofType("RowPolicy").find((one) => one.name === "events-row-policy");
  const granted = ofType("RowPolicy").find((one) => one.name === "granted-row-policy");
  expect(policy).toMatchObject({
    inputs: {
      schema: "public",
      table: "events",
      rowSecurity: { enable: true, force: false, partitionAccess: "closed" },
    },
    protect: false,
  });
  expect(granted?.inputs).toMatchObject({ grants: [{ role: "app", privileges: ["select"] }] });
  expect(granted?.inputs["rowSecurity"]).toBeUndefined();
  expect(policy?.dependsOn).toEqual([expect.stringMatching(/:Table::events-table$/)]);
  const window = ofType("PartitionWindow").find((one) => one.name === "events-window");
  expect(window?.dependsOn.some((urn) => urn.endsWith(":RowPolicy::events-row-policy"))).toBe(true);
  for (const partition of ofType("Partition"))
    expect(partition.dependsOn.some((urn) => urn.includes(":RowPolicy::"))).toBe(false);
});

test("a database creates the table whose policies are copied before the one that copies them", async () => {
  new PartitionedDatabase("db", {
    connection: { host: "localhost" },
    asOf,
    defaults: { schema: "app" },
    tables: {
      taking: { ...events, table: "taking", rowSecurity: { copyFrom: "events" } },
      named: { ...events, table: "named", rowSecurity: { copyFrom: "app.taking" } },
      events: { ...events, rowSecurity: { policies } },
    },
  });
  await settled();
  expect(ofType("Table").map((one) => one.name)).toEqual(["db-events-table", "db-taking-table", "db-named-table"]);
});

test("tables that take their policies from one another are refused", () => {
  const tables = {
    a: { ...events, table: "a", rowSecurity: { copyFrom: "b" } },
    b: { ...events, table: "b", rowSecurity: { copyFrom: "public.a" } },
  };
  expect(() => new PartitionedDatabase("db", { connection: { host: "localhost" }, asOf, tables })).toThrow(
    /a copies its policies from b copies its policies from a: no table declares them/,
  );
});
