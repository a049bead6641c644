// What an earlier version left, which had archive.method: state, registry, and an archive that was under way.
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../provider/values";
import { onDatabase } from "../cli/support";
import { withDatabase } from "../support/database";
import { ArchiveFolder } from "../support/harness/archive-folder";
import { Deployment, type Entry } from "../support/harness/deployment";
import { program, reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { leaves } from "./support";
import { closeAll } from "./wire-support";

afterEach(endPlugins);
afterAll(closeAll);

const march = "2025-03-10T00:00:00Z";
const april = "2025-04-10T00:00:00Z";

describe("a table whose archives the server made in an earlier version", () => {
  const database = withDatabase(18);
  const folder = new ArchiveFolder();
  let deployment: Deployment;
  beforeEach(async () => {
    await reset(database);
    folder.empty();
    deployment = new Deployment();
  });
  afterAll(async () => {
    folder.remove();
    await database.query("drop schema app cascade");
  });

  const declared = (asOf: string, archive: object = {}) =>
    program(asOf, folder.declared({ archive: { to: `file://${folder.path}`, ...archive } }));
  /** As that version recorded it. */
  const withMethod = (properties: PropertyMap): PropertyMap => ({
    ...properties,
    archive: { ...(properties["archive"] as PropertyMap), format: "csv", method: "aws_s3" },
  });
  const window = (): Entry => {
    const entry = [...deployment.state.values()].find(({ type }) => type === "PartitionWindow");
    if (!entry) throw new Error("no window in the state");
    return entry;
  };
  const recall = async (): Promise<void> => {
    const entry = window();
    const { inputs, outputs } = entry;
    deployment.state.set(entry.urn, { ...entry, inputs: withMethod(inputs), outputs: withMethod(outputs) });
    await database.query(
      `update pgpartition.registry set "window" = jsonb_set("window", '{archive,method}', '"aws_s3"')`,
    );
  };

  it("is updated without the option by changing its rule alone: nothing is detached, archived or dropped", async () => {
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    await recall();
    const before = await leaves(database);
    const changed = [{ op: "update", type: "PartitionWindow", name: "events-window", diff: ["archive"] }];
    const shown = await preview(database, deployment, declared(march));
    expect(shown).toMatchObject({ error: undefined, steps: changed });
    expect(shown.messages.join("\n")).not.toMatch(/to (detach|archive|drop)/);
    expect(await up(database, deployment, declared(march))).toMatchObject({ error: undefined, steps: changed });
    expect(await leaves(database)).toEqual(before);
    expect((await preview(database, deployment, declared(march))).steps).toEqual([]);
  });

  it("is refreshed as it is, and refused where the inputs still have the option, as under ignoreChanges", async () => {
    expect((await up(database, deployment, declared(march))).error).toBeUndefined();
    await recall();
    const { result } = await withPlugin(database, declared(march), (plugin) => deployment.refresh(plugin));
    expect(result).toEqual([]);
    const { id, urn, inputs } = window();
    const checked = await withPlugin(database, declared(march), (plugin) => plugin.check(urn, inputs, inputs));
    expect(checked.result.failures).toEqual([
      expect.stringMatching(/archive\.method.*the option "method" was removed.*Delete it/),
    ]);
    // An import takes what the registry keeps, where there is nothing that could be deleted.
    const imported = await withPlugin(database, declared(march), (plugin) => plugin.read(urn, id));
    expect(imported.result?.inputs["archive"]).not.toHaveProperty("method");
  });

  it("has an archive that was under way then begun anew in files of ours, and whole", async () => {
    const csv = { format: "csv", spoolMegabytes: 16 };
    expect((await up(database, deployment, declared(march, csv))).error).toBeUndefined();
    await database.query(
      "insert into app.events select n, '2025-02-10', repeat(md5(n::text), 20) from generate_series(1, 30000) n",
    );
    await database.query("create table app.before as table app.events");
    const env = { PGPARTITION_FAULT: "after upload of part 1:kill" };
    expect((await up(database, deployment, declared(april, csv), { env })).error).toBeDefined();
    await asServerMade();
    expect((await up(database, deployment, declared(april, csv))).error).toBeUndefined();
    const { encoding, parts, rows } = folder.manifest(database, "20250201", 2);
    expect({ encoding, rows }).toEqual({ encoding: "csv", rows: 30_000 });
    expect(parts.every(({ name }) => name.endsWith(".csv.zst"))).toBe(true);
    expect(await onDatabase(database, "restore", "app.events", "--from", "2025-02")).toMatchObject({ code: 0 });
    const except = (one: string, two: string) => database.query(`table app.${one} except all table app.${two}`);
    expect(await except("before", "events_p2025_02_restored")).toEqual([]);
    expect(await except("events_p2025_02_restored", "before")).toEqual([]);
  });

  /** Gives the part that is stored the name that the server's had, and the ledger the method. */
  async function asServerMade(): Promise<void> {
    const place = folder.of(database, "20250201");
    expect(readdirSync(place)).toEqual(["part-00001.csv.zst"]);
    renameSync(join(place, "part-00001.csv.zst"), join(place, "part-00001.csv"));
    const client = await database.connect();
    try {
      await client.query(`set session_replication_role = replica;
        update pgpartition.archive_parts set object_key = replace(object_key, '.csv.zst', '.csv');
        update pgpartition.ledger set detail = detail || '{"method": "aws_s3"}' where event = 'exporting'`);
    } finally {
      await client.end();
    }
  }
});
