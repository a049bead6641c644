import { expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { ownRole, withDatabase } from "../support/database";
import { until } from "../support/harness/until";
import { withEngine } from "./support";

const events: TableSpecArgs = {
  table: "events",
  columns: { id: "bigserial", at: "timestamptz" },
  primaryKey: ["id", "at"],
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "2 months" },
  onExpire: "drop",
};

const database = withDatabase();
const engine = withEngine(database);

test("a table that another session has locked is waited for by pulumi up, and named by preview when it remains locked", async () => {
  engine.declare({ tables: { events }, asOf: "2026-05-10T12:00:00Z" });
  await engine.pulumi(["up", "--yes", "--skip-preview"]);
  const holder = await database.connect({ application_name: "vacuum full", ...ownRole(database) });
  const [row] = (await holder.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
  const lock = async () => {
    await holder.query("begin");
    await holder.query("lock table only public.events in access exclusive mode");
  };
  try {
    await lock();
    engine.declare({ tables: { events }, asOf: "2026-05-10T12:00:00Z", more: { lockBudgetMs: 700 } });
    const refused = await engine.refused(["preview"]);
    const said = refused.stdout + refused.stderr;
    expect(said).toContain('reading table "public"."events": no lock of public.events in ');
    expect(said).toContain(`pid ${String(row?.pid)} ("vacuum full", idle in transaction`);
    expect(said).toContain("End that session or let it finish, then run the update again");
    engine.declare({ tables: { events }, asOf: "2026-06-10T12:00:00Z", more: { lockBudgetMs: 120_000 } });
    const run = engine.pulumi(["up", "--yes", "--skip-preview"]);
    await until(
      async () =>
        (
          await database.query(
            "select from pg_stat_activity where application_name = 'pulumi-pgpartition' and $1 = any(pg_blocking_pids(pid))",
            [row?.pid],
          )
        ).length > 0,
      60_000,
    );
    await holder.query("rollback");
    await run;
  } finally {
    await holder.end();
  }
  expect(await database.query("select to_regclass('public.events_p2026_07')::text as name")).toEqual([
    { name: "events_p2026_07" },
  ]);
});
