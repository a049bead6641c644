import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { preview, refresh, up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { entryOf } from "./support";
import { itAlike, firstOn } from "../support/sample";

const without = program("2025-03-10T00:00:00Z", { indexes: {} });
const march = (changes: Partial<TableSpecArgs> = {}) =>
  program("2025-03-10T00:00:00Z", { indexes: {}, analyze: "7 days", ...changes });
const rows =
  "insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 hour', n::text from generate_series(1, 1200) n";

describe.each(testVersions())("PostgreSQL %s, statistics of the table as a whole", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const analyzed = (): unknown => entryOf(deployment, "events-window").outputs["lastAnalyzed"];

  /** Runs the program; the ANALYZE statements that the server was sent. */
  const analyses = async (declared = march()): Promise<string[]> => {
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, declared)));
    expect(error).toBeUndefined();
    return sent.map(({ sql }) => sql).filter((sql) => /^analyze/i.test(sql));
  };
  const statement = version >= 18 ? 'ANALYZE ONLY "app"."events"' : 'ANALYZE "app"."events"';
  const neverAnalyzed = () =>
    database.query("select pg_stat_reset_single_table_counters('app.events'::regclass)").then(() => undefined);

  it("are created where they were never created, as preview shows, and then there is nothing to do", async () => {
    expect(await analyses(without)).toEqual([]);
    expect(analyzed()).toBeUndefined();
    await database.query(rows);
    const shown = await preview(database, deployment, march());
    expect(shown.messages.join("\n")).toContain(`${statement};`);
    expect(await analyses()).toEqual([statement]);
    const [stats] = await database.query<{ n: number }>(
      "select count(*)::int as n from pg_stats where schemaname = 'app' and tablename = 'events' and inherited",
    );
    expect(stats?.n).toBe(3);
    expect(analyzed()).toMatch(/^20\d\d-\d\d-\d\dT.*Z$/);
    expect((await preview(database, deployment, march())).steps).toEqual([]);
    const result = await refresh(database, deployment, march());
    expect(result).toEqual([]);
    expect(await analyses()).toEqual([]);
  });

  it("a new table has them from its first run on", async () => {
    expect(await analyses()).toEqual([statement]);
    expect((await preview(database, deployment, march())).steps).toEqual([]);
    await neverAnalyzed();
    const shown = await preview(database, deployment, march());
    expect(shown.steps).toEqual([{ op: "update", type: "PartitionWindow", name: "events-window", diff: ["changes"] }]);
  });

  itAlike(version)("an ANALYZE by hand is a fact that a refresh learns, and no change", async () => {
    await analyses();
    const before = analyzed();
    await database.query("analyze app.events");
    expect((await preview(database, deployment, march())).steps).toEqual([]);
    const result = await refresh(database, deployment, march());
    expect(result).toEqual([]);
    expect(analyzed()).not.toBe(before);
    expect((await preview(database, deployment, march())).steps).toEqual([]);
  });

  it.each(firstOn(version, ["partition", "window"] as const))(
    "are created again in the run in which a partition comes back with its rows (resources: %s)",
    async (resources) => {
      const declared = march({ resources });
      await analyses(declared);
      await database.query(rows);
      await database.query("alter table app.events detach partition app.events_p2025_02");
      await refresh(database, deployment, declared);
      const shown = await preview(database, deployment, declared);
      expect(shown.messages.join("\n")).toContain(`${statement};`);
      expect(await analyses(declared)).toEqual([statement]);
      expect((await preview(database, deployment, declared)).steps).toEqual([]);
    },
  );

  itAlike(version)("killed before or after it, the next up creates them once", async () => {
    await analyses();
    for (const when of ["before", "after"] as const) {
      await neverAnalyzed();
      const killed = await up(database, deployment, march(), {
        env: { PGPARTITION_FAULT: `${when} ${statement}:kill` },
      });
      expect(killed.error).toBeDefined();
      expect(await analyses()).toEqual(when === "before" ? [statement] : []);
      expect((await preview(database, deployment, march())).steps).toEqual([]);
    }
  });
});
