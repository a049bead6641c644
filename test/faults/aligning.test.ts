import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { account } from "../../tools/postgres/account";
import { temporaryFolder } from "../../tools/postgres/cluster";
import { administer, testVersions, withDatabase } from "../support/database";
import { configOf, program } from "../support/harness/fixture";
import { startInserts } from "../support/harness/insert-ledger";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";
import type { Plugin } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { commitWhenNamed, PATIENT } from "../support/harness/under-load";
import { allowedMs, waitsDuring } from "../support/harness/waits";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { itAlike } from "../support/sample";

const window = { lead: "1 day", retention: "2 months" } as const;
const march = "2025-03-10T00:00:00Z";
const bare = program(march, { window });
const rows = "insert into app.events select n, '2025-01-05', 'x' from generate_series(1, 500) n";

describe.each(testVersions())("PostgreSQL %s, partitions that grow old", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);
  const tablespace = `cold_${String(version)}_${String(process.pid)}`;
  const folder = temporaryFolder(account());
  const storage = { cold: { after: "1 month", options: { fillfactor: 100 }, tablespace, freeze: true } } as const;
  const moving = program(march, { window, storage });
  const cold = program(march, { window, statistics: { note: 300 }, replicaIdentity: "full", storage });

  beforeAll(() =>
    administer(database, async (admin) => {
      await admin.query(`create tablespace ${tablespace} location '${folder}'`);
      await admin.query(`grant create on tablespace ${tablespace} to ${database.user}`);
    }),
  );
  afterAll(async () => {
    await database.query("drop schema app cascade");
    await administer(database, (admin) => admin.query(`drop tablespace ${tablespace}`));
    rmSync(folder, { recursive: true, force: true });
  });

  it("J01 killed at each step of an alignment, the move and the freezing among them: the next up repeats it", async () => {
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: bare, sql: rows }],
      program: cold,
    };
    const wanted = await undisturbed(scenario);
    expect(wanted.dump).toContain("autovacuum_freeze_min_age=0");
    const steps = /VACUUM|SET TABLESPACE|(align|storage) app\.events(_p2025_01)?( |$)|align table/;
    const result = await killMatrix(scenario, wanted, (point) => steps.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(8);
  }, 180_000);

  itAlike(version)(
    "killed after the freezing and before it is noted, it is frozen again, and then never more",
    async () => {
      await up(database, deployment, bare);
      await database.query(rows);
      const vacuum = 'VACUUM (FREEZE, ANALYZE, TRUNCATE false) "app"."events_p2025_01"';
      const killed = await up(database, deployment, cold, { env: { PGPARTITION_FAULT: `after ${vacuum}:kill` } });
      expect(killed.error).toBeDefined();
      const vacuums = async (): Promise<number> => {
        const sent = await statementsDuring(database, async () => {
          expect((await up(database, deployment, cold)).error).toBeUndefined();
        });
        return sent.filter(({ sql }) => sql === vacuum).length;
      };
      expect(await vacuums()).toBe(1);
      expect(await vacuums()).toBe(0);
    },
  );

  it("the move to another tablespace queues for its lock for an instant at a time, and may then take as long as it needs", async () => {
    await up(database, deployment, bare);
    const reader = await database.connect({ application_name: "old reader" });
    await reader.query("begin; select count(*) from app.events_p2025_01");
    const times = ["2025-01-05T00:00:00Z", "2025-03-05T00:00:00Z"];
    const ledger = startInserts(database, { schema: "app", table: "events", times, clients: 4 });
    let error: string | undefined;
    let sent: Awaited<ReturnType<typeof statementsDuring>> = [];
    let ended = Promise.resolve();
    const end = async (plugin: Plugin): Promise<void> => {
      await commitWhenNamed(reader, "old reader", plugin, ledger);
      await reader.end();
    };
    const waits = await waitsDuring(database, async () => {
      const started = (plugin: Plugin): void => void (ended = end(plugin));
      sent = await statementsDuring(
        database,
        async () => ({ error } = await up(database, deployment, moving, { started, config: PATIENT })),
      );
    });
    await ended;
    await ledger.stop();
    expect(error).toBeUndefined();
    expect(waits.worst?.ms ?? 0).toBeLessThanOrEqual(allowedMs(waits, 100));
    expect(await ledger.violations()).toEqual([]);
    const ours = sent.filter(({ application }) => application.startsWith("pulumi-pgpartition"));
    expect(ours.filter(({ sql }) => sql.includes("SET TABLESPACE")).length).toBeGreaterThan(1);
    expect((await preview(database, deployment, moving)).steps).toEqual([]);
  });
});
