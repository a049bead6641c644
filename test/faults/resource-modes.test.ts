import { expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { left, program } from "../support/harness/fixture";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "2 months" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const grouped = program("2025-03-10T00:00:00Z", { window, resources: "window" });

async function rowsByPartition(): Promise<unknown[]> {
  return database.query(
    "select tableoid::regclass::text as partition, count(*)::int as n from app.events group by 1 order by 1",
  );
}

it("resources is switched to window and back with rows in every partition: only the state changes, no row moves", async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
  await database.query("insert into app.events select m, make_date(2025, m, 5), 'x' from generate_series(1, 4) m");
  const rows = await rowsByPartition();
  expect(rows).toHaveLength(4);
  const before = relations((await left(database)).dump);

  const there = await up(database, deployment, grouped);
  expect(there.error).toBeUndefined();
  expect(named(there.steps).filter((step) => step.startsWith("delete"))).toHaveLength(4);
  expect((await preview(database, deployment, grouped)).steps).toEqual([]);
  expect(await rowsByPartition()).toEqual(rows);

  const back = await up(database, deployment, march);
  expect(back.error).toBeUndefined();
  expect(named(back.steps).filter((step) => step.startsWith("create"))).toHaveLength(4);
  expect((await preview(database, deployment, march)).steps).toEqual([]);
  expect(await rowsByPartition()).toEqual(rows);
  expect(relations((await left(database)).dump)).toBe(before);
});

it("resources window rolls by itself: creates ahead, retires, and the next preview is empty", async () => {
  expect((await up(database, deployment, grouped)).error).toBeUndefined();
  const april = program("2025-04-10T00:00:00Z", { window, resources: "window" });
  const run = await up(database, deployment, april);
  expect(run.error).toBeUndefined();
  expect(named(run.steps)).toEqual(["update events-window"]);
  expect((await preview(database, deployment, april)).steps).toEqual([]);
  const { dump } = await left(database);
  expect(dump).toMatch(/relation app.events_p2025_05 .*parent=app.events/);
  expect(dump).not.toMatch(/relation app.events_p2025_01 .*parent=app.events/);
});

it("1,200 partitions kept by the window: created in one update, and a second one has nothing to do", async () => {
  const many = program("2025-03-10T00:00:00Z", {
    partitionBy: [{ range: "at", every: "day" }],
    window: { lead: "99 days", retention: "1100 days" },
    resources: "window",
    indexes: {},
  });
  expect((await up(database, deployment, many)).error).toBeUndefined();
  const [partitions] = await database.query<{ n: number }>(
    "select count(*)::int as n from pg_inherits where inhparent = 'app.events'::regclass",
  );
  expect(partitions?.n).toBe(1200);
  const start = performance.now();
  expect((await preview(database, deployment, many)).steps).toEqual([]);
  expect(performance.now() - start).toBeLessThan(30_000);
}, 120_000);

it("the table leaves the program: the window is asked first and refuses, no partition is forgotten", async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
  const before = [...deployment.state.keys()];
  const run = await up(database, deployment, { ...march, tables: {} });
  expect(run.error).toContain('table "app.events" is not destroyed: it holds');
  expect([...deployment.state.keys()]).toEqual(before);
  expect((await preview(database, deployment, march)).steps).toEqual([]);
});

it("allowDestroy names the table: destroy drops it with its partitions, its history remains in the ledger", async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
  const config = { allowDestroy: '["app.events"]' };
  await withPlugin(database, march, (plugin) => deployment.up(plugin, { ...march, tables: {} }), { config });
  const { dump } = await left(database);
  expect(dump).not.toContain("relation app.");
  expect([...deployment.state.values()].map((entry) => entry.type)).toEqual(["ManagementSchema"]);
});

/** Without the books, which record the switch. */
function relations(dump: string): string {
  return dump.replaceAll(/^(ledger|registry).*\n?/gm, "");
}
