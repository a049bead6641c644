import { beforeEach, expect, it } from "vitest";
import { withDatabase } from "../support/database";
import { stopAt, whenWaiting } from "../support/harness/stop-at";
import { Deployment } from "../support/harness/deployment";
import { configOf, left, program, sessionsGone } from "../support/harness/fixture";
import { startPlugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { until } from "../support/harness/until";
import { withDeployment } from "../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);

const window = { lead: "1 month", retention: "forever", start: "2025-03-01" } as const;
const march = program("2025-03-10T00:00:00Z", { window });
const april = program("2025-04-10T00:00:00Z", { window });

beforeEach(async () => {
  expect((await up(database, deployment, march)).error).toBeUndefined();
});

it("A05 killed while its DDL waits in the lock queue: the backend is gone within 2 s and the DDL never commits", async () => {
  const blocker = await database.connect({ application_name: "blocker" });
  await blocker.query("begin; lock table app.events in share update exclusive mode");
  const config = { ...configOf(database), asOf: april.asOf, lockTimeoutMs: "1000" };
  const victim = await startPlugin({ config });
  const run = deployment.up(victim, april).catch(() => "killed");
  await until(async () => (await database.query(waiting)).length > 0);
  await victim.kill();
  expect(await run).toBe("killed");
  expect(await sessionsGone(database)).toBeLessThan(2_000);
  await blocker.query("commit");
  await blocker.end();
  expect((await left(database)).dump).not.toContain("events_p2025_05");
  expect((await up(database, deployment, april)).error).toBeUndefined();
  expect((await preview(database, deployment, april)).steps).toEqual([]);
  expect((await left(database)).dump).toContain("relation app.events_p2025_05");
});

it("A12 the plugin of a killed engine still works: the next up waits, names the holder, and continues when it has ended", async () => {
  const config = { ...configOf(database), asOf: april.asOf };
  const stop = stopAt("before begin create partition app.events_p2025_05");
  const orphan = await startPlugin({ config, env: stop.env });
  const lost = new Deployment();
  for (const [urn, entry] of deployment.state) lost.state.set(urn, entry);
  const orphaned = lost.up(orphan, april);
  await stop.reached();

  const early = await up(database, deployment, april, { config: { lockBudgetMs: "500" } });
  expect(early.error).toMatch(
    /lock of table "app"\."events".* is held by pid \d+ \("pulumi-pgpartition", connected since/,
  );
  expect(early.error).toContain("let it finish, or end that session, then run the update again");

  const patient = await up(database, deployment, april, {
    started: (plugin) => void whenWaiting(plugin).then(stop.goOn),
  });
  expect(patient.error).toBeUndefined();
  await orphaned;
  expect((await preview(database, deployment, april)).steps).toEqual([]);
  await orphan.stop();
  const { dump, orphans } = await left(database);
  expect(orphans).toEqual([]);
  expect(dump.match(/^relation app.events_p2025_05 /gm)).toHaveLength(1);
});

const waiting = `select from pg_stat_activity
  where application_name like 'pulumi-pgpartition%' and query like '%ATTACH%' and wait_event_type = 'Lock'`;
