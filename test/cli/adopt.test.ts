import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { partmanScript } from "../../bench/stall/partman";
import type { ImportFile } from "../../core/adopt/import-file";
import { ddlOf, identityOf, partitions } from "../provider/support";
import { closeAll } from "../provider/wire-support";
import { testVersions, withDatabase } from "../support/database";
import { type Program, resourcesOf } from "../support/harness/declare";
import { Deployment } from "../support/harness/deployment";
import { reset } from "../support/harness/fixture";
import { endPlugins } from "../support/harness/plugin";
import { named, preview, up, withPlugin } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { skipBecause } from "../support/skip";
import { evaluate } from "./printed-program";
import { onDatabase } from "./support";

afterEach(endPlugins);
afterAll(closeAll);

/** The month that lies so many months after the present one: the command line goes by the clock of the database. */
function month(offset: number): { readonly year: string; readonly month: string; readonly day: string } {
  const now = new Date();
  const text = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1)).toISOString();
  return { year: text.slice(0, 4), month: text.slice(5, 7), day: text.slice(0, 10) };
}

const OFFSETS = [-3, -2, -1, 0, 1, 2];
const asOf = new Date().toISOString();

/** One CREATE … PARTITION OF for each month, under the names of one maker. */
function monthly(
  table: string,
  name: (year: string, month: string) => string,
  more: (partition: string) => string = () => "",
): string {
  const of = (offset: number) => {
    const partition = name(month(offset).year, month(offset).month);
    return `create table app.${partition} partition of app.${table}
      for values from ('${month(offset).day} 00:00+00') to ('${month(offset + 1).day} 00:00+00'); ${more(partition)}`;
  };
  return OFFSETS.map(of).join("\n");
}

interface Style {
  readonly table: string;
  readonly sql: string;
  /** Of the partition of the present month. */
  readonly level: object;
  readonly indexes: object;
  /** An index that stays as it is. */
  readonly kept: string;
}

const present = month(0);

/** Names and shapes of the five systems that the product has to serve. */
const STYLES: Readonly<Record<string, Style>> = {
  "agent logs: compact months, partition indexes idx_…": {
    table: "agent_logs",
    sql: `create table app.agent_logs (id uuid not null, company_id uuid, ts timestamptz not null, level text, primary key (id, ts))
        partition by range (ts);
      ${monthly(
        "agent_logs",
        (y, m) => `agent_logs_${y}${m}`,
        (partition) => `create index idx_${partition}_company_ts on app.${partition} (company_id, ts desc);`,
      )}
      create index agent_logs_company_ts on app.agent_logs (company_id, ts desc);
      create publication supabase_realtime for table app.agent_logs;
      alter table app.agent_logs enable row level security;`,
    level: { range: "ts", every: "month", name: "{table}_{yyyy}{mm}" },
    indexes: {
      company_ts: {
        columns: ["company_id", { column: "ts", order: "desc" }],
        partitionIndexName: "idx_{partition}_company_ts",
      },
    },
    kept: `idx_agent_logs_${present.year}${present.month}_company_ts`,
  },
  "audit logs: the parent has a suffix, and a default partition": {
    table: "audit_logs_partitioned",
    sql: `create table app.audit_logs_partitioned (id bigint not null, user_id bigint, created_at timestamptz not null)
        partition by range (created_at);
      create index idx_audit_logs_partitioned_user_created on app.audit_logs_partitioned (user_id, created_at);
      ${monthly("audit_logs_partitioned", (y, m) => `audit_logs_p${y}_${m}`)}
      create table app.audit_logs_p_default partition of app.audit_logs_partitioned default;`,
    level: { range: "created_at", every: "month", name: "audit_logs_p{yyyy}_{mm}" },
    indexes: {
      user_created: {
        columns: ["user_id", "created_at"],
        name: "idx_{table}_{index}",
        partitionIndexName: "{partition}_user_id_created_at_idx",
      },
    },
    kept: `audit_logs_p${present.year}_${present.month}_user_id_created_at_idx`,
  },
  "messages: no letter before the month, an odd partition for the history": {
    table: "messages_partitioned",
    sql: `create table app.messages_partitioned (id uuid not null, user_id uuid, role text, created_at timestamptz not null)
        partition by range (created_at);
      create index messages_role on app.messages_partitioned (lower(role)) where role is not null;
      create table app.messages_history partition of app.messages_partitioned
        for values from ('2021-03-05 00:00+00') to ('${month(-3).day} 00:00+00');
      ${monthly("messages_partitioned", (y, m) => `messages_${y}_${m}`)}`,
    level: {
      range: "created_at",
      grid: [
        { from: "2021-03-05T00:00:00Z", to: `${month(-3).day}T00:00:00Z`, every: "whole", name: "messages_history" },
        { from: `${month(-3).day}T00:00:00Z`, every: "month", name: "messages_{yyyy}_{mm}" },
      ],
    },
    indexes: {
      messages_role: {
        columns: [{ expression: "lower(role)" }],
        where: "role IS NOT NULL",
        name: "{index}",
        partitionIndexName: "{partition}_lower_idx",
      },
    },
    kept: `messages_${present.year}_${present.month}_lower_idx`,
  },
};

