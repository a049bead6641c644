import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { configOf } from "../support/harness/fixture";
import { killMatrix, type Scenario, type Undisturbed, undisturbed } from "../support/harness/matrix";
import { up } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

const MARCH = "2025-03-10T00:00:00Z";

/** Two levels above the months; the sites are the same for each program. */
function tree(programs: readonly string[], sites: readonly string[], changes: Partial<TableSpecArgs> = {}) {
  const table: TableSpecArgs = {
    schema: "app",
    table: "obs",
    columns: { id: "bigint", program: "text", site: "text", at: "timestamptz", note: { type: "text", nullable: true } },
    primaryKey: ["id", "program", "site", "at"],
    partitionBy: [
      { list: "program", values: programs },
      { list: "site", values: sites },
      { range: "at", every: "month", name: "{base}_{yyyy}_{mm}" },
    ],
    window: { lead: "1 day", retention: "1 month" },
    onExpire: "drop",
    indexes: { note: { columns: ["note"] } },
    ...changes,
  };
  return { tables: { obs: table }, asOf: MARCH };
}

// Once: the statements are the same on every version.
describe.each([Math.max(...testVersions())])("PostgreSQL %s, branches", (version) => {
  const database = withDatabase(version as 18);
  const deployment = withDeployment(database);

  describe("killed while a program appears", () => {
    let scenario: Scenario;
    let wanted: Undisturbed;

    beforeAll(async () => {
      scenario = {
        database,
        config: configOf(database),
        before: [{ program: tree(["a"], ["x", "y"]) }],
        program: tree(["a", "b"], ["x", "y"]),
      };
      wanted = await undisturbed(scenario);
    });

    it("I06 at every step of a new branch: the next up continues and leaves the same schema", async () => {
      const result = await killMatrix(scenario, wanted, (point) =>
        /(before begin|after commit) (create|attach) branch/.test(point),
      );
      expect(result.problems).toEqual([]);
      expect(result.points).toBeGreaterThanOrEqual(6);
    }, 240_000);
  });

  it("I06 a new program of 1,200 partitions and 4 indexes is attached as a whole, and the next up has nothing to do", async () => {
    const sites = Array.from({ length: 75 }, (_, index) => `s${String(index)}`);
    const indexes = Object.fromEntries(["id", "note", "site"].map((column) => [column, { columns: [column] }]));
    const more = { indexes, window: { lead: "3 months", retention: "12 months" } } as const;
    const first = await up(database, deployment, tree(["a"], ["s0"], more));
    expect(first.error).toBeUndefined();
    // A reader sees, while it is made, the whole program or nothing of it.
    const seen = new Set<number>();
    let done = false;
    const watch = (async () => {
      while (!done) {
        const [row] = await database.query<{ n: number }>(
          "select count(*)::int as n from pg_partition_tree('app.obs') where level = 2 and parentrelid::regclass::text = 'app.obs_b'",
        );
        seen.add(row?.n ?? 0);
        await sleep(20);
      }
    })();
    const second = await up(database, deployment, tree(["a", "b"], sites, more));
    done = true;
    await watch;
    expect(second.error).toBeUndefined();
    expect([...seen].filter((count) => count !== 0 && count !== 75)).toEqual([]);
    const [row] = await database.query<{ n: number }>(
      "select count(*)::int as n from pg_partition_tree('app.obs') where isleaf and relid::regclass::text like 'app.obs_b%'",
    );
    expect(row?.n).toBe(1200);
    expect((await up(database, deployment, tree(["a", "b"], sites, more))).steps).toEqual([]);
  }, 300_000);
});
