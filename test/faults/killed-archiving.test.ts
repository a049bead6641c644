import { describe, expect, it } from "vitest";
import { anyVersion, withDatabase } from "../support/database";
import { withArchiveFolder } from "../support/harness/archive-folder";
import { configOf, program } from "../support/harness/fixture";
import { killMatrix, type Scenario, undisturbed } from "../support/harness/matrix";

const folder = withArchiveFolder();

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const ROWS = 30_000;
const rows = `insert into app.events select n, timestamptz '2025-02-03' + n * interval '1 second', repeat(md5(n::text), 20) from generate_series(1, ${String(ROWS)}) n`;

/** Parts beyond the second differ in nothing from it. */
const telling =
  /^after (commit (fence|exporting|part [12]|archived|drop)|fence of|(proof|upload) of part [12]$|manifest)/;

describe.each(anyVersion())("PostgreSQL %s, plugin killed while it archives", (version) => {
  const database = withDatabase(version);

  it("A08 A15 killed at every step from the fence to the drop: the next up ends with one whole archive, and nothing is lost or there twice", async () => {
    const declared = folder.declared({ archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
    const scenario: Scenario = {
      database,
      config: configOf(database),
      before: [{ program: program(march, declared), sql: rows }],
      program: program(april, declared),
    };
    const wanted = await undisturbed(scenario);
    expect(folder.manifest(database, "20250201").parts.length).toBeGreaterThan(1);
    const { points, problems } = await killMatrix(scenario, wanted, (point) => telling.test(point), {
      before: () => folder.empty(),
      also: () => {
        const found: string[] = [];
        const manifest = folder.manifest(database, "20250201");
        if (manifest.rows !== ROWS) found.push(`${String(manifest.rows)} rows were archived`);
        if (folder.objects(database, "20250201").length !== manifest.parts.length + 1)
          found.push("an object that the manifest does not have");
        if (folder.objects(database, "20250201", 2).length > 0) found.push("a second generation");
        return Promise.resolve(found);
      },
    });
    expect(problems).toEqual([]);
    expect(points).toBeGreaterThanOrEqual(10);
  }, 600_000);
});
