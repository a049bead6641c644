import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { withArchiveFolder } from "../support/harness/archive-folder";
import { damageWithManifest } from "../support/harness/damage";
import { withEngine } from "./support";

describe.each(testVersions().slice(-1))("an archive that was altered, on PostgreSQL %i", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const folder = withArchiveFolder();

  const events: TableSpecArgs = {
    table: "events",
    columns: { id: "bigint", at: "timestamptz" },
    primaryKey: ["id", "at"],
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "archive",
    grace: "7 days",
    archive: { to: `file://${folder.path}`, verify: "readBack" },
  };
  const declare = (asOf: string): void => engine.declare({ tables: { events }, asOf });
  const rows = () => database.query<{ n: number }>("select count(*)::int as n from public.events_p2025_02");

  test(`${version}: preview prints the count before the lock, up refuses the drop and fails, and the next two archive again and drop`, async () => {
    declare("2025-03-10T00:00:00Z");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    await database.query("insert into public.events select n, '2025-02-05' from generate_series(1, 500) n");
    declare("2025-04-10T00:00:00Z");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    const place = join(folder.path, database.database, "public", "table=events", "from=20250201T000000Z");
    damageWithManifest(join(place, "gen=1", "part-00001.parquet"), join(place, "gen=1", "_manifest.json"));

    declare("2025-04-20T00:00:00Z");
    const shown = await engine.pulumi(["preview"]);
    expect(shown.stdout).toMatch(
      /SELECT count\(\*\) FROM "public"\."events_p2025_02";.*ACCESS SHARE \| grows with rows[^]*LOCK TABLE "public"\."events_p2025_02" IN ACCESS EXCLUSIVE MODE;.*\| instant/,
    );
    const refused = await engine.refused(["up", "--yes", "--skip-preview"]);
    const said = refused.stdout + refused.stderr;
    expect(said).toMatch(/_manifest\.json" is damaged: its SHA-256 is [0-9a-f]{64}, in the ledger [0-9a-f]{64}/);
    expect(said).toContain("the next update archives it again, as another generation");
    expect(await rows()).toEqual([{ n: 500 }]);

    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    declare("2025-05-01T00:00:00Z");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect(await database.query("select to_regclass('public.events_p2025_02') as name")).toEqual([{ name: null }]);
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });
});
