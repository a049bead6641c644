// What an earlier version left, which said leaf where this one says partition: state and registry.
import { afterAll, describe, expect, it } from "vitest";
import type { PropertyMap } from "../../provider/runtime/values";
import { withDatabase } from "../support/database";
import type { Entry } from "../support/harness/deployment";
import { program } from "../support/harness/fixture";
import { preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";

describe("a table that an earlier version declared, with everything that was renamed since", () => {
  const database = withDatabase();
  const deployment = withDeployment(database, ["app", "parts"]);
  afterAll(() => database.query("drop schema app cascade; drop schema parts cascade"));

  const indexes = { by_at: { columns: ["id", "at"], unique: true, partitionIndexName: "{partition}_by_at" } };
  const dropped = { by_id: { columns: ["id"], partitionIndexName: "{partition}_by_id" } };
  const on = (asOf: string, more: Record<string, (typeof dropped)["by_id"]> = {}) =>
    program(asOf, {
      partitionSchema: "parts",
      rowSecurity: { policies: { all: { using: "true" } }, partitionAccess: "mirror" },
      indexes: { ...indexes, ...more },
      replicaIdentity: { index: "by_at" },
    });
  const declared = on("2025-03-10T00:00:00Z", dropped);

  it("is read, previewed, refreshed and updated as it is, and deleted; its inputs are refused as a program's", async () => {
    expect((await up(database, deployment, declared)).error).toBeUndefined();
    await recall();
    expect(await preview(database, deployment, declared)).toMatchObject({ error: undefined, steps: [] });
    const result = await refresh(database, deployment, declared);
    expect(result).toEqual([]);
    await recall();
    const index = entry("Index");
    const refused = await withPlugin(database, declared, (plugin) =>
      plugin.check(index.urn, index.inputs, index.inputs),
    );
    expect(refused.result.failures).toEqual([expect.stringMatching(/leafName.*is named "partitionIndexName" now/)]);
    expect(await up(database, deployment, declared)).toMatchObject({ error: undefined, steps: [] });
    await recall();
    const later = on("2025-04-10T00:00:00Z");
    const { error, steps } = await up(database, deployment, later);
    expect(error).toBeUndefined();
    expect(steps).toContainEqual(expect.objectContaining({ op: "delete", type: "Index" }));
    expect((await preview(database, deployment, later)).steps).toEqual([]);
    const table = entry("Table");
    const read = await withPlugin(database, declared, (plugin) => plugin.read(table.urn, table.id, table));
    expect(read.result?.inputs).toMatchObject({ profile: { rowSecurity: { partitionAccess: "mirror" } } });
  });

  function entry(type: string): Entry {
    const found = [...deployment.state.values()].find((one) => one.type === type);
    if (!found) throw new Error(`no ${type} in the state`);
    return found;
  }

  /** Gives state and registry the names that the earlier version wrote. */
  async function recall(): Promise<void> {
    const old: readonly (readonly [string, string])[] = [
      ["partitionIndexName", "leafName"],
      ["partitionAccess", "leafAccess"],
    ];
    for (const one of [...deployment.state.values()]) {
      const count = one.type === "PartitionWindow" ? "leafCount" : "leaves";
      const pairs = [...old, ["profile", "leaves"] as const, ["partitionCount", count] as const];
      const before = (properties: PropertyMap): PropertyMap =>
        JSON.parse(
          pairs.reduce((text, [now, was]) => text.replaceAll(`"${now}":`, `"${was}":`), JSON.stringify(properties)),
        ) as PropertyMap;
      deployment.state.set(one.urn, { ...one, inputs: before(one.inputs), outputs: before(one.outputs) });
    }
    for (const [now, was] of old)
      await database.query(
        `update pgpartition.registry set profile = replace(profile::text, $1, $2)::jsonb, indexes = replace(indexes::text, $1, $2)::jsonb`,
        [`"${now}":`, `"${was}":`],
      );
  }
});