describe.each(testVersions())("PostgreSQL %s, pgpartition adopt", (version) => {
  const database = withDatabase(version);
  let folder: string;

  beforeEach(async () => {
    await reset(database);
    folder = await mkdtemp(join(tmpdir(), "pgpartition-adopt-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function adopt(table: string, ...options: string[]) {
    const run = await onDatabase(database, "adopt", `app.${table}`, "--out", folder, ...options);
    expect([run.code, run.stderr]).toEqual([0, ""]);
    const text = (ending: string) => readFile(join(folder, `${table}.${ending}`), "utf8");
    const [source, imports, retire] = [await text("ts"), await text("import.json"), await text("retire.sql")];
    const { name, args } = evaluate(source);
    const program: Program = { tables: { [name]: args }, asOf };
    return { source, retire, args, program, file: JSON.parse(imports) as ImportFile };
  }

  it.each(Object.entries(STYLES))("%s: the printed declaration adopts it without DDL", async (_, style) => {
    await database.query(style.sql);
    const names = await partitions(database, style.table);
    const kept = await identityOf(database, `app.${style.kept}`);
    const { args, program } = await adopt(style.table);
    expect(args.partitionBy).toEqual([style.level]);
    expect(args.indexes).toEqual(style.indexes);
    const deployment = new Deployment();
    expect((await preview(database, deployment, program)).error).toBeUndefined();
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
    expect(error).toBeUndefined();
    expect(ddlOf(sent)).toEqual([]);
    expect(await partitions(database, style.table)).toEqual(names);
    expect(await identityOf(database, `app.${style.kept}`)).toBe(kept);
    expect((await up(database, deployment, program)).steps).toEqual([]);
  });

  it("attaches indexes that only the partitions have, and declares columns and keys where asked", async () => {
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
    const deployment = new Deployment();
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
    expect(error).toBeUndefined();
    expect(
      ddlOf(sent).filter((sql) => !/^CREATE INDEX \S+ ON ONLY |^ALTER INDEX .* ATTACH PARTITION /.test(sql)),
    ).toEqual([]);
    expect((await up(database, deployment, program)).steps).toEqual([]);
  });

  it("J02 an unmanaged table, imported by the printed file: nothing is left to do but the window's first entry", async () => {
    const style = STYLES["agent logs: compact months, partition indexes idx_…"];
    if (!style) throw new Error("no such style");
    await database.query(style.sql);
    const { file, program, source } = await adopt("agent_logs");
    const declared = resourcesOf(program);
    const deployment = new Deployment();
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

  it("recognizes milliseconds and the zone of the database by the bounds", async () => {
    const ms = (offset: number) => String(Date.parse(`${month(offset).day}T00:00:00Z`));
    await database.query(`create table app.clicks (at bigint not null) partition by range (at);
      create table app.clicks_now partition of app.clicks for values from (${ms(0)}) to (${ms(1)});
      create table app.local (at timestamptz not null) partition by range (at);
      set timezone = 'Europe/Helsinki';
      create table app.local_now partition of app.local for values from ('${month(0).day}') to ('${month(1).day}');
      reset timezone;
      do $$ begin execute format('alter database %I set timezone = %L', current_database(), 'Europe/Helsinki'); end $$`);
    const clicks = await onDatabase(database, "adopt", "app.clicks", "--out", folder);
    expect(clicks.code).toBe(0);
    expect(clicks.stderr).toContain("a key of kind epoch-ms cannot be imported before the table is managed");
    expect((await readdir(folder)).sort()).toEqual(["clicks.retire.sql", "clicks.ts"]);
    const [level] = evaluate(await readFile(join(folder, "clicks.ts"), "utf8")).args.partitionBy;
    expect(level).toMatchObject({ range: "at", every: "month", key: "epoch-ms" });
    expect((await adopt("local")).args.partitionBy).toEqual([
      expect.objectContaining({ range: "at", every: "month", zone: "Europe/Helsinki" }),
    ]);
    await database.query("do $$ begin execute format('alter database %I reset timezone', current_database()); end $$");
  });

  it.each([
    ["full", (partition: string) => `alter table parts.${partition} replica identity full;`, "full"],
    ["nothing", (partition: string) => `alter table parts.${partition} replica identity nothing;`, "nothing"],
    [
      "an index of the table",
      (partition: string) => `alter table parts.${partition} replica identity using index ${partition}_company_ts_idx;`,
      { index: "once" },
    ],
  ])(
    "declares the schema of the partitions and replica identity %s where all agree, and reports what no program declares",
    async (_, each, identity) => {
      await database.query(`drop schema if exists parts cascade; create schema parts;
      create table app.ev (company bigint not null, ts timestamptz not null) partition by range (ts);
      create unique index ev_once on app.ev (company, ts);
      ${monthly(
        "ev",
        (y, m) => `ev_${y}${m}`,
        (partition) =>
          `alter table app.${partition} set (fillfactor = 70); alter table app.${partition} set schema parts; ${each(partition)}`,
      )}
      create publication cdc for table app.ev;
      insert into app.ev values (1, now())`);
      const { args, program, source } = await adopt("ev");
      expect(args).toMatchObject({ partitionSchema: "parts", replicaIdentity: identity });
      expect(source).toContain("the first update sets it on the table too");
      expect(source).toContain("its partitions have storage parameters fillfactor = 70: not declared");
      const deployment = new Deployment();
      const shown = await preview(database, deployment, program);
      let run: Awaited<ReturnType<typeof up>> | undefined;
      const sent = await statementsDuring(database, async () => (run = await up(database, deployment, program)));
      expect(run?.error).toBeUndefined();
      expect(ddlOf(sent)).toEqual([expect.stringMatching(/^ALTER TABLE "app"."ev" REPLICA IDENTITY /)]);
      expect(shown.messages.join("\n")).toContain(ddlOf(sent)[0]);
      if (identity !== "nothing") await database.query("update app.ev set company = 2");
      expect((await up(database, deployment, program)).steps).toEqual([]);
      const later: Program = { ...program, asOf: `${month(1).day}T12:00:00Z` };
      expect((await up(database, deployment, later)).error).toBeUndefined();
      const made = `parts.ev_${month(3).year}${month(3).month}`;
      expect(
        await database.query(
          "select relreplident as identity, reloptions as options from pg_class where oid = $1::regclass",
          [made],
        ),
      ).toEqual([
        { identity: identity === "full" ? "f" : identity === "nothing" ? "n" : "i", options: ["fillfactor=70"] },
      ]);
      await database.query("drop schema app, parts cascade");
    },
  );

  it("says where partitions disagree, declares nothing of it, and changes none", async () => {
    await database.query(`create table app.ev (company bigint not null, ts timestamptz not null) partition by range (ts);
      alter table app.ev enable row level security;
      ${monthly("ev", (y, m) => `ev_${y}${m}`)}
      alter table app.ev_${present.year}${present.month} replica identity full`);
    const { args, program, source } = await adopt("ev");
    expect(args).not.toHaveProperty("replicaIdentity");
    expect(args).not.toHaveProperty("partitionSchema");
    expect(source).toContain(`partitions differ in replica identity, which is not declared: default on`);
    expect(source).toContain(`full on "ev_${present.year}${present.month}"`);
    expect(source).toContain("its partitions have row security off: not declared, so left as it is");
    const deployment = new Deployment();
    let error: string | undefined;
    const sent = await statementsDuring(database, async () => ({ error } = await up(database, deployment, program)));
    expect([error, ddlOf(sent)]).toEqual([undefined, []]);
  });

  it("finds what else creates and drops partitions, and runs nothing of it", async () => {
    await database.query(`create table app.events (at timestamptz not null) partition by range (at);
      create function app.rotate_events() returns void language plpgsql as $$
        begin execute 'create table app.events_x partition of app.events default'; execute 'drop table events_old'; end $$;
      create function app.unrelated() returns bigint language sql as 'select count(*) from app.events'`);
    const { retire, source } = await adopt("events");
    expect(retire).toContain("app.rotate_events() creates and drops partitions");
    expect(retire).toContain("DROP FUNCTION app.rotate_events();");
    expect(retire).not.toContain("unrelated");
    expect(source).toContain("the first update creates");
    expect(await readdir(folder)).toEqual(["events.import.json", "events.retire.sql", "events.ts"]);
  });

  it("says why it writes nothing for levels and plain tables", async () => {
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
