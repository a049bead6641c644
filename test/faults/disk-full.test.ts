import { afterEach, beforeEach, expect, it } from "vitest";
import { account } from "../../tools/postgres/account";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { stopAt } from "../support/harness/stop-at";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { program, reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { preview, up } from "../support/harness/rounds";
import { SmallDisk } from "../support/harness/small-disk";
import { withDeployment } from "../support/harness/with-deployment";
import { ownerRole } from "../support/servers";
import { type Skipping, skipBecause } from "../support/skip";

const database = withDatabase();
const deployment = withDeployment(database);
const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
let folder: ArchiveFolder;
let disk: SmallDisk;

beforeEach(() => {
  folder = new ArchiveFolder();
  disk = new SmallDisk();
});
afterEach(async () => {
  await endPlugins();
  folder.remove();
  disk.remove();
});

const mounted = (context: Skipping, ...args: Parameters<SmallDisk["mount"]>): void => {
  const reason = disk.mount(...args);
  if (reason !== undefined) skipBecause(context, reason);
};

/** February has rows of 640 letters that hardly shrink. */
const filled = async (rows: number, declared = folder.declared()): Promise<void> => {
  expect((await up(database, deployment, program(march, declared))).error).toBeUndefined();
  await database.query(
    `insert into app.events select n, '2025-02-05', (select string_agg(md5(n::text || i), '') from generate_series(1, 20) i)
       from generate_series(1, $1::int) n`,
    [rows],
  );
};

const rowsThere = async (): Promise<number | undefined> => {
  const there = await database.query("select from pg_class where relname = 'events_p2025_02'");
  if (there.length === 0) return undefined;
  return (await database.query<{ n: number }>("select count(*)::int as n from app.events_p2025_02"))[0]?.n;
};

it("B11 no room for two parts in TMPDIR: preview and up report how much is needed and where, and with room the next up completes", async (context) => {
  mounted(context, "size=64m");
  const small = folder.declared({ archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
  await filled(100, small);
  const options = { env: { TMPDIR: disk.path } };
  const room = /small-disk-\w+.*has 67 MB of room, and two parts need 160 MB.*set TMPDIR to a directory that has it/s;
  const shown = await preview(database, deployment, program(april, small), options);
  expect(shown.messages.join("\n")).toMatch(room);
  const failed = await up(database, deployment, program(april, small), options);
  expect(failed.error).toMatch(room);
  expect(await rowsThere()).toBe(100);
  expect(disk.files()).toEqual([]);
  disk.remount("size=200m");
  const next = await up(database, deployment, program(april, small), options);
  expect(next.error).toBeUndefined();
  expect(next.messages.join("\n")).not.toContain("of room");
  expect(folder.manifest(database, "20250201").rows).toBe(100);
  expect(await rowsThere()).toBeUndefined();
});

it("B11 TMPDIR is full in mid-export: a clear error, nothing is left there, and with room the next up continues with what is stored", async (context) => {
  mounted(context, "size=160m");
  const small = folder.declared({ archive: { to: `file://${folder.path}`, spoolMegabytes: 16 } });
  await filled(40_000, small);
  const env = { TMPDIR: disk.path };
  const stop = stopAt("after upload of part 1");
  const run = up(database, deployment, program(april, small), { env: { ...env, ...stop.env } });
  await stop.reached();
  const empty = disk.fill();
  stop.goOn();
  const { error } = await run;
  empty();
  expect(error).toMatch(/archive "events_p2025_02": writing ".*small-disk-.*": no space left on the disk\. Free some/);
  expect(disk.files()).toEqual([]);
  expect(await rowsThere()).toBe(40_000);
  expect((await up(database, deployment, program(april, small), { env })).error).toBeUndefined();
  const manifest = folder.manifest(database, "20250201");
  expect(manifest.rows).toBe(40_000);
  expect(folder.objects(database, "20250201")).toHaveLength(manifest.parts.length + 1);
  expect(folder.objects(database, "20250201", 2)).toEqual([]);
  expect(await rowsThere()).toBeUndefined();
});

const shortages = [
  { of: "bytes", little: "size=512k", enough: "size=8m", said: /has room for \d+\. Free some space/ },
  { of: "files", little: "nr_inodes=7", enough: "nr_inodes=100", said: /ENOSPC.*Free some space/ },
];

it.for(shortages)(
  "B11 the directory of the archive has no $of left: no half file, no drop, and with room the next up completes",
  async ({ little, enough, said }, context) => {
    mounted(context, little);
    const declared = folder.declared({ archive: { to: `file://${disk.path}` } });
    await filled(2_000, declared);
    const { error } = await up(database, deployment, program(april, declared));
    expect(error).toMatch(said);
    expect(error).toContain(`file://${disk.path}/`);
    expect(disk.files()).toEqual([]);
    expect(await rowsThere()).toBe(2_000);
    disk.remount(enough);
    expect((await up(database, deployment, program(april, declared))).error).toBeUndefined();
    expect(
      disk
        .files()
        .map((file) => file.slice(file.lastIndexOf("/") + 1))
        .sort(),
    ).toEqual(["_manifest.json", "part-00001.parquet"]);
    expect(await rowsThere()).toBeUndefined();
  },
);

it("the directory of the archive is mounted read-only: preview warns, up names the folder and the mount and drops nothing, and mounted for writing the next up completes", async (context) => {
  mounted(context, "size=8m");
  const declared = folder.declared({ archive: { to: `file://${disk.path}` } });
  await filled(100, declared);
  disk.remount("ro");
  const shown = await preview(database, deployment, program(april, declared));
  expect(shown.error).toBeUndefined();
  expect(shown.messages.join("\n")).toMatch(/nothing can be archived or restored now; .*EROFS.*mount it for writing/);
  const { error } = await up(database, deployment, program(april, declared));
  expect(error).toMatch(
    /archive "events_p2025_02": .*EROFS: read-only file system.*It is mounted read-only: mount it for writing/s,
  );
  expect(error).toContain(disk.path);
  expect(error).not.toMatch(/ENOENT|bucket/);
  expect(await rowsThere()).toBe(100);
  disk.remount("rw");
  expect((await up(database, deployment, program(april, declared))).error).toBeUndefined();
  expect(await rowsThere()).toBeUndefined();
});

it("B10 the disk of the server is full: a clear error in an update and in a restore, nothing half done, and with room both complete", async (context) => {
  mounted(context, "size=1m", account());
  await filled(100);
  const tablespace = `full_${database.database}`;
  await database.query(`create tablespace ${tablespace} owner ${ownerRole} location '${disk.path}'`);
  await database.query(`alter database ${database.database} set default_tablespace = ${tablespace}`);
  try {
    const declared = folder.declared({ indexes: { by_id: { columns: ["id"] } } });
    for (const asOf of [march, april]) {
      // In March an index is to be built, in April a partition made and another one archived.
      const room = disk.fill();
      const failed = await up(database, deployment, program(asOf, declared));
      expect(failed.error).toMatch(/No space left on device/);
      expect(await rowsThere()).toBe(100);
      room();
      expect((await up(database, deployment, program(asOf, declared))).error).toBeUndefined();
      expect((await preview(database, deployment, program(asOf, declared))).steps).toEqual([]);
      expect(await database.query("select from pg_index where not indisvalid")).toEqual([]);
    }
    expect(folder.manifest(database, "20250201").rows).toBe(100);
    const again = disk.fill();
    const refused = await onDatabase(database, "restore", "app.events", "--from", "2025-02");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/No space left on device/) as string });
    expect(await database.query("select from pg_class where relname like '%restored%'")).toEqual([]);
    again();
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    expect(await database.query("select from app.events_p2025_02_restored")).toHaveLength(100);
  } finally {
    await database.query(`alter database ${database.database} reset default_tablespace`);
    await reset(database);
    await database.query(`drop tablespace ${tablespace}`);
  }
});
