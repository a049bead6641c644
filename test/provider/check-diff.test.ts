import { beforeEach, expect, it } from "vitest";
import type { PropertyMap } from "../../provider/runtime/values";
import { withDatabase } from "../support/database";
import { configOf, left, program } from "../support/harness/fixture";
import { hostedPlugin, type Plugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { detailedDiff, entryOf, inputsOf } from "./support";

const database = withDatabase();

const march = program("2025-03-10T00:00:00Z");
const april = program("2025-04-10T00:00:00Z");
const PARTITION = "events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z";
const deployment = withDeployment(database);
let plugin: Plugin;

beforeEach(async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
  plugin = await hostedPlugin(configOf(database, { asOf: march.asOf }));
  return () => plugin.kill();
});

const without = (inputs: PropertyMap, key: string): PropertyMap =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => name !== key));

it.each<[string, string, PropertyMap | string, RegExp]>([
  ["management", "schema", { schema: "other" }, /^schema: .*configured for management schema "pgpartition"/],
  ["management", "schema left out", "schema", /^schema: the name of the schema is missing/],
  ["events-table", "table", { table: "renamed" }, /^table: .*is not renamed or replaced/],
  ["events-table", "a column's type", { columns: [{ name: "id", nullable: false }] }, /^columns\[0\]\.type: /],
  ["events-table", "key left out", "key", /^key: /],
  [PARTITION, "to", { to: "2025-05-01T00:00:00Z" }, /^to: the to of a partition never changes/],
  [PARTITION, "to before from", { to: "2025-01-01T00:00:00Z" }, /^to: the partition ends .* before it begins/],
  [PARTITION, "from as a number", { from: 5 }, /^from: /],
  [
    "events-by_note",
    "columns",
    { columns: [{ column: "id" }] },
    /^columns: the definition of index "events_by_note" changed/,
  ],
  ["events-by_note", "no columns", { columns: [] }, /^columns: /],
  ["events-by_note", "a wrong order", { columns: [{ column: "note", order: "up" }] }, /^columns\[0\]\.order: /],
  ["events-window", "retention as a number", { retention: 12 }, /^retention: /],
  ["events-window", "a grid of fortnights", { grid: [{ every: "fortnight", name: "x" }] }, /^grid\[0\]\.every: /],
  ["events-window", "asOf", { asOf: "soon" }, /^asOf: .*not a time/],
  ["events-window", "a bound that is none", { confirmDrops: ["january"] }, /^confirmDrops\[0\]: /],
  [
    "events-window",
    "retention without its partitions",
    { retention: "2 months" },
    /^childDigest: .*ignoreChanges or a transform/,
  ],
])("Check of %s names the property: %s", async (name, _, change, expected) => {
  const { urn, inputs } = entryOf(deployment, name);
  const declared = inputsOf(march, name);
  const news = typeof change === "string" ? without(declared, change) : { ...declared, ...change };
  const { failures } = await plugin.check(urn, inputs, news);
  expect(failures).toEqual([expect.stringMatching(expected)]);
});

it("Check reports every problem at once, each under its own property", async () => {
  const { urn, inputs } = entryOf(deployment, "events-window");
  const { failures } = await plugin.check(urn, inputs, {
    ...inputsOf(march, "events-window"),
    retention: 0,
    lead: "soon",
    onExpire: "burn",
  });
  expect(failures.map((text) => text.split(":")[0]).sort()).toEqual(["lead", "onExpire", "retention"]);
});

it("one table declared by two resources is a problem of the second", async () => {
  const { urn } = entryOf(deployment, "events-table");
  const declared = inputsOf(march, "events-table");
  expect((await plugin.check(urn, undefined, declared)).failures).toEqual([]);
  const { failures } = await plugin.check(`${urn}-again`, undefined, declared);
  expect(failures).toEqual([expect.stringMatching(/^table: "app.events" is declared twice: also by .*events-table/)]);
});

it.each<[string, PropertyMap, Record<string, string>]>([
  ["events-window", { maxDropsPerUpdate: 5 }, { maxDropsPerUpdate: "UPDATE" }],
  ["events-window", { paused: true, reason: "audit" }, { paused: "ADD", reason: "ADD" }],
  ["events-window", { onExpire: "detach", grace: null }, { onExpire: "UPDATE", grace: "DELETE" }],
  [PARTITION, { name: "another_template" }, {}],
  [PARTITION, { allowEmpty: true }, { allowEmpty: "ADD" }],
  ["events-by_note", { partitionIndexName: "{partition}_x" }, { partitionIndexName: "UPDATE" }],
  [
    "events-table",
    {
      columns: [
        { name: "id", type: "int8", nullable: false },
        { name: "at", type: "timestamp with time zone", nullable: false },
        { name: "note", type: "TEXT", nullable: true },
      ],
    },
    {},
  ],
  ["events-table", { primaryKey: ["at", "id"] }, { primaryKey: "UPDATE" }],
  ["management", {}, {}],
])("Diff of %s with %j shows the paths %j", async (name, change, expected) => {
  const known = entryOf(deployment, name);
  // Check has found nothing due: what the state remembers is the work of the first update.
  const checked = "work" in known.inputs ? { ...known.inputs, work: [] } : known.inputs;
  const news = Object.entries({ ...checked, ...change }).filter(([, value]) => value !== null);
  expect(await detailedDiff(plugin, known, Object.fromEntries(news))).toEqual(expected);
});

it("Diff shows pending changes in one property, without the clock, and a table of another database as an error", async () => {
  const entry = entryOf(deployment, "events-window");
  const later = await hostedPlugin(configOf(database, { asOf: april.asOf }));
  const { inputs } = await later.check(entry.urn, entry.inputs, inputsOf(april, "events-window"));
  expect(await detailedDiff(later, entry, inputs)).toEqual({ changes: "UPDATE" });
  await later.stop();
  const foreign = { ...entryOf(deployment, "management") };
  const moved = {
    ...foreign,
    outputs: { ...foreign.outputs, database: { systemIdentifier: "1", databaseOid: 1, name: "elsewhere" } },
  };
  await expect(detailedDiff(plugin, moved, moved.inputs)).rejects.toThrow(/"elsewhere" .*Nothing was changed/);
});

it("preview of a roll, a new index and a new table only reads: no statement that changes anything is sent", async () => {
  const changes = { indexes: { by_note: { columns: ["note"] }, more: { columns: ["id"] } } };
  const next = program(april.asOf, changes);
  const other = { ...next, tables: { ...next.tables, second: { ...next.tables["events"], table: "second" } as never } };
  const before = await left(database, ["app"]);
  let shown: Awaited<ReturnType<typeof preview>> | undefined;
  const sent = await statementsDuring(database, async () => (shown = await preview(database, deployment, other)));
  expect(shown?.error).toBeUndefined();
  expect(shown?.steps.length).toBeGreaterThan(5);
  const ours = sent
    .filter(({ application }) => application.startsWith("pulumi-pgpartition"))
    .map(({ sql }) => sql.replace(/^(--[^\n]*\n)*/, ""));
  expect(ours.length).toBeGreaterThan(3);
  // What is new is tried on a temporary table, each time in a transaction that is rolled back.
  const isTried = (sql: string) => /^DO '[^]*CREATE TEMPORARY TABLE/.test(sql);
  expect(ours.filter(isTried)).toHaveLength(ours.filter((sql) => sql === "rollback").length);
  const others = ours.filter((sql) => !isTried(sql));
  expect(others.filter((sql) => !/^\s*(select|with|set|show|begin|commit|rollback)\b/i.test(sql))).toEqual([]);
  expect(await left(database, ["app"])).toEqual(before);
});
