import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { testVersions, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { withEngine } from "./support";

describe.each(testVersions().slice(-1))("on PostgreSQL %i, one kind stops no other", (version) => {
  const database = withDatabase(version);
  const engine = withEngine(database);
  const folder = new ArchiveFolder();
  afterAll(() => folder.remove());

  const events: TableSpecArgs = {
    table: "events",
    columns: { id: "bigint", at: "timestamptz" },
    primaryKey: ["id", "at"],
    partitionBy: [{ range: "at", every: "month" }],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "archive",
    grace: "none",
    archive: { to: `file://${folder.path}/store` },
  };
  const visits: TableSpecArgs = {
    table: "visits",
    columns: { id: "bigint", place: "text", at: "timestamptz" },
    primaryKey: ["id", "place", "at"],
    partitionBy: [
      { list: "place", values: { from: "places", column: "place" } },
      { range: "at", every: "month" },
    ],
    window: { lead: "1 month", retention: "1 month" },
    onExpire: "detach",
  };
  const declare = (asOf: string) => engine.declare({ tables: { events, visits }, asOf });
  const made = (pattern: string) =>
    database.query<{ name: string }>(
      "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where c.relkind in ('r', 'p') and c.relname ~ $1 order by 1",
      [pattern],
    );

  const THREE = ["its", "it's", "ITS"];

  test(`${version}: tables are created`, async () => {
    await database.query("create table public.places (place text primary key)");
    declare("2026-05-10T00:00:00Z");
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
  });

  test(`${version}: preview warns of a store that is away, says how values that want one name are called, and ends well`, async () => {
    for (const place of THREE) await database.query("insert into public.places values ($1)", [place]);
    declare("2026-06-10T00:00:00Z");
    const { stdout } = await engine.pulumi(["preview"]);
    expect(stdout).toMatch(/nothing can be archived or restored now; partitions are still created/);
    expect(stdout).toMatch(
      /the branch "its" is called "visits_its_[0-9a-f]{8}", because "visits_its" is the name of another/,
    );
  });

  test(`${version}: up creates all partitions of both tables, leaves what would be archived, and fails at its end`, async () => {
    const { stdout } = await engine.refused(["up", "--yes", "--skip-preview"]);
    expect(stdout).toMatch(/archive "events_p2026_04"[^]*These remain as they are/);
    expect((await made("^events_p")).map(({ name }) => name)).toEqual(
      ["04", "05", "06", "07"].map((month) => `events_p2026_${month}`),
    );
    for (const place of THREE) await database.query("insert into public.visits values (1, $1, '2026-06-10')", [place]);
  });

  test(`${version}: the next up continues where that stopped`, async () => {
    mkdirSync(join(folder.path, "store"));
    await engine.pulumi(["up", "--yes", "--skip-preview"]);
    expect((await made("^events_p")).map(({ name }) => name)).toEqual(
      ["05", "06", "07"].map((month) => `events_p2026_${month}`),
    );
    expect(await made("^visits_its(_[0-9a-f]{8})?$")).toHaveLength(3);
  });

  test(`${version}: the one after has nothing to do`, async () => {
    await engine.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]);
  });
});
