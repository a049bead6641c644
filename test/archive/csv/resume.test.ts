import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { parseManifest } from "../../../core/archive/manifest";
import { onDatabase } from "../../cli/support";
import { closeAll } from "../../provider/wire-support";
import { withDatabase } from "../../support/database";
import { ArchiveFolder } from "../../support/harness/archive-folder";
import { Deployment } from "../../support/harness/deployment";
import { program, reset } from "../../support/harness/fixture";
import { endPlugins } from "../../support/harness/plugin";
import { up } from "../../support/harness/rounds";

afterEach(endPlugins);
afterAll(closeAll);

const database = withDatabase(18);
const folder = new ArchiveFolder();
beforeAll(() => reset(database));
afterAll(async () => {
  folder.remove();
  await database.query("drop schema app cascade");
});

it("A08 E09 killed between parts, an archive in CSV goes on with the next part; nothing that lies under its names is overwritten", async () => {
  const keys = "{table}/{yyyy}-{mm}.csv.zst";
  const archive = { to: `file://${folder.path}`, format: "csv" as const, keys, spoolMegabytes: 16 };
  const declared = (asOf: string) => program(asOf, folder.declared({ archive }));
  const deployment = new Deployment();
  expect((await up(database, deployment, declared("2025-03-10T00:00:00Z"))).error).toBeUndefined();
  await database.query(
    "insert into app.events select n, '2025-02-10', repeat(md5(n::text), 20) from generate_series(1, 30000) n",
  );
  await database.query("create table app.before as table app.events");
  const below = join(folder.path, "events");
  mkdirSync(below);
  writeFileSync(join(below, "2025-02.csv.zst"), "somebody else's");

  const april = declared("2025-04-10T00:00:00Z");
  const killed = await up(database, deployment, april, { env: { PGPARTITION_FAULT: "after upload of part 2:kill" } });
  expect(killed.error).toBeDefined();
  const name = "2025-02.gen-2";
  expect(readdirSync(below).sort()).toEqual(["2025-02.csv.zst", `${name}.csv.zst`, `${name}.part-00002.csv.zst`]);
  const first = statSync(join(below, `${name}.csv.zst`));
  expect((await up(database, deployment, april)).error).toBeUndefined();

  const place = join(below, `_${name}.manifest.json`);
  const manifest = parseManifest(readFileSync(place, "utf8"), place);
  expect(manifest).toMatchObject({ rows: 30_000, generation: 2 });
  expect(manifest.parts.length).toBeGreaterThan(2);
  expect(readdirSync(below)).toHaveLength(manifest.parts.length + 2);
  expect(statSync(join(below, `${name}.csv.zst`))).toMatchObject({ ino: first.ino, mtimeMs: first.mtimeMs });
  expect(readFileSync(join(below, "2025-02.csv.zst"), "utf8")).toBe("somebody else's");
  expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
  const except = (one: string, two: string) => database.query(`table app.${one} except all table app.${two}`);
  expect(await except("before", "events_p2025_02_restored")).toEqual([]);
  expect(await except("events_p2025_02_restored", "before")).toEqual([]);
}, 120_000);
