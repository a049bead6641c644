// What an earlier version left, which had archive.method and archive.keys: state, registry, archives that were under way or not yet dropped.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../provider/runtime/values";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { withArchiveFolder } from "../support/harness/archive-folder";
import type { Entry } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { partitions } from "./support";

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe("a table whose archives an earlier version wrote by the server, or named by a template", () => {
  const database = withDatabase();
  const deployment = withDeployment(database);
  const folder = withArchiveFolder();
  afterAll(() => database.query("drop schema app cascade"));

  const declared = (asOf: string, archive: object = {}) =>
    program(asOf, folder.declared({ archive: { to: `file://${folder.path}`, ...archive } }));
  /** As that version recorded it. */
  const keys = "{table}/{yyyy}-{mm}.csv.zst";
  const withRemoved = (properties: PropertyMap): PropertyMap => ({
    ...properties,
    archive: { ...(properties["archive"] as PropertyMap), format: "csv", method: "aws_s3", keys },
  });
  const window = (): Entry => {
    const entry = [...deployment.state.values()].find(({ type }) => type === "PartitionWindow");
    if (!entry) throw new Error("no window in the state");
    return entry;
  };
  const recall = async (): Promise<void> => {
    const entry = window();
    const { inputs, outputs } = entry;
    deployment.state.set(entry.urn, { ...entry, inputs: withRemoved(inputs), outputs: withRemoved(outputs) });
    await database.query(
      `update pgpartition.registry set "window" = jsonb_set("window", '{archive}', "window" -> 'archive' || $1::jsonb)`,
      [JSON.stringify({ method: "aws_s3", keys })],
    );
  };

  it("is updated without the option by changing its rule alone: nothing is detached, archived or dropped", async () => {
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    await recall();
    const before = await partitions(database);
    const changed = [{ op: "update", type: "PartitionWindow", name: "events-window", diff: ["archive"] }];
    const shown = await preview(database, deployment, declared(march));
    expect(shown).toMatchObject({ error: undefined, steps: changed });
    expect(shown.messages.join("\n")).not.toMatch(/to (detach|archive|drop)/);
    expect(await up(database, deployment, declared(march))).toMatchObject({ error: undefined, steps: changed });
    expect(await partitions(database)).toEqual(before);
    expect((await preview(database, deployment, declared(march))).steps).toEqual([]);
  });

  it("is refreshed as it is, and refused where the inputs still have the option, as under ignoreChanges", async () => {
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    await recall();
    const result = await refresh(database, deployment, declared(march));
    expect(result).toEqual([]);
    const { id, urn, inputs } = window();
    const checked = await withPlugin(database, declared(march), (plugin) => plugin.check(urn, inputs, inputs));
    expect(checked.result.failures).toEqual([
      expect.stringMatching(/archive\.method.*the option "method" was removed.*Delete it/),
      expect.stringMatching(/archive\.keys.*the option "keys" was removed.*Delete it/),
    ]);
    // An import takes what the registry keeps, where there is nothing that could be deleted.
    const imported = await withPlugin(database, declared(march), (plugin) => plugin.read(urn, id));
    expect(imported.result?.inputs["archive"]).not.toHaveProperty("method");
    expect(imported.result?.inputs["archive"]).not.toHaveProperty("keys");
  });

  const underway = [
    ["files that the server made", asServerMade],
    ["files under a template", asTemplateNamed],
  ] as const;
  it.each(underway)(
    "has an archive that was under way in %s restarted in files of this version, and whole",
    async (_, as) => {
      const csv = { format: "csv", spoolMegabytes: 16 };
      await fill(declared(march, csv), 30_000);
      const env = { PGPARTITION_FAULT: "after upload of part 1:kill" };
      expect((await up(database, deployment, declared(april, csv), { env })).error).toBeDefined();
      await as();
      expect((await up(database, deployment, declared(april, csv))).error).toBeUndefined();
      const { encoding, parts, rows } = folder.manifest(database, "20250201", 2);
      expect({ encoding, rows }).toEqual({ encoding: "csv", rows: 30_000 });
      expect(parts.every(({ name }) => name.endsWith(".csv.zst"))).toBe(true);
      await expectRestored();
    },
  );

  describe("with an archive under a template that waits for its drop", () => {
    const kept = (asOf: string) =>
      program(asOf, folder.declared({ grace: "7 days", archive: { to: `file://${folder.path}`, format: "csv" } }));
    const later = kept("2025-04-20T00:00:00Z");
    const object = join(folder.path, "events", "2025-02.csv.zst");
    beforeEach(async () => {
      await fill(kept(march), 1_000);
      expect((await up(database, deployment, kept(april))).error).toBeUndefined();
      await asTemplateNamed();
    });

    it("has it dropped on that archive, which remains where it is and is restored", async () => {
      expect((await up(database, deployment, later)).error).toBeUndefined();
      expect(await database.query("select from pg_class where relname = 'events_p2025_02'")).toEqual([]);
      expect(readdirSync(join(folder.path, "events")).sort()).toEqual(["2025-02.csv.zst", "_2025-02.manifest.json"]);
      await expectRestored();
    });

    it("has nothing dropped where that archive is damaged, and archives it again in the one layout", async () => {
      writeFileSync(object, readFileSync(object).fill(0, 100, 110));
      expect((await up(database, deployment, later)).error).toMatch(/2025-02\.csv\.zst" is damaged/);
      expect((await up(database, deployment, later)).error).toBeUndefined();
      expect(await database.query("select from app.events_p2025_02")).toHaveLength(1_000);
      expect(folder.manifest(database, "20250201", 2)).toMatchObject({ rows: 1_000 });
    });
  });

  async function fill(first: ReturnType<typeof program>, rows: number): Promise<void> {
    expect((await up(database, deployment, first)).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, '2025-02-10', repeat(md5(n::text), 20) from generate_series(1, $1::int) n",
      [rows],
    );
    await database.query("create table app.before as table app.events");
  }

  async function expectRestored(): Promise<void> {
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    const except = (one: string, two: string) => database.query(`table app.${one} except all table app.${two}`);
    expect(await except("before", "events_p2025_02_restored")).toEqual([]);
    expect(await except("events_p2025_02_restored", "before")).toEqual([]);
  }

  /** Gives the part that is stored the name that the server's had, and the ledger the method. */
  async function asServerMade(): Promise<void> {
    const place = folder.of(database, "20250201");
    expect(readdirSync(place)).toEqual(["part-00001.csv.zst"]);
    renameSync(join(place, "part-00001.csv.zst"), join(place, "part-00001.csv"));
    await rewrite(`update pgpartition.archive_parts set object_key = replace(object_key, '.csv.zst', '.csv');
      update pgpartition.ledger set detail = detail || '{"method": "aws_s3"}' where event = 'exporting'`);
  }

  /** Gives the part that is stored, and a manifest, the names of a template, and the ledger what it had of them. */
  async function asTemplateNamed(): Promise<void> {
    const place = folder.of(database, "20250201");
    const target = join(folder.path, "events");
    mkdirSync(target);
    renameSync(join(place, "part-00001.csv.zst"), join(target, "2025-02.csv.zst"));
    await rewrite(`update pgpartition.archive_parts set object_key = 'events/2025-02.csv.zst';
      update pgpartition.ledger set detail = detail || '{"folder": "events/", "stem": "2025-02"}' where event = 'exporting'`);
    if (!existsSync(join(place, "_manifest.json"))) return;
    const text = readFileSync(join(place, "_manifest.json"), "utf8").replace("part-00001.csv.zst", "2025-02.csv.zst");
    rmSync(join(place, "_manifest.json"));
    writeFileSync(join(target, "_2025-02.manifest.json"), text);
    const manifest = `file://${target}/_2025-02.manifest.json`;
    const manifestSha256 = createHash("sha256").update(text).digest("hex");
    await rewrite(`update pgpartition.ledger
      set detail = detail || '${JSON.stringify({ manifest, manifestSha256 })}' where event = 'archived'`);
  }

  /** Changes what is only ever added to. */
  async function rewrite(sql: string): Promise<void> {
    const client = await database.connect();
    try {
      await client.query(`set session_replication_role = replica; ${sql}`);
    } finally {
      await client.end();
    }
  }
});
