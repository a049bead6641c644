import { beforeEach, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { configOf, eventsTable, program } from "../support/harness/fixture";
import { grpcMessage, hostedPlugin, type Plugin } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { entryOf, inputsOf, invoke, list, partitionOf } from "./support";

const database = withDatabase();
const deployment = withDeployment(database);

const march = program("2025-03-10T00:00:00Z", {
  columns: { ...eventsTable().columns, author: { type: "bigint", nullable: true } },
  uniques: { events_once: ["note", "at"] },
  foreignKeys: {
    events_author: {
      columns: ["author"],
      references: { schema: "app", table: 'Us"ers', columns: ["id"] },
      onDelete: "set null",
    },
  },
});

beforeEach(async () => {
  await database.query('create table app."Us""ers" (id bigint primary key)');
  expect((await up(database, deployment, march)).error).toBeUndefined();
});

const asked = async <T>(body: (plugin: Plugin) => Promise<T>) => (await withPlugin(database, march, body)).result;

it("refresh of an unchanged database changes nothing, and the next update has nothing to do", async () => {
  expect(await asked((plugin) => deployment.refresh(plugin))).toEqual([]);
  expect((await up(database, deployment, march)).steps).toEqual([]);
});

it.each([
  ["management", "ManagementSchema", "pgpartition"],
  ["events-table", "Table", "app.events"],
  ["events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z", "Partition", "app.events#events_p2025_03"],
  ["events-by_note", "Index", "app.events#events_by_note"],
  ["events-window", "PartitionWindow", "app.events"],
] as const)("imports %s by its id, and then neither Diff nor refresh finds a difference", async (name, _type, id) => {
  const { urn } = entryOf(deployment, name);
  const plugin = await hostedPlugin(configOf(database, { asOf: march.asOf }));
  const imported = await plugin.read(urn, id);
  expect(imported?.id).toBe(id);
  if (!imported) return;
  const { inputs, failures } = await plugin.check(urn, imported.inputs, inputsOf(march, name));
  expect(failures).toEqual([]);
  expect(await plugin.diff(imported, inputs)).toBeUndefined();
  expect(await plugin.read(urn, id, imported)).toEqual(imported);
  await plugin.stop();
});

it.each([
  ["events-table", "app.nothing"],
  ["events-window", "app.nothing"],
  ["events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z", "app.events#nothing"],
  ["events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z", "app.nothing#events_p2025_03"],
  ["events-by_note", "app.events#nothing"],
])("imports nothing for %s without %s", async (name, id) => {
  expect(await asked((plugin) => plugin.read(entryOf(deployment, name).urn, id))).toBeUndefined();
});

it.each([
  ["events-table", "app.events.x", "write schema.table"],
  ["events-window", "a.b.c", "write schema.table"],
  ["events-2025-03-01T00:00:00Z_2025-04-01T00:00:00Z", "app.events", "write schema.table#partition"],
  ["events-by_note", "app.events", "write schema.table#index"],
  ["events-by_note", "app.events#events_pkey", 'belongs to constraint "events_pkey" and is declared with it'],
])("reports how the id of %s is written when it is %s", async (name, id, words) => {
  const message = await asked((plugin) =>
    plugin.read(entryOf(deployment, name).urn, id).then(() => "read", grpcMessage),
  );
  expect(message).toContain(words);
});

it("refresh follows the database: what is gone leaves the state, an invalid index shows, a new name is learned", async () => {
  await database.query(`drop table app.events_p2025_04; alter table app.events_p2025_02 rename to february;
    drop index app.events_by_note; create index events_by_note on only app.events (note)`);
  await asked((plugin) => deployment.refresh(plugin));
  expect(() => partitionOf(deployment, "2025-04-01")).toThrow("no partition from 2025-04-01 in the state");
  expect(partitionOf(deployment, "2025-02-01").outputs["partition"]).toBe("february");
  expect(entryOf(deployment, "events-by_note").outputs).toMatchObject({ valid: false, partitionCount: 2 });
  const steps = (await preview(database, deployment, march)).steps.map(
    (step) => `${step.op} ${step.name} ${step.diff.join()}`,
  );
  expect(steps).toEqual(
    expect.arrayContaining(["create events-2025-04-01T00:00:00Z_2025-05-01T00:00:00Z ", "update events-by_note valid"]),
  );
  expect((await up(database, deployment, march)).error).toBeUndefined();
  expect((await up(database, deployment, march)).steps).toEqual([]);
});

it("lists what could be imported, by ids that import takes", async () => {
  await database.query(`create table app.plain (id int); create table app.by_hash (id int) partition by hash (id);
    create table app.tree (site text, at date) partition by list (site);
    create table app.tree_a partition of app.tree for values in ('a') partition by range (at)`);
  const plugin = await hostedPlugin(configOf(database));
  expect(await list(plugin, "Table")).toEqual(expect.arrayContaining(["app.events"]));
  expect(await list(plugin, "Table")).toContain("app.tree");
  for (const other of ["app.plain", "app.by_hash", "app.tree_a"])
    expect(await list(plugin, "Table")).not.toContain(other);
  expect((await list(plugin, "Partition")).sort()).toEqual(
    ["02", "03", "04"].map((month) => `app.events#events_p2025_${month}`),
  );
  expect(await list(plugin, "Index")).toEqual(["app.events#events_by_note"]);
  expect(await list(plugin, "PartitionWindow")).toEqual(["app.events"]);
  expect(await list(plugin, "ManagementSchema")).toEqual(["pgpartition"]);
  expect(await list(plugin, "CronJob")).toEqual([]);
  const { urn } = entryOf(deployment, "events-table");
  for (const id of await list(plugin, "Table")) expect((await plugin.read(urn, id))?.id).toBe(id);
  await plugin.stop();
});

it("getPartitions returns names, bounds, rows and bytes, and what is missing", async () => {
  await database.query(
    "insert into app.events values (1, '2025-02-05', 'x'), (2, '2025-03-05', 'x'); analyze app.events_p2025_02",
  );
  const plugin = await hostedPlugin(configOf(database));
  const token = "pgpartition:index:getPartitions";
  const { result } = await invoke(plugin, token, { schema: "app", table: "events" });
  const [first, second, third] = result["partitions"] as readonly Record<string, unknown>[];
  expect(first).toMatchObject({
    name: "events_p2025_02",
    bounds: "2025-02-01T00:00:00Z/2025-03-01T00:00:00Z",
    rows: 1,
    detachPending: false,
  });
  expect(first?.["bytes"]).toBeGreaterThan(8_000);
  // Never analyzed: unknown. Without a page: empty.
  expect(second).not.toHaveProperty("rows");
  expect(third).toHaveProperty("rows", 0);
  expect((await invoke(plugin, token, { schema: "app", table: "none" })).failures).toEqual([
    'table: table "app.none" does not exist',
  ]);
  expect((await invoke(plugin, token, { schema: "app" })).failures).toEqual([
    "table: the name of the table is missing",
  ]);
  await plugin.stop();
});
