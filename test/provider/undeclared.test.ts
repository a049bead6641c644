import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { account } from "../../tools/postgres/account";
import { temporaryFolder } from "../../tools/postgres/cluster";
import { administer, testVersions } from "../support/database";
import { makeSources, petriProgram } from "../support/harness/petri";
import { preview, up } from "../support/harness/rounds";
import { statementsDuring } from "../support/statement-log";
import { ddlOf, partitions } from "./support";
import { april, catalogue, withTableByHand } from "./undeclared-support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, what is not declared", (version) => {
  const { database, deployment, app, reader, other, byHand, adopts, rolls, equalToSiblings } = withTableByHand(version);

  itAlike(version).each([
    [
      "the table has it and no partition has",
      (_: string) => "select",
      "alter table app.events enable row level security, force row level security; create policy p on app.events using (true);",
    ],
    [
      "partitions have it, forced and with policies, and the table has not",
      (partition: string) => `alter table ${partition} enable row level security, force row level security;
        create policy own on ${partition} as restrictive for select to ${reader} using (note = current_user or id in (select s.id from app.seen s where s.id = ${partition.replace("app.", "")}.id));
        create policy every on ${partition} with check (id > 0); grant select on ${partition} to ${reader}`,
      "create table app.seen (id bigint);",
    ],
    [
      "partitions have policies that are switched off",
      (partition: string) => `create policy own on ${partition} to ${app} using (true)`,
      "",
    ],
  ])(
    "row security: %s: existing partitions remain as they are, and a new one is as its siblings",
    async (_, each, table) => {
      await byHand(each, table);
      await adopts();
      await rolls();
      await equalToSiblings();
    },
  );

  it("privileges of partitions, also on columns and with the right to grant on, are those of new ones, whatever the default privileges by then", async () => {
    await byHand(
      (partition) =>
        `grant select, insert on ${partition} to ${app}; grant update (note, id) on ${partition} to ${app}; grant references (id), select on ${partition} to ${reader} with grant option; grant select on ${partition} to public`,
    );
    await adopts();
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant all on tables to ${reader}`,
    );
    await rolls();
    await equalToSiblings();
    await database.query(
      `alter default privileges for role ${database.user} in schema app revoke all on tables from ${reader}`,
    );
  });

  itAlike(version)("partitions that default privileges opened are created by them again, without a note", async () => {
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant select, insert on tables to ${reader}`,
    );
    await byHand(() => "select");
    await adopts();
    const sent = await statementsDuring(database, () => rolls());
    await equalToSiblings();
    expect(ddlOf(sent).filter((sql) => /grant|revoke/i.test(sql))).toEqual([]);
    await database.query(
      `alter default privileges for role ${database.user} in schema app revoke all on tables from ${reader}`,
    );
  });

  it("storage of every kind, statistics, triggers, clustering, comment and owner are those of the siblings", async () => {
    await byHand(
      (partition) =>
        `
        alter table ${partition} set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_enabled = false);
        alter table ${partition} alter column note set storage external, alter column note set compression pglz, alter column id set (n_distinct = -0.5), alter column note set statistics 321;
        create statistics ${partition}_s on id, note from ${partition};
        create trigger touched before insert or update of note on ${partition} for each row when (new.note is not null) execute function app.touch('a');
        create trigger told after truncate on ${partition} execute function app.touch();
        alter table ${partition} enable always trigger told, disable trigger touched;
        do $$ begin execute format('alter table ${partition} cluster on %I', (select c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = '${partition}'::regclass)); end $$;
        comment on table ${partition} is '@omit it''s';
        alter table ${partition} set unlogged;
        alter table ${partition} owner to ${other}`,
      `create index by_at on app.events (at);
       create function app.touch() returns trigger language plpgsql as $$ begin return new; end $$;
       grant execute on function app.touch() to public;`,
    );
    await adopts();
    await rolls();
    await equalToSiblings();
  });

  itAlike(version)("tablespace and access method are those of the siblings, where the table names none", async () => {
    const folder = temporaryFolder(account());
    const tablespace = `fast_${String(version)}_${String(process.pid)}`;
    await administer(database, async (admin) => {
      await admin.query(`create tablespace ${tablespace} location '${folder}'`);
      await admin.query(`grant create on tablespace ${tablespace} to ${database.user}`);
    });
    await database.query("create access method heap2 type table handler heap_tableam_handler");
    await byHand(() => "select", "", "app", `using heap2 tablespace ${tablespace}`);
    await adopts();
    await rolls();
    await equalToSiblings();
    await database.query("drop schema app cascade; drop access method heap2");
    await administer(database, (admin) => admin.query(`drop tablespace ${tablespace}`));
    rmSync(folder, { recursive: true, force: true });
  });

  itAlike(version)(
    "what the siblings have and is gone by then keeps the schedule from nothing: the partition is created without it",
    async () => {
      await byHand(
        (partition) =>
          `create trigger told after truncate on ${partition} execute function app.touch(); grant select on ${partition} to ${reader}`,
        "create function app.touch() returns trigger language plpgsql as $$ begin return null; end $$;",
      );
      await adopts();
      await database.query("drop function app.touch() cascade");
      await database.query("select pgpartition.ensure_partition('app.events'::regclass, '2025-05-07'::timestamptz)");
      await database.query("insert into app.events values (1, '2025-05-07', 'x')");
      expect(await partitions(database)).toContain("events_p2025_05");
    },
  );

  itAlike(version)("partitions in a separate schema get the next one in it, and preview shows it", async () => {
    await byHand(() => "select", "", "parts");
    await adopts();
    const messages = await rolls();
    await equalToSiblings();
    expect(messages.join("\n")).toContain('all partitions lie in schema "parts", and partitionSchema is not declared');
  });

  itAlike(version)(
    "of several branches what they have alike is on the next partitions and in new branches, and never what belongs to one",
    async () => {
      await makeSources(database);
      expect((await up(database, deployment, petriProgram("2025-03-10"))).error).toBeUndefined();
      const found = async (pattern: string): Promise<unknown[]> =>
        database.query(
          `select distinct c.relreplident as identity, c.reloptions as options, c.relacl::text ~ '${reader}' as open
         from pg_partition_tree('app.petri_obs') t join pg_class c on c.oid = t.relid where t.isleaf and c.relname ~ $1`,
          [pattern],
        );
      const all = await database.query<{ name: string }>(
        "select relid::text as name from pg_partition_tree('app.petri_obs') where isleaf",
      );
      for (const { name } of all)
        await database.query(`alter table ${name} replica identity full; alter table ${name} set (fillfactor = 70)`);
      await database.query(`grant select on ${all[0]?.name ?? ""} to ${reader}`);
      const [stem] = (all[0]?.name ?? "").split("_2025");
      for (const { name } of all)
        if (name.startsWith(`${stem ?? ""}_2025`)) await database.query(`grant select on ${name} to ${reader}`);
      const april = petriProgram("2025-04-10");
      const shown = await preview(database, deployment, april);
      expect(shown.messages.join("\n")).toContain("as the table has it, because its branches differ");
      expect((await up(database, deployment, april)).error).toBeUndefined();
      const alike = [{ identity: "f", options: ["fillfactor=70"], open: null }];
      expect(await found("2025_05$")).toEqual(alike);
      expect((await preview(database, deployment, april)).steps).toEqual([]);
      await database.query("insert into app.sites values ('fresh', 'abc-123')");
      await database.query("select pgpartition.ensure_values('app.petri_obs')");
      expect(await found("site_fresh_")).toEqual(alike);
    },
  );

  itAlike(version)("siblings that disagree are named with what each has, and the newest is the model", async () => {
    await byHand((partition) =>
      partition.endsWith("02")
        ? `alter table ${partition} set (fillfactor = 50)`
        : `alter table ${partition} set (fillfactor = 80)`,
    );
    await adopts();
    const messages = await rolls();
    expect(messages.join("\n")).toContain(
      'partitions differ in storage parameters, which is not declared: fillfactor = 80 on "events_p2025_03", "events_p2025_04"; fillfactor = 50 on "events_p2025_02". Each is left as it is, and a new one is created as "events_p2025_04"',
    );
    await equalToSiblings();
  });

  itAlike(version)("a new default partition is as the siblings are", async () => {
    await byHand(
      (partition) =>
        `alter table ${partition} replica identity full; alter table ${partition} set (fillfactor = 70); grant select on ${partition} to ${app}`,
    );
    await adopts();
    await rolls({ defaultPartition: {} });
    const { ...sibling } = (await catalogue(database, "events_p2025_04")) as object;
    expect(await catalogue(database, "events_default")).toEqual(sibling);
  });

  itAlike(version)(
    "what is declared is brought to every partition as before, and what a profile does not name is left",
    async () => {
      await byHand(
        (partition) =>
          `alter table ${partition} set (fillfactor = 70, autovacuum_vacuum_threshold = 7); alter table ${partition} replica identity full`,
      );
      const declared = { replicaIdentity: "default", storage: { hot: { options: { fillfactor: 90 } } } } as const;
      expect((await up(database, deployment, april(declared))).error).toBeUndefined();
      for (const month of ["2025_03", "2025_04", "2025_05"])
        expect(await catalogue(database, `events_p${month}`)).toMatchObject({
          replica: "d",
          options: ["autovacuum_vacuum_threshold=7", "fillfactor=90"],
        });
    },
  );
});
