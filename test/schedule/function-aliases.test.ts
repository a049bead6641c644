import { describe, expect, it } from "vitest";
import type { FunctionNamesArgs } from "../../components";
import { entryOf, partitions, list } from "../provider/support";
import { anyVersion, withDatabase } from "../support/database";
import { program } from "../support/harness/fixture";
import { named, preview, refresh, withPlugin } from "../support/harness/rounds";
import { withDeployment } from "../support/harness/with-deployment";
import { statementsDuring } from "../support/statement-log";
import { apply, column, failure } from "./support";

const window = { lead: "1 month", retention: "1 month" } as const;
const at = (functionNames?: FunctionNamesArgs) =>
  program("2025-03-10T00:00:00Z", { window, ...(functionNames ? { functionNames } : {}) });
const seeds = at({
  ensure: "_ensure_agent_logs_month_part",
  window: "maintain_workflow_events_partitions",
  info: "workflow_events_partition_info",
  stats: "get_workflow_events_partition_stats",
  sizes: "get_partition_sizes",
  expired: "what_would_be_dropped",
  analyze: "analyze_all_partitions",
  runway: "partition_runway",
});
const inApp = `select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'app'::regnamespace
  union all select c.oid::regclass::text from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind = 'v' order by 1`;

describe.each(anyVersion())("PostgreSQL %s, names that callers use", (version) => {
  const database = withDatabase(version);
  const deployment = withDeployment(database);

  it("look for temporary objects last, so that none of a caller takes the place of what they call", async () => {
    await apply(database, deployment, seeds);
    const paths = await database.query(
      "select distinct array_to_string(proconfig, ';') as path from pg_proc where pronamespace = 'app'::regnamespace",
    );
    expect(paths).toEqual([{ path: "search_path=pg_catalog, pg_temp" }]);
  });

  it("answer the calls of the systems that they come from", async () => {
    await apply(database, deployment, seeds);
    await database.query("set search_path = app");
    await database.query("select _ensure_agent_logs_month_part('2025-06-01'::date)");
    await database.query("select _ensure_agent_logs_month_part('2025-06-01'::date + interval '1 month')");
    await database.query("select _ensure_agent_logs_month_part('2025-08-02')");
    await database.query(
      "select app._ensure_agent_logs_month_part(date_trunc('month', timestamptz '2025-09-02')::date)",
    );
    await database.query("do $$ begin perform app.maintain_workflow_events_partitions(); end $$");
    const now = await column(database, "select to_char(now() at time zone 'UTC', '\"events_p\"YYYY_MM')");
    expect(await partitions(database)).toEqual(
      expect.arrayContaining([...["06", "07", "08", "09"].map((month) => `events_p2025_${month}`), ...now]),
    );
    const rows = await partitions(database);
    expect(
      await database.query(`select partition_name, size_pretty, row_count from get_workflow_events_partition_stats()
        order by partition_name desc limit 3`),
    ).toHaveLength(3);
    expect(await database.query("select * from workflow_events_partition_info")).toHaveLength(rows.length);
    expect(await database.query("select * from get_partition_sizes()")).toHaveLength(rows.length);
    expect((await database.query("select * from what_would_be_dropped()")).length).toBeGreaterThan(0);
    expect(await database.query("select * from partition_runway")).toHaveLength(1);
    await database.query("select analyze_all_partitions()");
    await database.query("reset search_path");
    expect((await preview(database, deployment, seeds)).steps).toEqual([]);
  });

  it("show in preview what an update runs, and no other role may call them before that is granted", async () => {
    const { messages, error } = await preview(database, deployment, at({ ensure: "make_part" }));
    expect(error).toBeUndefined();
    const shown =
      messages
        .join("\n")
        .match(/(?<=^ +)(CREATE|REVOKE) .*FUNCTION.*(?=;  -- no lock that others see \| instant$)/gm) ?? [];
    expect(shown).toHaveLength(6);
    const sent = await statementsDuring(database, () => apply(database, deployment, at({ ensure: "make_part" })));
    const ran = sent.map(({ sql }) => sql).filter((sql) => /^(CREATE|REVOKE) .*FUNCTION/.test(sql));
    expect(ran).toEqual(shown);
    const [acl] = await column(database, "select proacl::text from pg_proc where proname = 'make_part' limit 1");
    expect(acl).not.toMatch(/(\{|,)=X/);
  });

  it("are listed and imported with all their kinds, and the next update has nothing to do", async () => {
    await apply(database, deployment, seeds);
    const entry = entryOf(deployment, "events-window");
    await withPlugin(database, seeds, async (plugin) => {
      expect(await list(plugin, "PartitionWindow")).toEqual(["app.events"]);
      const found = await plugin.read(entry.urn, "app.events");
      expect(found?.inputs["functionNames"]).toEqual(entry.inputs["functionNames"]);
      if (found) deployment.state.set(entry.urn, { ...entry, ...found });
    });
    expect((await preview(database, deployment, seeds)).steps).toEqual([]);
  });

  it("are changed, moved and dropped with their declaration", async () => {
    await apply(database, deployment, at({ ensure: "one", info: "parts" }));
    const steps = await apply(database, deployment, at({ ensure: "two", runway: "parts" }));
    expect(steps).toEqual(["update events-window"]);
    expect(await column(database, inApp)).toEqual([
      "app.parts",
      "app.two(date)",
      "app.two(timestamp with time zone)",
      "app.two(timestamp without time zone)",
    ]);
    expect(await database.query("select runway_ends from app.parts")).toHaveLength(1);
    await database.query("create schema if not exists partition_mgmt");
    await apply(database, deployment, at({ schema: "partition_mgmt", analyze: "analyze_all_partitions" }));
    expect(await column(database, inApp)).toEqual([]);
    await database.query("select partition_mgmt.analyze_all_partitions()");
    expect(await apply(database, deployment, at())).toEqual(["update events-window"]);
    expect(await failure(database.query("select partition_mgmt.analyze_all_partitions()"))).toMatch(/^42883/);
    await database.query("drop schema partition_mgmt");
  });

  it("never replace unmanaged objects: refused already in preview, with the statement that renames it", async () => {
    await database.query(`create function app._agent_logs_rotate() returns void language sql as 'select'`);
    await database.query("create view app.parts as select 1 as one");
    const wanted = at({ window: "_agent_logs_rotate", info: "parts" });
    const seen = await preview(database, deployment, wanted);
    expect(seen.error).toContain("the function app._agent_logs_rotate() exists and is not managed here");
    expect(seen.error).toContain(`ALTER FUNCTION "app"."_agent_logs_rotate"() RENAME TO`);
    expect(seen.error).toContain("the relation app.parts exists and is not managed here");
    await database.query("alter function app._agent_logs_rotate() rename to old_rotate; drop view app.parts");
    await apply(database, deployment, wanted);
    // One of the same name that somebody made in the place of ours is not ours either.
    await database.query(`drop function app._agent_logs_rotate();
      create function app._agent_logs_rotate() returns void language sql as 'select'`);
    expect((await preview(database, deployment, wanted)).error).toContain("exists and is not managed here");
  });

  it("J01 dropped or changed by hand are mended by the next update, seen by a refresh or not", async () => {
    const wanted = at({ ensure: "make_part", info: "parts" });
    await apply(database, deployment, wanted);
    await database.query("drop function app.make_part(date)");
    await database.query(
      "create or replace view app.parts with (security_invoker = true) as select * from pgpartition.partition_info",
    );
    expect(named((await preview(database, deployment, wanted)).steps)).toEqual(["update events-window"]);
    const result = await refresh(database, deployment, wanted);
    expect(result).toEqual([expect.stringContaining("::events-window")]);
    expect(await apply(database, deployment, wanted)).toEqual(["update events-window"]);
    await database.query("select app.make_part(date '2025-05-05')");
    const [view] = await column(database, "select pg_get_viewdef('app.parts'::regclass)");
    expect(view).toContain("WHERE");
    expect(await apply(database, deployment, wanted)).toEqual([]);
    await refresh(database, deployment, wanted);
    expect(await apply(database, deployment, wanted)).toEqual([]);
  });
});
