import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onDatabase } from "../cli/support";
import { anyVersion } from "../support/database";
import { DAMAGES, type Damage, damage, damageWithManifest } from "../support/harness/damage";
import { program } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { damagedWords, later, may, withLastCopy } from "./archive-damaged-support";

describe.each(anyVersion())("PostgreSQL %s, the last copy of a partition", (version) => {
  const { database, deployment, folder, there, declared, archived, forgetHashes } = withLastCopy(version);

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
