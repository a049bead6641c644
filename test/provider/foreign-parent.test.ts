import { describe, expect, it } from "vitest";
import type { TableSpecArgs } from "../../core/declare/table/args";
import { anyVersion, withDatabase } from "../support/database";
import type { Program } from "../support/harness/declare";
import { left } from "../support/harness/fixture";
import { preview, up, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { partitions } from "./support";

const table: TableSpecArgs = {
  schema: "app",
  table: "events",
  partitionBy: [{ range: "at", every: "month" }],
  window: { lead: "1 month", retention: "1 month" },
  onExpire: "drop",
  grace: "none",
};
const at = (asOf: string): Program => ({ tables: { events: table }, asOf });
const march = at("2025-03-10T00:00:00Z");
const april = at("2025-04-10T00:00:00Z");

/** As a migration tool would make it: things that we have no words for. */
const byAnotherTool = `
  create table app.events (id bigint generated always as identity, at timestamptz not null, price numeric(9, 2) check (price > 0), tags text[])
    partition by range (at);
  create index tool_tags on app.events using gin (tags);
  create function app.stamp() returns trigger language plpgsql as $$ begin new.tags := '{stamped}'; return new; end $$;
  create trigger stamp before insert on app.events for each row execute function app.stamp();
  comment on table app.events is 'made by another tool';`;

describe.each(anyVersion())("PostgreSQL %s, a parent that another tool created", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  const parentLines = async () =>
    (await left(database)).dump
      .split("\n")
      .filter((line) => / app\.(events|tool_tags)[. ]/.test(line) && !line.startsWith("registry"));

  it("is managed for its partitioning only: partitions come and go, nothing else of it changes", async () => {
    await database.query(byAnotherTool);
    const before = (await parentLines()).filter((line) => !line.includes("ledger"));
    expect((await up(database, deployment, march)).error).toBeUndefined();
    expect(await partitions(database)).toEqual(["events_p2025_02", "events_p2025_03", "events_p2025_04"]);
    expect((await preview(database, deployment, march)).steps).toEqual([]);
    await database.query("insert into app.events (at, price) values ('2025-02-05', 1), ('2025-04-05', 2)");
    expect((await up(database, deployment, april)).error).toBeUndefined();
    expect(await partitions(database)).toEqual(["events_p2025_03", "events_p2025_04", "events_p2025_05"]);
    expect(await database.query("select id, tags from app.events")).toEqual([{ id: "2", tags: ["stamped"] }]);
    expect(await database.query("select to_regclass('app.events_p2025_02')::text as name")).toEqual([{ name: null }]);
    expect((await parentLines()).filter((line) => !line.includes("ledger"))).toEqual(before);
  });

  it("gives each new partition the indexes and checks that the other tool added", async () => {
    await database.query(byAnotherTool);
    expect((await up(database, deployment, march)).error).toBeUndefined();
    await database.query("create index tool_late on app.events (price)");
    expect((await up(database, deployment, april)).error).toBeUndefined();
    const { dump, orphans } = await left(database);
    expect(orphans).toEqual([]);
    expect(dump).toMatch(/ INDEX events_p2025_05_tool_tags ON .* valid=t .* attached=app\.tool_tags$/m);
    expect(dump).toMatch(/ INDEX events_p2025_05_tool_late ON .* valid=t .* attached=app\.tool_late$/m);
    expect(dump).toMatch(/^constraint app\.events_p2025_05 events_price_check .* inherited=1\/f$/m);
  });

  it("is not created when it is missing: the other tool has to create it first", async () => {
    for (const run of [await preview(database, deployment, march), await up(database, deployment, march)])
      expect(run.error).toContain("does not exist, and no columns are declared: another tool owns it");
    expect(await database.query("select to_regclass('app.events')::text as name")).toEqual([{ name: null }]);
  });

  it.each([[[]], [["app.events"]]])(
    "outlives a destroy: released and forgotten, nothing is dropped (allowDestroy: %j)",
    async (allowDestroy) => {
      await database.query(byAnotherTool);
      await up(database, deployment, march);
      await database.query("insert into app.events (at, price) values ('2025-02-05', 1)");
      const relations = async () =>
        (await left(database)).dump.split("\n").filter((line) => !/^(registry|ledger)/.test(line));
      const before = await relations();
      await withPlugin(database, march, (plugin) => deployment.destroy(plugin), { config: { allowDestroy } });
      expect(deployment.state.size).toBe(0);
      expect(await relations()).toEqual(before);
      expect(await database.query("select mode from pgpartition.registry")).toEqual([]);
      // Declared again it is adopted as it is.
      expect((await up(database, deployment, march)).error).toBeUndefined();
      expect(await relations()).toEqual(before);
    },
  );
});
