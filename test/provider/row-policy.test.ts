import { describe, expect, it } from "vitest";
import { testVersions } from "../support/database";
import { named, preview, refresh, up, withPlugin } from "../support/harness/rounds";
import { attempts, CLOSED } from "../support/harness/tenants";
import { statementsDuring } from "../support/statement-log";
import { throughTable, withTenants } from "./row-policy-support";
import { accessOf, entryOf, partitions } from "./support";
import { itAlike } from "../support/sample";

describe.each(testVersions())("PostgreSQL %s, row security", (version) => {
  const t = withTenants(version);
  const { database, roles, declared } = t;

  it("H08 a new table: each tenant does with its own rows what it may through the table, and nothing on any partition", async () => {
    await database.query(
      `alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.anon}, ${roles.app};
       alter default privileges for role ${database.user} grant select on tables to public`,
    );
    const shown = await preview(database, t.deployment, declared());
    const sent = accessOf(
      await statementsDuring(database, async () => {
        expect((await up(database, t.deployment, declared())).error).toBeUndefined();
      }),
    );
    // Born closed: what closes a partition stands before its ATTACH, and nothing comes after it.
    for (const partition of await partitions(database)) {
      const own = sent
        .filter((sql) => sql.includes(`"${partition}"`))
        .map((sql) => sql.split(" ").slice(0, 2).join(" "));
      expect(own).toEqual(["ALTER TABLE", "REVOKE ALL", "ALTER TABLE"]);
    }
    const text = shown.messages.join("\n");
    for (const sql of sent) expect(text).toContain(`${sql};`);
    await t.fill();
    await t.expectTenants();
    const anon = await t.tenant("a", roles.anon);
    for (const name of ["events", ...(await partitions(database))])
      expect([name, await attempts(anon, "app", name, "2025-03-07")]).toEqual([name, CLOSED]);
    await t.settled(declared());
  });

  itAlike(version).each(["PARTITION OF", "ATTACH"])(
    "H08 a partition that another role created by %s: preview shows it open, up closes it, the second up has nothing to do",
    async (way) => {
      await up(database, t.deployment, declared());
      const bounds = "for values from ('2025-03-01 00:00+00') to ('2025-04-01 00:00+00')";
      await database.query(`grant create, usage on schema app to ${roles.maker}; drop table app.events_p2025_03;
        alter default privileges for role ${roles.maker} in schema app grant all on tables to ${roles.anon}, ${roles.app}`);
      if (way === "ATTACH")
        await database.query(`set role ${roles.maker};
          create table app.made (id bigint not null, at timestamptz not null, tenant text not null, note text, primary key (id, at));
          reset role; alter table app.events attach partition app.made ${bounds}`);
      else
        await database.query(`create table app.made partition of app.events ${bounds};
          grant all on app.made to ${roles.anon}, ${roles.app}; alter table app.made owner to ${roles.maker}`);
      await t.fill();
      const open = await attempts(await t.tenant("b"), "app", "made", "2025-03-07");
      expect(open).toMatchObject({ select: 3, steal: 1, delete: 3, copyTable: 3 });
      const shown = await preview(database, t.deployment, declared());
      expect([shown.error, named(shown.steps)]).toEqual([undefined, ["update events-window"]]);
      const text = shown.messages.join("\n");
      expect(text).toContain(`row security is not as declared; open to ${roles.anon}, ${roles.app}`);
      expect(text).toContain('ALTER TABLE "app"."made" ENABLE ROW LEVEL SECURITY');
      expect((await up(database, t.deployment, declared())).error).toBeUndefined();
      await t.expectTenants();
      await t.settled(declared());
    },
  );

  it("force: the owner of the table sees what policies let it see, through the table and on partitions", async () => {
    const owner = `owner_${String(process.pid)}_${String(version)}`;
    await database.query(
      `create role ${owner} login password 'pw'; grant all on schema app to ${owner}; grant ${owner} to ${database.user}`,
    );
    const security = {
      force: true,
      policies: { own_rows: { roles: [roles.app], using: "tenant = current_setting('api.tenant', true)" } },
    };
    const forced = declared({ rowSecurity: security });
    await up(database, t.deployment, forced);
    await t.fill();
    const names = ["events", ...(await partitions(database))];
    for (const name of names) await database.query(`alter table app.${name} owner to ${owner}`);
    const client = await t.tenant("a", owner);
    for (const name of names)
      expect([name, (await attempts(client, "app", name, "2025-03-07")).select]).toEqual([name, 0]);
    await t.expectTenants();
    await refresh(database, t.deployment, forced);
    await up(database, t.deployment, forced);
    await t.settled(forced);
    const free = declared();
    const run = await up(database, t.deployment, free);
    expect([run.error, run.messages.join("\n")]).toEqual([
      undefined,
      expect.stringContaining("aligned events_p2025_02"),
    ]);
    expect(await attempts(client, "app", "events_p2025_02", "2025-02-07")).toMatchObject({ select: 3, copyTable: 3 });
    await t.expectTenants();
    await t.settled(free);
    for (const name of names) await database.query(`alter table app.${name} owner to ${database.user}`);
    await database.query(`drop owned by ${owner}; drop role ${owner}`);
  });

  itAlike(version)("import by schema.table, then up: zero steps", async () => {
    await up(database, t.deployment, declared());
    const entry = entryOf(t.deployment, "events-row-policy");
    await withPlugin(database, declared(), async (plugin) => {
      const read = await plugin.read(entry.urn, "app.events");
      const { key: _key, work: _work, ...facts } = entry.outputs;
      expect(read?.outputs).toMatchObject(facts);
      t.deployment.state.set(entry.urn, { ...entry, ...read });
      const table = entryOf(t.deployment, "events-table");
      const imported = await plugin.read(table.urn, "app.events");
      expect(imported?.inputs["profile"]).toEqual(table.inputs["profile"]);
    });
    await t.settled(declared());
  });

  itAlike(version)(
    "a table secured by hand: imported and declared as it is, or adopted under other words, it is not touched",
    async () => {
      await database.query(`
      create table app.events (id bigint not null, at timestamptz not null, tenant text not null, note text, primary key (id, at)) partition by range (at);
      alter table app.events enable row level security;
      create policy own_rows on app.events to ${roles.app} using (tenant = current_setting('api.tenant'::text, true));
      grant select, insert, update, delete on app.events to ${roles.app}`);
      const words = { own_rows: { roles: [roles.app], using: "(tenant) = current_setting( 'api.tenant', true )" } };
      const wanted = declared({ rowSecurity: { policies: words } });
      const sent = accessOf(
        await statementsDuring(database, async () => {
          expect((await up(database, t.deployment, wanted)).error).toBeUndefined();
        }),
      );
      expect(sent.filter((sql) => !sql.includes("events_p"))).toEqual([]);
      await t.fill();
      await t.expectTenants();
      await t.settled(wanted);
    },
  );

  itAlike(version)(
    "left out of the program: nothing opens, new partitions are created closed, and enable: false is what switches it off",
    async () => {
      await up(database, t.deployment, declared());
      await t.fill();
      const { rowSecurity: _security, grants: _grants, ...without } = declared().tables["events"] ?? {};
      const bare = { asOf: "2025-04-10T00:00:00Z", tables: { events: { ...without, paused: true } as never } };
      await database.query(
        `alter default privileges for role ${database.user} in schema app grant all on tables to ${roles.anon}, ${roles.app}`,
      );
      const run = await up(database, t.deployment, bare);
      expect([run.error, named(run.steps)]).toEqual([undefined, expect.arrayContaining(["delete events-row-policy"])]);
      expect(run.messages.join("\n")).toContain('table "app.events" keeps row security on, 1 policies and its grants');
      expect(
        await database.query("select relrowsecurity from pg_class where oid = 'app.events_p2025_05'::regclass"),
      ).toEqual([{ relrowsecurity: true }]);
      await t.expectTenants();
      expect((await preview(database, t.deployment, bare)).steps).toEqual([]);
      const off = declared({ rowSecurity: { enable: false, policies: {} }, paused: true }, bare.asOf);
      const shown = await preview(database, t.deployment, off);
      expect(shown.messages.join("\n")).toContain('ALTER TABLE "app"."events" DISABLE ROW LEVEL SECURITY');
      expect((await up(database, t.deployment, off)).error).toBeUndefined();
      const client = await t.tenant("a");
      expect(await attempts(client, "app", "events", "2025-03-07")).toMatchObject({
        ...throughTable(9),
        steal: 1,
        copyTable: "42809",
        copyIn: "57014",
      });
      // Partitions stay closed to those who name them: they have no privilege there.
      expect(await attempts(client, "app", "events_p2025_03", "2025-03-07")).toEqual(CLOSED);
      await t.settled(off);
    },
  );
});
