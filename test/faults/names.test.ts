import { beforeAll, expect, it } from "vitest";
import { quote, quoteQualified } from "../../core/names/identifier";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { dumpSchemas, orphans } from "../support/harness/dump";
import { eventsTable, reset, sessionsGone } from "../support/harness/fixture";
import { preview, up } from "../support/harness/rounds";

const database = withDatabase();

beforeAll(async () => {
  await reset(database);
  await database.query("create table public.canary (alive boolean); insert into public.canary values (true)");
});

const hostile = [
  `a"; drop table public.canary; --`,
  `Robert'); drop table public.canary; --`,
  `"`,
  `'`,
  "back\\slash",
  "$$",
  "new\nline",
  "‮right to left",
  "😀".repeat(15),
  "pg_temp.x",
  "select",
  "Mixed Case. With dots",
  "${HOME} $(id) `id`",
  "%s %I :name {x}",
];

/** The name in every place that takes one. */
function declaration(name: string): TableSpecArgs {
  return {
    schema: name,
    table: name,
    columns: { id: "bigint", [name]: "timestamptz", note: { type: "text", nullable: true } },
    primaryKey: ["id", name],
    uniques: { [`u${name}`.slice(0, 40)]: ["id", "note", name] },
    checks: { [`c${name}`.slice(0, 40)]: "id > 0" },
    partitionBy: [{ range: name, every: "month" }],
    window: { lead: "1 day", retention: "1 month" },
    onExpire: "drop",
    grace: "none",
    indexes: { [name]: { columns: ["note", name], include: ["id"] } },
    owner: name,
    reason: name,
    dataClass: name,
  };
}

it.each(hostile)("H01 the name %j everywhere: created, rolled and dropped, and the canary lives", async (name) => {
  // PostgreSQL refuses such a schema itself.
  const schema = name.startsWith("pg_") ? "app" : name;
  await database.query(`create schema if not exists ${quote(schema)}`);
  const deployment = new Deployment();
  const tables = { hostile: { ...declaration(name), schema } };
  const march = { tables, asOf: "2025-03-10T00:00:00Z" };
  expect((await up(database, deployment, march)).error).toBeUndefined();
  await database.query(
    `insert into ${quoteQualified(schema, name)} values (1, '2025-02-02', 'x'), (2, '2025-03-02', 'y')`,
  );
  const april = { tables, asOf: "2025-04-10T00:00:00Z" };
  expect((await up(database, deployment, april)).error).toBeUndefined();
  expect((await preview(database, deployment, april)).steps).toEqual([]);
  const rows = await database.query(`select id::int from ${quoteQualified(schema, name)}`);
  expect(rows).toEqual([{ id: 2 }]);
  expect(await database.query("select alive from public.canary")).toEqual([{ alive: true }]);
  await sessionsGone(database);
  expect(await orphans(database)).toEqual([]);
});

it.each([
  ["a NUL", "a\0b", "NUL"],
  ["64 bytes", "x".repeat(64), "64 bytes"],
  ["64 bytes of emoji", "😀".repeat(16), "64 bytes"],
  ["half of a character", "\ud83d", "half"],
  ["a reserved schema", "pg_temp", "belongs to PostgreSQL"],
])("H01 a name that PostgreSQL cannot keep (%s) is refused before anything is asked", async (_, name, reason) => {
  const tables = { events: { ...eventsTable(), schema: name } };
  const run = await up(database, new Deployment(), { tables, asOf: "2025-03-10T00:00:00Z" });
  expect(run.error).toContain(reason);
});

it("I01 names longer than 63 bytes that templates create end in a hash: none collide, and the next preview is empty", async () => {
  await reset(database);
  const table = "ä".repeat(31);
  const index = "an_index_with_a_long_name_that_is_cut";
  const tables = {
    long: {
      ...eventsTable({ table }),
      indexes: { [`${index}_1`]: { columns: ["note"] }, [`${index}_2`]: { columns: ["id"] } },
    },
  };
  const deployment = new Deployment();
  const program = { tables, asOf: "2025-03-10T00:00:00Z" };
  expect((await up(database, deployment, program)).error).toBeUndefined();
  expect((await preview(database, deployment, program)).steps).toEqual([]);
  const names = await database.query<{ name: string; bytes: number }>(
    `select c.relname as name, octet_length(c.relname)::int as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'app'`,
  );
  // Per relation: the table and three partitions, each with a primary key and two indexes.
  expect(new Set(names.map(({ name }) => name)).size).toBe(16);
  expect(Math.max(...names.map(({ bytes }) => bytes))).toBeLessThanOrEqual(63);
});

it("I02 mixed case, spaces and dots, and one table name in two schemas: two tables, each with its own window", async () => {
  await reset(database, ["app", "App", "a.p p"]);
  const tables = Object.fromEntries(
    ["app", "App", "a.p p"].map((schema) => [schema, eventsTable({ schema, table: "Event s.x" })]),
  );
  const deployment = new Deployment();
  const march = { tables, asOf: "2025-03-10T00:00:00Z" };
  expect((await up(database, deployment, march)).error).toBeUndefined();
  const april = { tables, asOf: "2025-04-10T00:00:00Z" };
  expect((await up(database, deployment, april)).error).toBeUndefined();
  expect((await preview(database, deployment, april)).steps).toEqual([]);
  const dump = await dumpSchemas(database, ["app", "App", "a.p p"]);
  expect(dump.match(/^relation .* r .*parent=/gm)?.length).toBe(12);
  await reset(database, ["app", "App", "a.p p"]);
});
