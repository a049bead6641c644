import { describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { withArchiveFolder } from "../support/harness/archive-folder";
import { configOf, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";

const folder = withArchiveFolder();

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const rows = `insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 second', repeat(md5(n::text), 20) from generate_series(1, 30000) n;
create table app.before as table app.events_p2025_02`;

/** In the middle of the rows, of which nothing is left but the table; and with all rows, unattached. */
const telling = /^after (restored part 1 |rows of )/;

describe.each(anyVersion())("PostgreSQL %s, plugin killed while it restores", (version) => {
  const database = withDatabase(version);

  it("F01 killed in the middle of the rows, and before the attach: the next up ends with the whole partition, once", async () => {
    const declared = folder.declared({ archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: program(march, declared), sql: rows }, { program: program(april, declared) }],
      program: program(april, { ...declared, restored: ["2025-02"] }),
    };
    const wanted = await undisturbed(scenario);
    expect(folder.manifest(database, "20250201").parts.length).toBeGreaterThan(1);
    const { points, problems } = await killMatrix(scenario, wanted, (point) => telling.test(point), {
      also: async () => {
        const [differing] = await database.query<{ n: number }>(
          `select count(*)::int as n from (
            (table app.before except all table app.events) union all (table app.events except all table app.before)) x`,
        );
        return differing?.n === 0 ? [] : [`${String(differing?.n)} rows differ`];
      },
    });
    expect(problems).toEqual([]);
    expect(points, wanted.points.join("\n")).toBe(2);
  }, 300_000);
});
