import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { onDatabase } from "../../cli/support";
import { withDatabase } from "../../support/database";
import { ArchiveFolder } from "../../support/harness/archive-folder";
import { program } from "../../support/harness/fixture";
import { up } from "../../support/harness/rounds";
import { withDeployment } from "../../support/harness/with-deployment";

const database = withDatabase();
const deployment = withDeployment(database);
const folder = new ArchiveFolder();
afterAll(async () => {
  folder.remove();
  await database.query("drop schema app cascade");
});

it("A08 killed between parts, an archive in CSV continues with the next part", async () => {
  const archive = { to: `file://${folder.path}`, format: "csv" as const, spoolMegabytes: 16 };
  const declared = (asOf: string) => program(asOf, folder.declared({ archive }));
  expect((await up(database, deployment, declared("2025-03-10T00:00:00Z"))).error).toBeUndefined();
  await database.query(
    "insert into app.events select n, '2025-02-10', repeat(md5(n::text), 20) from generate_series(1, 30000) n",
  );
  await database.query("create table app.before as table app.events");
  const april = declared("2025-04-10T00:00:00Z");
  const killed = await up(database, deployment, april, { env: { PGPARTITION_FAULT: "after upload of part 2:kill" } });
  expect(killed.error).toBeDefined();
  expect(folder.objects(database, "20250201")).toEqual(["part-00001.csv.zst", "part-00002.csv.zst"]);
  const place = join(folder.of(database, "20250201"), "part-00001.csv.zst");
  const first = statSync(place);
  expect((await up(database, deployment, april)).error).toBeUndefined();

  const manifest = folder.manifest(database, "20250201");
  expect(manifest).toMatchObject({ rows: 30_000, generation: 1 });
  expect(manifest.parts.length).toBeGreaterThan(2);
  expect(folder.objects(database, "20250201")).toHaveLength(manifest.parts.length + 1);
  expect(statSync(place)).toMatchObject({ ino: first.ino, mtimeMs: first.mtimeMs });
  expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
  const except = (one: string, two: string) => database.query(`table app.${one} except all table app.${two}`);
  expect(await except("before", "events_p2025_02_restored")).toEqual([]);
  expect(await except("events_p2025_02_restored", "before")).toEqual([]);
}, 120_000);
