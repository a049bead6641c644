import { afterEach, beforeEach, expect, test } from "vitest";
import { PartitionedDatabase, type PrerequisiteArgs } from "../../components";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { type Registered, recording, settled } from "./support";

const events: TableSpecArgs = {
  schema: "app",
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "detach",
};
const connection = { host: "localhost", port: 5432, database: "app", user: "owner", password: "canary-owner" };

let registered: Registered[];
beforeEach(() => {
  registered = recording();
});
afterEach(settled);

const made = async (prerequisites: PrerequisiteArgs): Promise<void> => {
  new PartitionedDatabase("db", { connection, asOf: "2026-05-10T12:00:00Z", tables: { events }, prerequisites });
  await settled();
};
const ofType = (type: string): Registered[] => registered.filter((one) => one.type.endsWith(`:${type}`));

/** What a value looks like on its way to the engine when it is a secret. */
const secretOf = (value: unknown): unknown => (value as { value?: unknown } | undefined)?.value;

test("extensions, schemas and publications exist before the tables, and remain after them", async () => {
  await made({
    schemas: ["app"],
    extensions: ["pg_cron"],
    publications: { siem: { publish: ["insert"] }, warehouse: { viaRoot: false } },
  });
  expect(ofType("Extension").map(({ inputs }) => inputs["name"])).toEqual(["pg_cron"]);
  const publications = new Map(ofType("Publication").map(({ inputs }) => [inputs["name"], inputs]));
  expect(publications.get("siem")).toMatchObject({ publishParams: ["insert"], publishViaPartitionRootParam: true });
  expect(publications.get("warehouse")).toEqual({ name: "warehouse", publishViaPartitionRootParam: false });
  const [table] = ofType("PartitionedTable");
  for (const type of ["Extension", "Schema", "Publication"])
    for (const { name } of ofType(type)) expect(table?.dependsOn.join()).toContain(`::${name}`);
  expect(ofType("Role")).toEqual([]);
});

test("an archiver is a member of the owner and may create partitions and jobs", async () => {
  await made({
    extensions: ["pg_cron"],
    roles: { archiver: { for: "archive", memberOf: ["app_owner"], password: "canary-archiver" } },
  });
  const [role] = ofType("Role");
  expect(role?.inputs).toMatchObject({ name: "archiver", login: true });
  expect(ofType("GrantRole").map(({ inputs }) => inputs)).toEqual([{ role: "archiver", grantRole: "app_owner" }]);
  expect(ofType("Grant").map(({ inputs }) => [inputs["schema"], inputs["privileges"]])).toEqual([
    ["app", ["CREATE", "USAGE"]],
    ["cron", ["USAGE"]],
  ]);
  const [table] = ofType("PartitionedTable");
  expect(table?.dependsOn.join()).toContain("Grant::db-grant-archiver-app");
});

test("a reader gets the schema first, and the table once it exists", async () => {
  await made({ roles: { analyst: { for: "read" } } });
  expect(ofType("Role")[0]?.inputs).toEqual({ name: "analyst", login: false });
  const [schema, table] = ofType("Grant");
  expect(schema?.inputs).toEqual({
    database: "app",
    role: "analyst",
    objectType: "schema",
    schema: "app",
    privileges: ["USAGE"],
  });
  expect(table?.inputs).toMatchObject({
    objectType: "table",
    schema: "app",
    objects: ["events"],
    privileges: ["SELECT"],
  });
  expect(ofType("PartitionedTable")[0]?.dependsOn.join()).toContain("db-grant-analyst-app");
  expect(table?.dependsOn.join()).toContain(":PartitionWindow::db-events-window");
});

test("changes of privileges follow each other", async () => {
  await made({ roles: { analyst: { for: "read" }, support: { for: "read" } } });
  const [, second] = ofType("Grant").filter(({ inputs }) => inputs["objectType"] === "schema");
  expect(second?.dependsOn.join()).toContain("Grant::db-grant-analyst-app");
});

test("no password leaves the program in clear", async () => {
  await made({ roles: { analyst: { for: "read", password: "canary-analyst" } } });
  expect(secretOf(ofType("Role")[0]?.inputs["password"])).toBe("canary-analyst");
  const provider = registered.find(({ type }) => type === "pulumi:providers:postgresql");
  expect(provider?.inputs).toMatchObject({ host: "localhost", username: "owner", superuser: "false" });
  expect(secretOf(provider?.inputs["password"])).toBe("canary-owner");
});

test("another provider may create them, and needs no table", async () => {
  await made({ schemas: ["app"], connection: { host: "localhost", database: "app", user: "admin" } });
  const provider = registered.find(({ type }) => type === "pulumi:providers:postgresql");
  expect(provider?.inputs).toMatchObject({ username: "admin" });
  expect(provider?.inputs["password"]).toBeUndefined();
  expect(ofType("Schema")[0]?.inputs).toMatchObject({ name: "app", owner: "owner" });
  expect(registered.find(({ type }) => type === "pulumi:providers:pgpartition")?.inputs).toMatchObject({
    user: "owner",
  });
});

test("what the other provider cannot take is refused before anything is asked for", () => {
  const connect = (changes: object) => () =>
    new PartitionedDatabase("db", {
      connection: { host: "localhost", database: "app", ...changes },
      asOf: "2026-05-10T12:00:00Z",
      tables: { events },
      prerequisites: { schemas: ["app"] },
    });
  expect(connect({ url: "postgres://owner:canary@localhost/app" })).toThrow(/has no url/);
  expect(connect({ passwordCommand: "vault read canary" })).toThrow(
    /prerequisites of database "db"[\s\S]*has no passwordCommand/,
  );
});
