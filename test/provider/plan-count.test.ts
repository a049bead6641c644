// How often a preview and its update plan a table in full.
import { afterAll, describe, expect, it, vi } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { planChanges } from "../../core/plan/plan-changes";
import { planTable } from "../../core/plan/plan-table";
import { createProviderModule } from "../../provider/module";
import { type ProviderServer, serveProvider } from "../../provider/server/server";
import { anyVersion } from "../support/database";
import { withArchivedTable } from "../support/harness/archived-table";
import type { HostRequest } from "../support/harness/plugin-host";
import { preview, up } from "../support/harness/rounds";

// Serves the plugin in this process, so that its plans can be counted.
const served = new Map<number, ProviderServer>();
vi.mock("../support/harness/hosts", () => ({
  askHost: async (request: HostRequest): Promise<number> => {
    if ("close" in request) {
      await served.get(request.close)?.close();
      return request.close;
    }
    if (!("plugin" in request)) throw new Error("no program is run here");
    const server = await serveProvider(createProviderModule(), request.plugin);
    served.set(server.port, server);
    return server.port;
  },
}));
vi.mock("../../core/plan/plan-table", async (load) => {
  const real = await load<{ planTable: typeof planTable }>();
  return { ...real, planTable: vi.fn(real.planTable) };
});
vi.mock("../../core/plan/plan-changes", async (load) => {
  const real = await load<{ planChanges: typeof planChanges }>();
  return { ...real, planChanges: vi.fn(real.planChanges) };
});

describe.each(anyVersion())("PostgreSQL %s, one preview and update", (version) => {
  const { database, deployment, declared } = withArchivedTable(version);
  afterAll(() => database.query("drop schema app cascade"));

  /** Plans of a preview and its update, and the partitions of the table afterwards. */
  async function planned(asOf: string, changes: Partial<TableSpecArgs> = {}) {
    vi.mocked(planTable).mockClear();
    vi.mocked(planChanges).mockClear();
    await preview(database, deployment, declared(asOf, changes));
    expect((await up(database, deployment, declared(asOf, changes))).error).toBeUndefined();
    const found = await database.query<{ name: string }>(
      "select relname as name from pg_class where relname ~ '^events_p[0-9_]+$' order by 1",
    );
    return {
      full: vi.mocked(planTable).mock.calls.length,
      changes: vi.mocked(planChanges).mock.calls.map(([{ mayRetire }]) => ({ mayRetire })),
      first: found[0]?.name,
    };
  }

  it.each(["partition", "window"] as const)(
    "plans a table in full twice, whatever it creates, archives, drops or restores (resources: %s)",
    async (resources) => {
      const march = "2025-03-10T00:00:00Z";
      const april = "2025-04-10T00:00:00Z";
      // The update plans again under the lock: only what it performs, and retirement only if a step of it is named.
      expect(await planned(march, { resources })).toEqual({
        full: 2,
        changes: [{ mayRetire: false }],
        first: "events_p2025_02",
      });
      expect(await planned(march, { resources })).toEqual({ full: 2, changes: [], first: "events_p2025_02" });
      expect(await planned(april, { resources })).toEqual({
        full: 2,
        changes: [{ mayRetire: true }],
        first: "events_p2025_03",
      });
      expect(await planned(april, { resources, restored: ["2025-02"] })).toEqual({
        full: 2,
        // Another rule is recorded: whether it is a cut is judged under the lock.
        changes: [{ mayRetire: true }],
        first: "events_p2025_02",
      });
    },
    120_000,
  );
});
