import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { onDatabase, pgpartition } from "../cli/support";
import { closeAll } from "../provider/wire-support";
import { testVersions, withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { DAMAGES, type Damage, damage, damageWithManifest } from "../support/harness/damage";
import { Deployment } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";

afterEach(endPlugins);
afterAll(closeAll);

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const later = "2025-04-20T00:00:00Z";
const may = "2025-05-01T00:00:00Z";

describe.each(testVersions())("PostgreSQL %s, the last copy of a partition", (version) => {
  const database = withDatabase(version);
  let deployment: Deployment;
  let folder: ArchiveFolder;

  beforeEach(async () => {
    await reset(database);
    deployment = new Deployment();
    folder = new ArchiveFolder();
  });
  afterEach(() => folder.remove());

  const declared = (more: object = {}, changes: Partial<TableSpecArgs> = {}): Partial<TableSpecArgs> =>
    folder.declared({
      grace: "7 days",
      ...changes,
      archive: { to: `file://${folder.path}`, verify: "readBack", ...more },
    });

  /** February is archived; its rows are told apart by their ids. */
  async function archived(changes: Partial<TableSpecArgs>, rows = 1000): Promise<void> {
    expect((await up(database, deployment, program(march, changes))).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, '2025-02-05', repeat(md5(n::text), 20) from generate_series(1, $1::int) n",
      [rows],
    );
    expect((await up(database, deployment, program(april, changes))).error).toBeUndefined();
  }

  const there = async (): Promise<number | undefined> => {
    const found = await database.query("select from pg_class where relname = 'events_p2025_02'");
    if (found.length === 0) return undefined;
    return (await database.query<{ n: number }>("select count(*)::int as n from app.events_p2025_02"))[0]?.n;
  };

  const damagedWords = /drop "events_p2025_02".*" is damaged: its SHA-256 is [0-9a-f]{64}, in the \w+ [0-9a-f]{64}/s;

  it("altered in the store during the grace refuses the drop by object and both hashes, whatever was altered; the next update archives it again", async () => {
    const changes = declared({}, { grace: "1 hour" });
    await archived(changes);
    const hour = (n: number): string => `2025-04-10T${String(2 * n).padStart(2, "0")}:00:00Z`;
    const all = Object.keys(DAMAGES) as Damage[];
    for (const [index, how] of all.entries()) {
      const generation = index + 1;
      damage(join(folder.of(database, "20250201", generation), "part-00001.parquet"), how);
      const refused = await up(database, deployment, program(hour(generation), changes));
      expect(refused.error).toMatch(damagedWords);
      expect(refused.error).toContain(`gen=${String(generation)}/part-00001.parquet" is damaged`);
      expect(refused.error).toContain(
        "Nothing was dropped: the partition remains, closed to writers, and the next update archives it again",
      );
      await expect(database.query("delete from app.events_p2025_02")).rejects.toThrow(/is archived: delete is refused/);
      expect((await up(database, deployment, program(hour(generation), changes))).error).toBeUndefined();
      expect(folder.manifest(database, "20250201", generation + 1).rows).toBe(1000);
      expect(await there()).toBe(1000);
    }
    expect((await up(database, deployment, program(hour(all.length + 1), changes))).error).toBeUndefined();
    expect(await there()).toBeUndefined();
    const list = await onDatabase(database, "archives", "app.events", "--verify");
    expect(list).toMatchObject({ code: 0 });
    expect(list.stdout).toMatch(/^(older .*\n)+whole .*1000 rows/);
  }, 240_000);

  it("as CSV it is refused too, and archived again as another generation", async () => {
    const changes = declared({ format: "csv" });
    await archived(changes);
    damage(join(folder.of(database, "20250201"), "part-00001.csv.zst"), "a byte in the middle");
    const refused = await up(database, deployment, program(later, changes));
    expect(refused.error).toMatch(damagedWords);
    expect(refused.error).toContain("/gen=1/part-00001.csv.zst");
    expect(await there()).toBe(1000);
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    damageWithManifest(
      join(folder.of(database, "20250201", 2), "part-00001.csv.zst"),
      join(folder.of(database, "20250201", 2), "_manifest.json"),
    );
    const again = await up(database, deployment, program(may, changes));
    expect(again.error).toMatch(/gen=2\/_manifest\.json" is damaged: .*in the ledger/);
    expect(await there()).toBe(1000);
  });

  it("of several objects: the last one altered is found, and no other is named", async () => {
    const changes = declared({ spoolMegabytes: 16 });
    await archived(changes, 60_000);
    const parts = folder.objects(database, "20250201").filter((name) => name.startsWith("part-"));
    expect(parts.length).toBeGreaterThan(2);
    const last = parts.at(-1) ?? "";
    damage(join(folder.of(database, "20250201"), last), "a byte in the middle");
    const refused = await up(database, deployment, program(later, changes));
    expect(refused.error).toContain(`${last}" is damaged`);
    expect(refused.error).not.toContain("part-00001.parquet");
    expect(await there()).toBe(60_000);
  });

  it("altered together with its manifest it is refused before the drop, with and without the hash of the manifest in the ledger", async () => {
    const changes = declared({ verify: "checksum" });
    await archived(changes);
    const place = folder.of(database, "20250201");
    damageWithManifest(join(place, "part-00001.parquet"), join(place, "_manifest.json"));
    const refused = await up(database, deployment, program(later, changes));
    expect(refused.error).toMatch(
      /_manifest\.json" is damaged: its SHA-256 is [0-9a-f]{64}, in the ledger [0-9a-f]{64}/,
    );
    expect(await there()).toBe(1000);
    // As an earlier version of this product has written the next generation down.
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    await forgetHashes();
    const second = folder.of(database, "20250201", 2);
    damageWithManifest(join(second, "part-00001.parquet"), join(second, "_manifest.json"));
    const again = await up(database, deployment, program(may, changes));
    expect(again.error).toMatch(
      /_manifest\.json" is not the manifest that was stored there: sha256 of part-00001\.parquet is [0-9a-f]{64} in it, in the ledger [0-9a-f]{64}/,
    );
    expect(await there()).toBe(1000);
  });

  /** An archive of a version that did not write the hash of its manifest down. */
  async function forgetHashes(): Promise<void> {
    await database.query(`alter table pgpartition.ledger disable trigger all;
      update pgpartition.ledger set detail = detail - 'manifestSha256' where event = 'archived';
      alter table pgpartition.ledger enable trigger all`);
  }

  it("an archive that an earlier version has written down is found whole, dropped on it, asked and restored", async () => {
    const changes = declared();
    await archived(changes);
    await forgetHashes();
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    expect(await there()).toBeUndefined();
    const asked = await onDatabase(database, "query", "app.events", "select count(*)::int as n from events", "--json");
    expect(JSON.parse(asked.stdout)).toEqual({ n: 1000 });
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    expect((await onDatabase(database, "archives", "app.events", "--verify")).stdout).toMatch(/^whole /);
  });

  it("after the drop: object and manifest altered together are refused by query, restore, verify and restored alike, in one set of words", async () => {
    const changes = declared({}, { grace: "none" });
    await archived(changes);
    expect(await there()).toBeUndefined();
    const place = folder.of(database, "20250201");
    damageWithManifest(join(place, "part-00001.parquet"), join(place, "_manifest.json"));
    const finding = /_manifest\.json" is damaged: its SHA-256 is [0-9a-f]{64}, in the ledger [0-9a-f]{64}/;
    const wayOn = /The table events_p2025_02 was dropped on 20.*, and these are its only rows: recover the object,/;
    const asked = await onDatabase(database, "query", "app.events", "select count(*), sum(id) from events");
    const restored = await onDatabase(database, "restore", "app.events", "--from", "2025-02");
    const byManifest = await onDatabase(
      database,
      "restore",
      "app.events",
      "--manifest",
      `file://${place}/_manifest.json`,
    );
    const verified = await onDatabase(database, "archives", "app.events", "--verify");
    for (const { code, stderr } of [asked, restored, byManifest, verified]) {
      expect(code).toBe(1);
      expect(stderr).toMatch(finding);
      expect(stderr).toMatch(wayOn);
      expect(stderr).not.toMatch(/Nothing was dropped|next update/);
    }
    expect(asked).toMatchObject({ stdout: "", stderr: expect.stringContaining("Nothing was queried") });
    expect(restored.stderr).toContain("Nothing was restored");
    expect(verified.stdout).toMatch(/^damaged /);
    const back = await up(database, deployment, program(april, { ...changes, restored: ["2025-02"] }));
    expect(back.error).toMatch(finding);
    expect(back.error).toMatch(/Nothing was restored\. The table events_p2025_02 was dropped/);
    expect(back.error).not.toContain("Nothing was dropped");
    expect(await database.query("select from app.events where at < '2025-03-01'")).toEqual([]);
  });

  it("another manifest of the same parts is refused too", async () => {
    await archived(declared({}, { grace: "none" }));
    const file = join(folder.of(database, "20250201"), "_manifest.json");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace('"zone": "UTC"', '"zone": "Asia/Tokyo"'));
    const refused = await onDatabase(database, "restore", "app.events", "--from", "2025-02");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("in the ledger") });
  });

  it("an object or manifest that is gone has other words before the drop than after it, for every reader", async () => {
    const changes = declared();
    await archived(changes);
    const place = folder.of(database, "20250201");
    const hidden = ["part-00001.parquet", "_manifest.json"];
    const readers = async (): Promise<string[]> => {
      const said: string[] = [];
      for (const args of [
        ["query", "app.events", "select count(*) from events"],
        ["restore", "app.events", "--from", "2025-02"],
        ["archives", "app.events", "--verify"],
      ]) {
        const { code, stderr } = await onDatabase(database, ...args);
        expect(code).toBe(1);
        said.push(stderr);
      }
      return said;
    };
    for (const name of hidden) {
      renameSync(join(place, name), join(place, `${name}.away`));
      for (const said of await readers()) {
        expect(said).toContain(`${name}" is gone. `);
        expect(said).toContain(
          "No row is lost by it: the table app.events_p2025_02 has not been dropped and still has them",
        );
        expect(said).not.toMatch(/Nothing was dropped|next update/);
      }
      renameSync(join(place, `${name}.away`), join(place, name));
    }
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    expect(await there()).toBeUndefined();
    for (const name of hidden) {
      renameSync(join(place, name), join(place, `${name}.away`));
      for (const said of await readers()) {
        expect(said).toContain(`${name}" is gone. `);
        expect(said).toMatch(/was dropped on 20.*these are its only rows/);
        expect(said).not.toMatch(/Nothing was dropped|next update|has not been dropped/);
      }
      renameSync(join(place, `${name}.away`), join(place, name));
    }
  });

  it("an archive that the ledger lacks is restored by its own manifest, which is reported; a damaged one is refused", async () => {
    await archived(declared({}, { grace: "none" }));
    const place = folder.of(database, "20250201");
    const manifest = `file://${place}/_manifest.json`;
    await database.query("alter schema pgpartition rename to away");
    try {
      const args = ["restore", "app.events", "--manifest", manifest, "--name", "alone"];
      const restored = await pgpartition(args, { env: { DATABASE_URL: database.url } });
      expect(restored).toMatchObject({ code: 0 });
      expect(restored.stderr).toContain("it is checked against its own manifest only");
      expect(await database.query("select count(*)::int as n from app.alone")).toEqual([{ n: 1000 }]);
      damage(join(place, "part-00001.parquet"), "its last byte");
      const refused = await onDatabase(database, "restore", "app.events", "--manifest", manifest, "--name", "other");
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/is damaged: .*in the manifest.*Recover the object, from a replica/s);
    } finally {
      await database.query("alter schema away rename to pgpartition");
    }
  });

  it("a table that no longer declares an archive, and a destroy, rely on the archive only if it is whole in its store", async () => {
    const changes = declared();
    await archived(changes);
    const file = join(folder.of(database, "20250201"), "part-00001.parquet");
    const whole = readFileSync(file);
    damage(file, "a byte in the middle");
    const { archive: _archive, ...rest } = changes;
    const plain = { ...rest, onExpire: "drop" } as const;
    const refused = await up(database, deployment, program(later, plain));
    expect(refused.error).toMatch(
      /part-00001\.parquet" is damaged.*Where onExpire: "archive" is declared with its store, the next update/s,
    );
    expect(await there()).toBe(1000);
    writeFileSync(file, whole);
    // It is archived anew, as the error says, and damaged again before the destroy.
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    damage(join(folder.of(database, "20250201", 2), "part-00001.parquet"), "a byte in the middle");
    const window = [...deployment.state.values()].find(({ type }) => type === "PartitionWindow");
    if (!window) throw new Error("the program has no window");
    const destroyed = await withPlugin(database, program(later, {}), (plugin) => plugin.delete(window), {
      config: { allowDestroy: '["app.events"]' },
    });
    expect(destroyed.messages.join("\n")).toMatch(/events_p2025_02" remains, closed to writers: .*is damaged/);
    expect(await there()).toBe(1000);
  });

  it("a table whose rows were rewritten past the fence is not dropped: ALTER COLUMN … TYPE … USING leaves fence and count as they were", async () => {
    const changes = declared();
    await archived(changes);
    await database.query("alter table app.events_p2025_02 alter column note type text using 'other'");
    const refused = await up(database, deployment, program(later, changes));
    expect(refused.error).toMatch(
      /"events_p2025_02" was rewritten since it was archived: VACUUM FULL, CLUSTER and ALTER TABLE do that/,
    );
    expect(await there()).toBe(1000);
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    expect(folder.manifest(database, "20250201", 2).rows).toBe(1000);
    expect((await up(database, deployment, program(may, changes))).error).toBeUndefined();
    expect(await there()).toBeUndefined();
  });

  it("the drop of an archived partition prints the count that it runs, and holds no lock while it counts", async () => {
    const changes = declared();
    await archived(changes);
    const shown = (await preview(database, deployment, program(later, changes))).messages.join("\n");
    expect(shown).toMatch(
      /SELECT count\(\*\) FROM "app"\."events_p2025_02";  -- partition app\.events_p2025_02 ACCESS SHARE \| grows with rows \|[^|]*\| SCAN_PARTITION/,
    );
    expect(shown).toMatch(
      /LOCK TABLE "app"\."events_p2025_02" IN ACCESS EXCLUSIVE MODE;  -- partition [^|]* \| instant/,
    );
    const [text] = await database.query<{ body: string }>(
      "select prosrc as body from pg_proc where oid = 'pgpartition.assert_archived(oid, text)'::regprocedure",
    );
    expect(text?.body).not.toContain("count(*)");
    expect((await up(database, deployment, program(later, changes))).error).toBeUndefined();
    expect(await there()).toBeUndefined();
  });

  it("a table with fewer rows than its archive is left alone: it is neither dropped nor archived over the fuller copy", async () => {
    const changes = declared();
    await archived(changes);
    // As a crash leaves an UNLOGGED table: rows gone, and the fence untouched.
    await database.query(`alter table app.events_p2025_02 disable trigger pgpartition_fence`);
    await database.query("delete from app.events_p2025_02 where id <= 400");
    await database.query(`alter table app.events_p2025_02 enable always trigger pgpartition_fence;
      alter table pgpartition.ledger disable trigger all;
      update pgpartition.ledger set detail = jsonb_set(detail, '{fence}', to_jsonb(pgpartition.fence_mark('app.events_p2025_02'::regclass)))
        where event in ('fenced', 'archived');
      alter table pgpartition.ledger enable trigger all`);
    for (const asOf of [later, may]) {
      const refused = await up(database, deployment, program(asOf, changes));
      expect(refused.error).toMatch(
        /holds 600 rows and its archive 1000, although it was fenced.*Nothing was dropped/s,
      );
      expect(await there()).toBe(600);
    }
    expect(existsSync(folder.of(database, "20250201", 2))).toBe(false);
    expect(readdirSync(folder.of(database, "20250201"))).toContain("_manifest.json");
  });
});
