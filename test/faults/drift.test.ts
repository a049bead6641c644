import { expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { statementsDuring } from "../support/statement-log";
import { Deployment } from "../support/harness/deployment";
import { eventsTable, left, program } from "../support/harness/fixture";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "1 month" } as const;
const march = program("2025-03-10T00:00:00Z", { window });

const refresh = async () => (await withPlugin(database, march, (plugin) => deployment.refresh(plugin))).result;

it("D05 a row for a month without a partition: PostgreSQL refuses it with 23514, and preview shows how far the window reaches", async () => {
  await up(database, deployment, march);
  const late = database.query("insert into app.events values (1, '2025-05-01', 'x')");
  await expect(late).rejects.toMatchObject({
    code: "23514",
    message: expect.stringContaining("no partition of relation") as unknown,
  });
  const shown = await preview(database, deployment, program("2025-04-10T00:00:00Z", { window }));
  expect(shown.messages.join("\n")).toMatch(/window 2025-02-01 .. 2025-05-01 \(3\) -> 2025-03-01 .. 2025-06-01 \(3\)/);
});

it("D12 a partition of other bounds is in the way: refused with both bounds shown, nothing guessed", async () => {
  await database.query(`create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at))
    partition by range (at);
    create table app.odd partition of app.events for values from ('2025-02-10 00:00+00') to ('2025-03-20 00:00+00')`);
  const adopting = program("2025-03-10T00:00:00Z", { window, indexes: {} });
  for (const run of [await preview(database, deployment, adopting), await up(database, deployment, adopting)]) {
    expect(run.error).toContain("overlaps");
    expect(run.error).toContain("2025-02-10 00:00:00+00");
    expect(run.error).toMatch(/2025-02-01.*2025-03-01|2025-03-01.*2025-04-01/);
  }
  expect((await left(database)).dump).toContain("relation app.odd");
});

it("D12 an index of the declared name and another definition on an adopted table: refused, both definitions shown", async () => {
  await database.query(`create table app.events (id bigint not null, at timestamptz not null, note text, primary key (id, at))
    partition by range (at);
    create index events_by_note on app.events (id desc)`);
  const run = await up(database, deployment, march);
  expect(run.error).toContain('index "events_by_note" exists with another definition');
  expect(run.error).toContain("USING btree (id DESC)");
});

it("J01 a partition dropped by hand: refresh shows it, up creates it again and says that its rows are gone", async () => {
  await up(database, deployment, march);
  await database.query("drop table app.events_p2025_04");
  const refused = 'lacks "events_p2025_04", which the last update left in place';
  expect((await preview(database, deployment, march)).messages.join("\n")).toContain(refused);
  expect(await refresh()).toContainEqual(expect.stringContaining("events-2025-04-01"));
  // Not in the preview that mends it.
  expect((await preview(database, deployment, march)).messages.join("\n")).not.toContain(refused);
  const run = await up(database, deployment, march);
  expect(run.error).toBeUndefined();
  expect(named(run.steps)).toContain("create events-2025-04-01T00:00:00Z_2025-05-01T00:00:00Z");
  expect(run.messages.join("\n")).toContain("its rows are gone");
  expect((await preview(database, deployment, march)).steps).toEqual([]);
});

it("J01 a partition detached by hand: refresh shows it, and up attaches it again with its rows", async () => {
  await up(database, deployment, march);
  await database.query("insert into app.events values (1, '2025-03-05', 'kept')");
  await database.query("alter table app.events detach partition app.events_p2025_03");
  expect(await refresh()).not.toEqual([]);
  const run = await up(database, deployment, march);
  expect(run.error).toBeUndefined();
  expect((await left(database)).dump).toMatch(/relation app.events_p2025_03 .*parent=app.events/);
  const rows = await database.query("select note from app.events_p2025_03");
  expect(rows).toEqual([{ note: "kept" }]);
});

it("J01 a partition renamed by hand is still the same partition: refresh learns the name, up has nothing to do", async () => {
  await up(database, deployment, march);
  await database.query("alter table app.events_p2025_04 rename to april");
  await refresh();
  expect((await up(database, deployment, march)).steps).toEqual([]);
  expect((await left(database)).dump).toMatch(/relation app.april .*parent=app.events/);
});

