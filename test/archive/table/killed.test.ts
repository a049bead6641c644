import { describe, expect, it } from "vitest";
import { testVersions, withDatabase } from "../../support/database";
import { configOf, program } from "../../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../../support/harness/matrix";

const ROWS = 15_000;
const rows = `insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 second', repeat(md5(n::text), 20) from generate_series(1, ${String(ROWS)}) n`;

/** Part written down and not stored; rows in and not committed; stored and not known; complete and not in the ledger. */
const telling =
  /^(after proof of part 1|after rows of part-00002\.rows, uncommitted|after upload of part 2|after manifest .*)$/;

// What is shown here is the order of our own steps, and a transaction that the server rolls back: one version tells.
describe.each(testVersions().slice(-1))("PostgreSQL %s, plugin killed while it archives into a table", (version) => {
  const database = withDatabase(version);

  it("A08 A15 killed at every telling point: the next up ends with every row in the table once, and its register says so", async () => {
    const archive = { to: { table: "app.events_archive" }, spoolMegabytes: 16 };
    const declared = { onExpire: "archive", grace: "none", archive } as const;
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: program("2025-03-10T00:00:00Z", declared), sql: rows }],
      program: program("2025-04-10T00:00:00Z", declared),
    };
    const wanted = await undisturbed(scenario);
    const { points, problems } = await killMatrix(scenario, wanted, (point) => telling.test(point), {
      also: async () => {
        const [table] = await database.query<{ rows: number; ids: number; parts: number }>(
          "select count(*)::int as rows, count(distinct id)::int as ids, count(distinct xmin::text)::int as parts from app.events_archive",
        );
        const [register] = await database.query(
          "select sum(row_count)::int as rows, count(row_count)::int as parts, count(body)::int as manifests, count(removed_at)::int as removed from app.pgpartition_archived",
        );
        const parts = table?.parts ?? 0;
        expect(parts).toBeGreaterThan(1);
        const found: string[] = [];
        if (JSON.stringify(table) !== JSON.stringify({ rows: ROWS, ids: ROWS, parts }))
          found.push(JSON.stringify(table));
        if (JSON.stringify(register) !== JSON.stringify({ rows: ROWS, parts, manifests: 1, removed: 0 }))
          found.push(JSON.stringify(register));
        return found;
      },
    });
    expect(problems).toEqual([]);
    expect(points).toBe(4);
  }, 300_000);
});
