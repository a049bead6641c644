import { describe, expect, it } from "vitest";
import { readdir } from "node:fs/promises";
import { partmanScript } from "../../bench/support/partman";
import { ddlOf, identityOf, partitions } from "../provider/support";
import { testVersions } from "../support/database";
import { type Program, resourcesOf } from "../support/harness/declare";
import { Deployment } from "../support/harness/deployment";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { skipBecause } from "../support/skip";
import { statementsDuring } from "../support/statement-log";
import { month, monthly, OFFSETS, withAdoption } from "./adopt-support";
import { STYLES } from "./adopt-styles";
import { onDatabase } from "./support";
import { firstOn, itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, pgpartition adopt", (version) => {
  const { database, deployment, folder, adopt } = withAdoption(version);

  it.each(firstOn(version, Object.entries(STYLES)))(
    "%s: the printed declaration adopts it without DDL",
    async (_, style) => {
      await database.query(style.sql);
      const names = await partitions(database, style.table);
      const kept = await identityOf(database, `app.${style.kept}`);
      const { args, program } = await adopt(style.table);
      expect(args.partitionBy).toEqual([style.level]);
      expect(args.indexes).toEqual(style.indexes);
      expect((await preview(database, deployment, program)).error).toBeUndefined();
      let error: string | undefined;
      const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
      expect(error).toBeUndefined();
      expect(ddlOf(sent)).toEqual([]);
      expect(await partitions(database, style.table)).toEqual(names);
      expect(await identityOf(database, `app.${style.kept}`)).toBe(kept);
      expect((await up(database, deployment, program)).steps).toEqual([]);
    },
  );

  itAlike(version)(
    "attaches indexes that only the partitions have, and declares columns and keys where asked",
    async () => {
      await database.query(`create table app.runs (id uuid primary key);
      create table app.workflow_events (id bigserial, run_id uuid not null references app.runs on delete cascade,
        ts timestamptz not null default now(), type text check (type <> ''), primary key (id, ts)) partition by range (ts);
      ${monthly(
        "workflow_events",
        (y, m) => `workflow_events_y${y}m${m}`,
        (partition) => `create index ${partition}_run_ts_idx on app.${partition} (run_id, ts);`,
      )}`);
      const { args, program, source } = await adopt("workflow_events", "--columns");
      expect(args).toMatchObject({
        columns: { id: "bigserial", type: { type: "text", nullable: true } },
        primaryKey: ["id", "ts"],
        foreignKeys: { workflow_events_run_id_fkey: { columns: ["run_id"], onDelete: "cascade" } },
        partitionBy: [{ range: "ts", every: "month", name: "{table}_y{yyyy}m{mm}" }],
        indexes: { run_ts_idx: { columns: ["run_id", "ts"] } },
      });
      expect(source).toContain("attaches them, building nothing");
      let error: string | undefined;
      const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
      expect(error).toBeUndefined();
      expect(
        ddlOf(sent).filter((sql) => !/^CREATE INDEX \S+ ON ONLY |^ALTER INDEX .* ATTACH PARTITION /.test(sql)),
      ).toEqual([]);
      expect((await up(database, deployment, program)).steps).toEqual([]);
    },
  );

  it("J02 an unmanaged table, imported by the printed file: nothing is left to do but the window's first entry", async () => {
    const style = STYLES["agent logs: compact months, partition indexes idx_…"];
    if (!style) throw new Error("no such style");
    await database.query(style.sql);
    const { file, program, source } = await adopt("agent_logs");
    const declared = resourcesOf(program);
    await withPlugin(database, program, async (plugin) => {
      for (const { type, name, id } of file.resources) {
        if (id === undefined) continue;
        const kind = type.split(":")[2];
        const mine = declared.find((one) => one.type === kind && one.name.replaceAll("T00:00:00Z", "") === name);
        if (!mine) throw new Error(`the program declares no ${type} ${name}`);
        const urn = deployment.urn(mine.type, mine.name);
        const read = await plugin.read(urn, id);
        if (!read) throw new Error(`${id} is not there`);
        deployment.state.set(urn, { ...read, urn, type: mine.type, initErrors: [] });
      }
    });
    expect(deployment.state.size).toBe(OFFSETS.length + 2);
    expect(source).toContain("row security is on, with no policy");
    expect(program.tables["agent_logs"]?.publications).toEqual(["supabase_realtime"]);
    const first = await up(database, deployment, program);
    expect(first.error).toBeUndefined();
    expect(named(first.steps)).toEqual([
      "create management",
      "create agent_logs-publication-supabase_realtime",
      "create agent_logs-window",
    ]);
    expect((await up(database, deployment, program)).steps).toEqual([]);
    expect(
      await database.query("select owner, indexes->0->>'partitionIndexName' as partition from pgpartition.registry"),
    ).toEqual([{ owner: "faults/test", partition: "idx_{partition}_company_ts" }]);
    const later: Program = { ...program, asOf: `${month(1).day}T12:00:00Z` };
    expect((await up(database, deployment, later)).error).toBeUndefined();
    const made = `agent_logs_${month(3).year}${month(3).month}`;
    expect(await partitions(database, "agent_logs")).toContain(made);
    expect(await identityOf(database, `app.idx_${made}_company_ts`)).not.toBe("none");
  });

  itAlike(version)("finds what else creates and drops partitions, and runs nothing of it", async () => {
    await database.query(`create table app.events (at timestamptz not null) partition by range (at);
      create function app.rotate_events() returns void language plpgsql as $$
        begin execute 'create table app.events_x partition of app.events default'; execute 'drop table events_old'; end $$;
      create function app.unrelated() returns bigint language sql as 'select count(*) from app.events'`);
    const { retire, source } = await adopt("events");
    expect(retire).toContain("app.rotate_events() creates and drops partitions");
    expect(retire).toContain("DROP FUNCTION app.rotate_events();");
    expect(retire).not.toContain("unrelated");
    expect(source).toContain("the first update creates");
    expect(await readdir(folder())).toEqual(["events.import.json", "events.retire.sql", "events.ts"]);
  });

  itAlike(version)("says why it writes nothing for levels and plain tables", async () => {
    await database.query(`create table app.by_program (program text not null, at timestamptz not null) partition by list (program);
      create table app.plain (at timestamptz)`);
    for (const [table, words] of [
      ["by_program", "partitioned by list"],
      ["plain", "is not partitioned"],
      ["none", "does not exist"],
    ] as const) {
      const run = await onDatabase(database, "adopt", `app.${table}`);
      expect([run.code, run.stdout]).toEqual([1, ""]);
      expect(run.stderr).toContain(words);
    }
  });

  // Debian has pg_partman for PostgreSQL 15 alone.
  const onlyOn15 = version === 15 ? it : () => undefined;
  onlyOn15(
    "adopts what pg_partman 4.7 made, by months and by weeks, and names its row",
    async (context) => {
      const partman = await partmanScript();
      if ("reason" in partman) return skipBecause(context, partman.reason);
      await database.query("drop schema if exists partman cascade");
      await database.query(partman.sql);
      await database.query(`create table app.events (id bigint not null, at timestamptz not null, primary key (id, at)) partition by range (at);
      create table app.ticks (id bigint not null, at timestamptz not null) partition by range (at);
      create index on app.ticks (id);
      set timezone = 'UTC';
      select partman.create_parent('app.events', 'at', 'native', 'monthly', p_premake := 2);
      select partman.create_parent('app.ticks', 'at', 'native', 'weekly', p_premake := 2)`);
      for (const [table, every, template] of [
        ["events", "month", "{table}_p{yyyy}_{mm}"],
        ["ticks", "week", "{table}_p{gggg}w{ww}"],
      ] as const) {
        const { args, program, retire } = await adopt(table);
        expect(args.partitionBy).toEqual([{ range: "at", every, name: template }]);
        expect(retire).toContain(`DELETE FROM "partman"."part_config" WHERE parent_table = 'app.${table}';`);
        // Two makers at once are refused.
        await database.query(retire);
        const deployment = new Deployment();
        let error: string | undefined;
        const sent = await statementsDuring(
          database,
          async () => ({ error } = await up(database, deployment, program)),
        );
        expect(error).toBeUndefined();
        expect(ddlOf(sent)).toEqual([]);
        expect((await up(database, deployment, program)).steps).toEqual([]);
      }
    },
    120_000,
  );
});
