import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../support/database";
import { configOf, left, program, sessionsGone } from "../support/harness/fixture";
import { killMatrix, undisturbed } from "../support/harness/matrix";
import { startPlugin } from "../support/harness/plugin";
import { withDeployment } from "../support/harness/with-deployment";

const asOf = "2025-03-10T00:00:00Z";
const window = { lead: "1 day", retention: "1 month" } as const;
const bare = program(asOf, { window, indexes: {} });
const indexed = program(asOf, { window, indexes: { by_note: { columns: ["note"], where: "note in ('a', 'b')" } } });
const rows = `insert into app.events select n, timestamptz '2025-02-01' + n * interval '1 minute', 'note ' || n
  from generate_series(1, 20000) n`;

describe.each(testVersions())("PostgreSQL %s, plugin killed while it builds an index", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it("A09 killed at every step of ON ONLY, CONCURRENTLY and ATTACH: no invalid index is left, the parent's is valid", async () => {
    const scenario = { database, config: configOf(database), before: [{ program: bare, sql: rows }], program: indexed };
    const wanted = await undisturbed(scenario);
    expect(wanted.dump).toMatch(/CREATE INDEX events_by_note ON ONLY app.events USING btree \(note\) WHERE .* valid=t/);
    const result = await killMatrix(scenario, wanted, (point) => /index|INDEX/.test(point));
    expect(result.problems).toEqual([]);
    expect(result.points).toBeGreaterThanOrEqual(5);
  }, 120_000);

  it("A09 killed inside CREATE INDEX CONCURRENTLY: the next up drops the invalid partition index and builds it again", async () => {
    const config = configOf(database);
    const first = await startPlugin({ config });
    await deployment.up(first, bare);
    await first.stop();
    // A writer of the partition alone: the index of the parent can be made, and the build waits for it.
    const writer = await database.connect({ application_name: "old writer" });
    await writer.query("begin; insert into app.events_p2025_02 values (1, '2025-02-02', 'x')");
    const victim = await startPlugin({ config });
    const run = deployment.up(victim, indexed).catch(() => "killed");
    await waitingBuild(database);
    await victim.kill();
    expect(await run).toBe("killed");
    await sessionsGone(database);
    expect((await left(database)).orphans).toContain("invalid index: app.events_p2025_02_by_note");
    await writer.query("rollback");
    await writer.end();
    const mender = await startPlugin({ config });
    await deployment.up(mender, indexed);
    expect(await deployment.preview(mender, indexed)).toEqual([]);
    await mender.stop();
    const after = await left(database);
    expect(after.orphans).toEqual([]);
    expect(after.dump).toMatch(/CREATE INDEX events_by_note ON ONLY app.events USING btree \(note\) WHERE .* valid=t/);
  }, 60_000);
});

async function waitingBuild(database: ReturnType<typeof withDatabase>): Promise<void> {
  for (;;) {
    const waiting = await database.query(
      "select from pg_stat_activity where application_name like 'pulumi-pgpartition%' and query like '%CONCURRENTLY%' and wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
