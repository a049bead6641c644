import { expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { Deployment } from "../support/harness/deployment";
import { eventsTable, left, program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withFirstDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions } from "./support";

const database = withDatabase();
const deployment = withFirstDeployment(database);

const march = program("2025-03-10T00:00:00Z");
const two = {
  tables: { events: eventsTable(), other: eventsTable({ table: "other" }) },
  asOf: march.asOf,
};

const destroy = async (allowDestroy: readonly string[], declared: typeof two | typeof march = march) =>
  (
    await withPlugin(
      database,
      declared,
      (plugin) =>
        deployment.destroy(plugin).then(
          () => "destroyed",
          (error: Error) => error.message,
        ),
      { config: { allowDestroy: [...allowDestroy] } },
    )
  ).result;
const exists = async (name: string) =>
  (await database.query<{ yes: boolean }>("select to_regclass($1) is not null as yes", [`app.${name}`]))[0]?.yes;
const relations = async () =>
  (await left(database)).dump.split("\n").filter((line) => line !== "" && !/^(registry|ledger)/.test(line));

it("refuses a destroy before a partition is touched, and names the three ways on", async () => {
  await up(database, deployment, march);
  const before = (await left(database)).dump;
  const refused = await destroy([]);
  expect(refused).toContain('table "app.events" is not destroyed: it holds');
  expect(refused).toContain('allowDestroy: ["app.events"]');
  expect(refused).toContain("pgpartition release app.events");
  expect((await left(database)).dump).toBe(before);
});

it.each(["events", "app.event", "app.*", "*", "public.events", "app.EVENTS", 'app."events"'])(
  "does not take allowDestroy %s for app.events",
  async (name) => {
    await up(
      database,
      deployment,
      program(march.asOf, { window: { lead: "1 day", retention: "1 month" }, indexes: {} }),
    );
    expect(await destroy([name])).toContain("is not destroyed");
    expect(await exists("events")).toBe(true);
  },
);

it("allowDestroy opens exactly the named table: the other one keeps its rows", async () => {
  await up(database, deployment, two);
  await database.query(
    "insert into app.events values (1, '2025-03-05', 'x'); insert into app.other values (1, '2025-03-05', 'x')",
  );
  expect(await destroy(["app.events"], two)).toContain('table "app.other" is not destroyed: it holds');
  expect(await exists("other")).toBe(true);
  // The engine goes on with what was not refused: here by removing the other table from the state's way.
  const refused = await destroy(["app.other"], two);
  expect(refused).toContain('table "app.events" is not destroyed: it holds');
  expect(await exists("other_p2025_03")).toBe(false);
  expect(await database.query("select note from app.events")).toEqual([{ note: "x" }]);
});

it("destroys what is named with all that waits for its drop, keeps what was only detached, and can be created again", async () => {
  await up(database, deployment, march);
  await up(database, deployment, program("2025-04-10T00:00:00Z"));
  await database.query("alter table app.events detach partition app.events_p2025_04; create table app.mine (id int)");
  expect(await exists("events_p2025_02")).toBe(true);
  // The management schema stays in the database: its ledger knows the table that somebody detached.
  expect(await destroy(["app.events"])).toBe("destroyed");
  expect([await exists("events"), await exists("events_p2025_02"), await exists("events_p2025_03")]).toEqual([
    false,
    false,
    false,
  ]);
  expect([await exists("events_p2025_04"), await exists("mine")]).toEqual([true, true]);
  await database.query("drop table app.events_p2025_04");
  const again = await up(database, new Deployment(), march);
  expect(again.error).toBeUndefined();
  expect(await partitions(database)).toHaveLength(3);
});

it("destroys a table without indexes in one go, with its partitions and the management schema", async () => {
  await up(database, deployment, program(march.asOf, { indexes: {} }));
  expect(await destroy(["app.events"])).toBe("destroyed");
  expect(await relations()).toEqual([]);
  expect(await database.query("select from pg_namespace where nspname = 'pgpartition'")).toEqual([]);
});

it("release, then destroy: everything is forgotten, nothing is dropped, the ledger remains for the next owner", async () => {
  await up(database, deployment, march);
  await database.query("insert into app.events values (1, '2025-03-05', 'kept')");
  expect((await onDatabase(database, "release", "app.events")).code).toBe(0);
  const before = await relations();
  const refused = await preview(database, deployment, program("2025-04-10T00:00:00Z"));
  expect(refused.error).toContain("was released (by `pgpartition release`) and is unmanaged");
  expect(await destroy([])).toBe("destroyed");
  expect(deployment.state.size).toBe(0);
  expect(await relations()).toEqual(before);
  expect(await database.query("select note from app.events")).toEqual([{ note: "kept" }]);
  expect(await database.query("select mode from pgpartition.registry")).toEqual([]);
  // Whoever declares it next finds it as it is, and what happened to it.
  expect((await up(database, new Deployment("faults", "next"), march)).error).toBeUndefined();
  expect(await relations()).toEqual(before);
});

it("release wins over allowDestroy: a released table is not dropped even when it is named", async () => {
  await up(database, deployment, march);
  await onDatabase(database, "release", "app.events");
  const before = await relations();
  expect(await destroy(["app.events"])).toBe("destroyed");
  expect(await relations()).toEqual(before);
});

it("claim moves a table to another stack: the new one adopts it without DDL, the old one can only forget it", async () => {
  await up(database, deployment, march);
  const other = new Deployment("faults", "other");
  expect((await preview(database, other, march)).error).toContain('is managed by stack "faults/test"');
  expect((await onDatabase(database, "claim", "app.events", "--stack", "faults/other")).code).toBe(0);
  let error: string | undefined;
  const sent = await statementsDuring(database, async () => ({ error } = await up(database, other, march)));
  expect(error).toBeUndefined();
  expect(ddlOf(sent)).toEqual([]);
  expect((await preview(database, deployment, march)).error).toContain('is managed by stack "faults/other"');
  const before = await relations();
  // All but the management schema, which the new owner needs.
  expect(await destroy(["app.events"])).toContain('"app"."events" belongs to stack faults/other');
  expect([...deployment.state.values()].map((entry) => entry.type)).toEqual(["ManagementSchema"]);
  expect(await relations()).toEqual(before);
  expect((await up(database, other, program("2025-04-10T00:00:00Z"))).error).toBeUndefined();
  expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
});

it("two stacks share one database with separate tables, and neither touches the other's", async () => {
  const other = new Deployment("shop", "prod");
  const theirs = { tables: { other: eventsTable({ table: "other" }) }, asOf: march.asOf };
  await up(database, deployment, march);
  expect((await up(database, other, theirs)).error).toBeUndefined();
  expect((await up(database, other, { ...theirs, asOf: "2025-04-10T00:00:00Z" })).error).toBeUndefined();
  expect(await partitions(database)).toEqual(["events_p2025_02", "events_p2025_03", "events_p2025_04"]);
  expect(await partitions(database, "other")).toEqual(["other_p2025_03", "other_p2025_04", "other_p2025_05"]);
  expect(await destroy(["app.events", "app.other"])).toContain("belongs to stack shop/prod");
  expect([await exists("events"), await exists("other")]).toEqual([false, true]);
});