it("J01 an index dropped by hand: refresh shows it, up builds it again", async () => {
  await up(database, deployment, march);
  await database.query("drop index app.events_by_note");
  expect(await refresh()).not.toEqual([]);
  const run = await up(database, deployment, march);
  expect(run.error).toBeUndefined();
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump).toContain("CREATE INDEX events_by_note ON ONLY app.events USING btree (note) valid=t");
  expect((await preview(database, deployment, march)).steps).toEqual([]);
});

it("J02 the state is lost: an up with an empty one adopts everything, changes no relation, and then has nothing to do", async () => {
  await up(database, deployment, march);
  await database.query("insert into app.events values (1, '2025-03-05', 'kept')");
  const before = relations(await left(database));
  const fresh = new Deployment();
  const run = await up(database, fresh, march);
  expect(run.error).toBeUndefined();
  expect(relations(await left(database))).toBe(before);
  expect((await preview(database, fresh, march)).steps).toEqual([]);
});

it("J02 each resource is imported by its id, and the next preview has nothing to do", async () => {
  await up(database, deployment, march);
  const imported = new Deployment();
  await withPlugin(database, march, async (plugin) => {
    for (const entry of deployment.state.values()) {
      const known = await plugin.read(entry.urn, entry.id);
      if (known !== undefined) imported.state.set(entry.urn, { ...entry, ...known });
    }
  });
  expect([...imported.state.keys()]).toEqual([...deployment.state.keys()]);
  const run = await preview(database, imported, march);
  expect(run.error).toBeUndefined();
  expect(run.steps).toEqual([]);
});

it("J05 a preview writes nothing: all that the server is sent reads or sets the session", async () => {
  await up(database, deployment, march);
  const indexes = { by_note: { columns: ["note"] }, more: { columns: ["id"] } };
  const april = program("2025-04-10T00:00:00Z", { window, indexes });
  let steps = 0;
  const sent = await statementsDuring(database, async () => {
    steps = (await preview(database, deployment, april)).steps.length;
  });
  expect(steps).toBeGreaterThan(2);
  const ours = sent.filter(({ application }) => application === "pulumi-pgpartition" || application === "[unknown]");
  expect(ours.length).toBeGreaterThan(3);
  const writing = /\b(create|alter|drop|insert|update|delete|truncate|grant|revoke|lock table|nextval|comment on)\b/i;
  expect(ours.filter(({ sql }) => writing.test(sql.replaceAll(/'[^']*'|--.*$/gm, ""))).map(({ sql }) => sql)).toEqual(
    [],
  );
});

it("J06 up is interrupted between twelve partitions: the state holds those that were created, the rerun creates the rest", async () => {
  const year = program("2025-03-10T00:00:00Z", { window: { lead: "9 months", retention: "1 month" } });
  const point = "before begin create partition app.events_p2025_08";
  const run = await up(database, deployment, year, { env: { PGPARTITION_FAULT: `${point}:throw` } });
  expect(run.error).toContain("fault injected");
  expect([...deployment.state.values()].filter((entry) => entry.type === "Partition")).toHaveLength(6);
  const rest = await up(database, deployment, year);
  expect(rest.error).toBeUndefined();
  expect(named(rest.steps).filter((step) => step.startsWith("create events-2025"))).toHaveLength(5);
  expect((await preview(database, deployment, year)).steps).toEqual([]);
});

it.each([
  ["the key", { partitionBy: [{ range: "other", every: "month" as const }], primaryKey: ["id", "other"] }],
  ["the type of the key", { columns: { ...eventsTable().columns, at: "timestamp" } }],
  ["the name of the table", { table: "renamed" }],
])("J08 %s is changed: refused with the fix, never a replacement", async (_, changes) => {
  const columns = { id: "bigint", at: "timestamptz", other: "timestamptz", note: { type: "text", nullable: true } };
  await up(database, deployment, program("2025-03-10T00:00:00Z", { window, columns }));
  const before = (await left(database)).dump;
  const run = await up(database, deployment, program("2025-03-10T00:00:00Z", { window, columns, ...changes }));
  expect(run.error).toBeDefined();
  expect((await left(database)).dump).toBe(before);
});

/** Without what an adoption adds to the ledger. */
function relations({ dump }: { dump: string }): string {
  return dump.replaceAll(/^ledger.*\n?/gm, "");
}
