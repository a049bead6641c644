import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { ArchiveArgs } from "../../core/declare/archive/archive-args";
import { pgpartition } from "../cli/support";
import { withDatabase } from "../support/database";
import { DAMAGES, type Damage, damage, damageWithManifest } from "../support/harness/damage";
import { program } from "../support/harness/fixture";
import { withObjectStore } from "../support/harness/object-store";
import { type Run, up } from "../support/harness/rounds";
import { startFaultyStore } from "../support/harness/s3-faults";
import { startAgain, withDeployment } from "../support/harness/with-deployment";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";
const later = "2025-04-20T00:00:00Z";

describe("the last copy of a partition in an S3 server", () => {
  const database = withDatabase();
  const deployment = withDeployment(database);
  const store = withObjectStore({ own: true });
  let archive: ArchiveArgs & { readonly to: string };
  let grace: "7 days" | "1 hour" | "none";
  beforeEach(async () => {
    grace = "7 days";
    archive = { ...store.settings({ region: "us-east-1" }), verify: "readBack" };
  });
  afterAll(() => database.query("drop schema app cascade"));

  const credentials = (): NodeJS.ProcessEnv => ({
    AWS_ACCESS_KEY_ID: process.env["AWS_ACCESS_KEY_ID"],
    AWS_SECRET_ACCESS_KEY: process.env["AWS_SECRET_ACCESS_KEY"],
  });
  const update = (asOf: string): Promise<Run> =>
    up(database, deployment, program(asOf, { onExpire: "archive", grace, archive }), { env: credentials() });
  const cli = (...args: readonly string[]) =>
    pgpartition(args, { env: { DATABASE_URL: database.url, ...credentials() } });

  async function archived(): Promise<void> {
    expect((await update(march)).error).toBeUndefined();
    await database.query("insert into app.events select n, '2025-02-05', 'note ' || n from generate_series(1, 3000) n");
    expect((await update(april)).error).toBeUndefined();
  }

  const there = async (): Promise<boolean> =>
    (await database.query("select from pg_class where relname = 'events_p2025_02'")).length === 1;

  /** Where the store keeps an object of February. */
  function file(name: string, generation = 1): string {
    const prefix = archive.to.replace(/^s3:\/\/[^/]+\//, "");
    const found = store.file(
      `${prefix}/${database.database}/app/table=events/from=20250201T000000Z/gen=${String(generation)}/${name}`,
    );
    if (found === undefined) throw new Error("our own store keeps its objects in files");
    return found;
  }

  it("altered in the bucket during the grace: with readBack no drop, by object and both hashes, whatever was altered; the next update archives it again", async () => {
    const all = Object.keys(DAMAGES) as Damage[];
    grace = "1 hour";
    await archived();
    const hour = (n: number): string => `2025-04-10T${String(2 * n).padStart(2, "0")}:00:00Z`;
    for (const [index, how] of all.entries()) {
      const generation = index + 1;
      damage(file("part-00001.parquet", generation), how);
      const refused = await update(hour(generation));
      expect(refused.error).toMatch(
        /drop "events_p2025_02".*part-00001\.parquet" is damaged: its SHA-256 is [0-9a-f]{64}, in the manifest [0-9a-f]{64}/s,
      );
      expect(refused.error).not.toContain("Run it again");
      expect(await there()).toBe(true);
      expect((await update(hour(generation))).error).toBeUndefined();
    }
    expect((await update(hour(all.length + 1))).error).toBeUndefined();
    expect(await there()).toBe(false);
    expect(await cli("restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    expect(await database.query("select count(*)::int as n from app.events_p2025_02_restored")).toEqual([{ n: 3000 }]);
  }, 240_000);

  it("the bytes are read again in a later update, not in the one that has proved them, and not without readBack", async () => {
    const faulty = await startFaultyStore(store.endpoint ?? "");
    const reads = (): number =>
      faulty.asked.filter(({ operation, url }) => operation === "GetObject" && url.includes("part-00001")).length;
    try {
      archive = { ...archive, endpoint: faulty.endpoint };
      await archived();
      expect(reads()).toBe(1);
      faulty.rule(() => undefined);
      expect((await update(later)).error).toBeUndefined();
      expect(await there()).toBe(false);
      expect(reads()).toBe(1);
      for (const verify of ["readBack", "checksum"] as const) {
        await startAgain(database, deployment);
        archive = { ...archive, ...store.settings(), endpoint: faulty.endpoint, verify };
        faulty.rule(() => undefined);
        grace = "none";
        await archived();
        expect(await there()).toBe(false);
        expect(reads()).toBe(verify === "readBack" ? 1 : 0);
      }
    } finally {
      await faulty.close();
    }
  });

  it("after the drop every reader reports a damaged object as damaged, as one in a directory", async () => {
    grace = "none";
    await archived();
    damage(file("part-00001.parquet"), "its last byte");
    for (const args of [
      ["restore", "app.events", "--from", "2025-02"],
      ["query", "app.events", "select count(*), sum(id) from events"],
      ["archives", "app.events", "--verify"],
    ]) {
      const { code, stderr } = await cli(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /part-00001\.parquet" is damaged: its SHA-256 is [0-9a-f]{64}, in the manifest [0-9a-f]{64}/,
      );
      expect(stderr).toMatch(/was dropped on 20.*these are its only rows/);
      expect(stderr).not.toMatch(/Run it again\. If|Nothing was dropped/);
    }
  });

  it("object and manifest altered together are refused by the drop and by every reader", async () => {
    await archived();
    damageWithManifest(file("part-00001.parquet"), file("_manifest.json"));
    const finding = /_manifest\.json" is damaged: its SHA-256 is [0-9a-f]{64}, in the ledger [0-9a-f]{64}/;
    expect((await update(later)).error).toMatch(finding);
    expect(await there()).toBe(true);
    const { code, stderr } = await cli("query", "app.events", "select count(*) from events");
    expect(code).toBe(1);
    expect(stderr).toMatch(finding);
    expect(stderr).toContain("No row is lost by it");
  });
});
