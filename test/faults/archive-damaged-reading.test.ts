import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onDatabase, pgpartition } from "../cli/support";
import { anyVersion } from "../support/database";
import { damage, damageWithManifest } from "../support/harness/damage";
import { program } from "../support/harness/fixture";
import { up } from "../support/harness/rounds";
import { april, later, withLastCopy } from "./archive-damaged-support";

describe.each(anyVersion())("PostgreSQL %s, the last copy of a partition", (version) => {
  const { database, deployment, folder, there, declared, archived, forgetHashes } = withLastCopy(version);

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
});
